"""A row of small line plots as one SVG: counts on a logarithmic axis, figures from zero; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Final

WIDTH: Final = 260
HEIGHT: Final = 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 40, 34
_STYLE: Final = (
    "text{font:11px sans-serif;fill:#555}.t{font-size:12px;font-weight:bold}"
    "path{fill:none;stroke:#b03a2e;stroke-width:2}line{stroke:#8888}circle{fill:#b03a2e}"
)


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: what is counted, in what the figure is, and the points by rising count."""

    what: str
    unit: str
    points: Sequence[tuple[float, float]]


def drawn(panels: Sequence[Panel], machine: str) -> str:
    """The SVG, one panel beside the other, with a line that names the machine."""
    width, height = WIDTH * len(panels), HEIGHT + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<style>{_STYLE}</style>",
        *(_panel(panel, number * WIDTH) for number, panel in enumerate(panels)),
        _text(8, height - 6, machine),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(panel: Panel, offset: int) -> str:
    """The last count stands at the right edge, the greatest figure at the top."""
    top = max(value for _, value in panel.points) or 1.0
    least, most = log10(panel.points[0][0]), log10(panel.points[-1][0])
    floor, inner = HEIGHT - _BOTTOM, WIDTH - _LEFT - _RIGHT

    def place(count: float, value: float) -> tuple[float, float]:
        share = (log10(count) - least) / (most - least) if most > least else 0.5
        return _LEFT + inner * share, floor - (floor - _TOP) * value / top

    places = [place(*point) for point in panel.points]
    counts = [
        _text(x, floor + 16, f"{count:,.0f}", "middle")
        for (x, _), (count, _) in zip(places, panel.points, strict=True)
    ]
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
    lines = (
        f'<g transform="translate({offset} 0)">',
        f'<text x="{_LEFT}" y="16" class="t">{escape(panel.unit)}</text>',
        _text(_LEFT, 31, panel.what),
        _text(_LEFT - 6, _TOP + 4, f"{top:,.3g}" if top < 1000 else f"{top:,.0f}", "end"),  # noqa: PLR2004
        _text(_LEFT - 6, floor + 4, "0", "end"),
        f'<line x1="{_LEFT}" y1="{floor}" x2="{WIDTH - _RIGHT}" y2="{floor}"/>',
        f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{floor}"/>',
        f'<path d="M{way}"/>',
        *dots,
        *counts,
        "</g>",
    )
    return "\n".join(lines)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
