"""Where money went, as a picture: a Sankey diagram drawn as SVG without any script; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 960
HEIGHT = 360
THICK_MAX = 120
"""A single flow is a band, not a wall."""
BAR = 14
GAP = 14
TOP = 36
LABEL_CHARS = 14


@dataclass(frozen=True, slots=True)
class Stream:
    """So many fen from one node to another; nodes are named by what is written beside them."""

    source: str
    target: str
    fen: int


@dataclass(slots=True)
class _Node:
    name: str
    column: int
    fen: int
    x: float = 0
    y: float = 0
    height: float = 0
    used_left: float = 0
    used_right: float = 0


def sankey(streams: Sequence[Stream], title: str) -> str:
    """Draw the streams; they must not run in a circle. Colours are the page's own ink."""
    merged = _merged(streams)
    if not merged:
        return ""
    nodes = _placed(merged)
    ribbons = [_ribbon(nodes[s.source], nodes[s.target], s, _scale(nodes)) for s in merged]
    height = max(node.y + node.height for node in nodes.values()) + GAP
    bars = [_bar(node, _last_column(nodes)) for node in nodes.values()]
    return (
        f'<svg class="sankey" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(title)}" width="100%" fill="currentColor">'
        f"<title>{escape(title)}</title>{''.join(ribbons)}{''.join(bars)}</svg>"
    )


def _merged(streams: Sequence[Stream]) -> list[Stream]:
    totals: dict[tuple[str, str], int] = {}
    for stream in streams:
        key = (stream.source, stream.target)
        totals[key] = totals.get(key, 0) + stream.fen
    return [Stream(*key, fen) for key, fen in totals.items() if fen]


def _placed(streams: Sequence[Stream]) -> dict[str, _Node]:
    """Columns by the longest way from a source, heights by the larger of in and out."""
    columns = _columns(streams)
    nodes = {}
    for name, column in columns.items():
        into = sum(s.fen for s in streams if s.target == name)
        out = sum(s.fen for s in streams if s.source == name)
        nodes[name] = _Node(name, column, max(into, out))
    scale, last = _scale(nodes), _last_column(nodes)
    for column in range(last + 1):
        y = float(TOP)
        for node in (node for node in nodes.values() if node.column == column):
            node.x = column * (WIDTH - BAR) / max(last, 1)
            node.y, node.height = y, max(node.fen * scale, 1)
            y += node.height + GAP + TOP
    return nodes


def _columns(streams: Sequence[Stream]) -> dict[str, int]:
    names = list(dict.fromkeys(n for s in streams for n in (s.source, s.target)))
    columns = dict.fromkeys(names, 0)
    for _ in names:  # the longest way has at most as many steps as there are nodes
        for stream in streams:
            further = columns[stream.source] + 1
            columns[stream.target] = min(max(columns[stream.target], further), len(names))
    return columns


def _scale(nodes: Mapping[str, _Node]) -> float:
    """Points per fen, so that the fullest column fits."""
    scales = []
    for column in {node.column for node in nodes.values()}:
        inside = [node for node in nodes.values() if node.column == column]
        room = HEIGHT - (GAP + TOP) * len(inside) - TOP
        scales.append(max(room, 40) / sum(node.fen for node in inside))
    return min(*scales, THICK_MAX / max(node.fen for node in nodes.values()))


def _last_column(nodes: Mapping[str, _Node]) -> int:
    return max(node.column for node in nodes.values())


def _ribbon(source: _Node, target: _Node, stream: Stream, scale: float) -> str:
    thick = max(stream.fen * scale, 1)
    x0, x1 = source.x + BAR, target.x
    y0, y1 = source.y + source.used_right, target.y + target.used_left
    source.used_right += thick
    target.used_left += thick
    middle = (x0 + x1) / 2
    words = f"{source.name} → {target.name}: {_yuan(stream.fen)}"
    return (
        f'<path fill-opacity=".18" d="M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f}'
        f" {y1:.1f} {x1:.1f} {y1:.1f}v{thick:.1f}C{middle:.1f} {y1 + thick:.1f} {middle:.1f}"
        f' {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}z"><title>{escape(words)}</title></path>'
    )


def _bar(node: _Node, last: int) -> str:
    at_end = node.column == last
    anchor, x = ("end", node.x + BAR) if at_end else ("start", node.x)
    label = node.name if len(node.name) <= LABEL_CHARS else node.name[: LABEL_CHARS - 1] + "…"
    return (
        f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{BAR}" height="{node.height:.1f}"'
        f' fill-opacity=".75"><title>{escape(node.name)}</title></rect>'
        f'<text x="{x:.1f}" y="{node.y - 20:.1f}" font-size="13" text-anchor="{anchor}">'
        f"{escape(label)}</text>"
        f'<text x="{x:.1f}" y="{node.y - 5:.1f}" font-size="12" text-anchor="{anchor}">'
        f"{_yuan(node.fen)}</text>"
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
