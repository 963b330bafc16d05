"""`make faults`: one fault after another, a table, JSON, status 1 when anything broke.

    python -m tests.faults [--only NAME,NAME] [--short] [--out FILE]

Everything runs on loopback, is started here, stops by itself and leaves nothing behind.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tests.faults.cases import CASES, LONG, SHORT, SHORT_NAMES
from tests.faults.checker import CLOSE_MS_MAX
from tests.faults.course import Case, Outcome, Size, play
from tests.faults.platform import a_platform
from tests.recorded.auctions import ART
from tests.recorded.outcomes import RECORDED

CASE_SECONDS_MAX = 120.0
OUT = Path("var") / "faults.json"


async def run(cases: Sequence[Case], size: Size) -> list[Outcome]:
    """Play the cases one after another: on one platform, as long as every promise is kept."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(cases):
        async with a_platform() as platform:
            for case in cases[len(outcomes) :]:
                async with asyncio.timeout(CASE_SECONDS_MAX):
                    outcomes.append(await play(platform, case, size))
                tell(outcomes[-1])
                if not outcomes[-1].is_held:
                    break
    return outcomes


async def run_recorded(names: Sequence[str]) -> list[Outcome]:
    """Hold recorded auctions again; say so where the records are not."""
    if names and not ART.exists():
        click.echo(f"{', '.join(names)}: left out, the recorded auctions are not here")
        return []
    outcomes = []
    for name in names:
        outcomes.append(await RECORDED[name]())
        tell(outcomes[-1])
    return outcomes


@click.command()
@click.option("--only", default="", help="NAME,NAME: play a part.")
@click.option("--short", is_flag=True, help="The part and the size that the suite plays.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=OUT)
def main(only: str, short: bool, out: Path) -> None:
    """Make each fault in turn, print what held, write JSON; status 1 when anything broke."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = [*(case.name for case in CASES), *RECORDED]
    names = names or (list(SHORT_NAMES) if short else known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise click.ClickException(
            f"There is no case {', '.join(unknown)}; there are: {', '.join(known)}."
        )
    chosen = [case for case in CASES if case.name in names]
    outcomes = asyncio.run(run(chosen, SHORT if short else LONG))
    outcomes += asyncio.run(run_recorded([name for name in RECORDED if name in names]))
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [as_json(outcome) for outcome in outcomes]
    out.write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    held = sum(outcome.is_held for outcome in outcomes)
    click.echo(f"{held} of {len(outcomes)} cases held; {out}")
    sys.exit(0 if held == len(outcomes) else 1)


def tell(outcome: Outcome) -> None:
    """Print one case: counts, times, and each invariant."""
    counts = outcome.counts
    click.echo(f"{outcome.case.name}: {outcome.case.what} ({outcome.seconds:.0f} s)")
    click.echo(
        f"  bids {counts['bids']}, sent {counts['sendings']} times, acknowledged"
        f" {counts['acknowledged']}, on record {counts['recorded']},"
        f" accepted {counts['accepted']}{_ending(outcome)}"
    )
    click.echo("  " + ", ".join(_word(name, why) for name, why in outcome.broken.items()))
    for name, why in outcome.broken.items():
        for sentence in why[:3]:
            click.echo(f"    {name}: {sentence}")
    for note in outcome.notes:
        click.echo(f"    {note}")


def as_json(outcome: Outcome) -> dict[str, object]:
    """One case for machines."""
    return {
        "name": outcome.case.name, "what": outcome.case.what, **outcome.counts,
        "closed_after_seconds": outcome.closed_after_seconds,
        "told_after_seconds": outcome.told_after_seconds,
        "bound_seconds": CLOSE_MS_MAX / 1000, "seconds": round(outcome.seconds, 1),
        "invariants": {name: "VIOLATED" if why else "ok" for name, why in outcome.broken.items()},
        "violations": {name: why[:20] for name, why in outcome.broken.items() if why},
        "notes": outcome.notes,
    }  # fmt: skip


def _word(name: str, why: Sequence[str]) -> str:
    return f"{name} {f'VIOLATED ({len(why)})' if why else 'ok'}"


def _ending(outcome: Outcome) -> str:
    """How long the close took; recorded auctions run by a clock of their own."""
    if "closes" not in outcome.broken:
        return ""
    return (
        f"; end to closed {_seconds(outcome.closed_after_seconds)},"
        f" told {_seconds(outcome.told_after_seconds)}, bound {CLOSE_MS_MAX / 1000:.0f} s"
    )


def _seconds(taken: float | None) -> str:
    return "never" if taken is None else f"{taken:.2f} s"


if __name__ == "__main__":
    main()
