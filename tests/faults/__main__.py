"""`make faults`: one fault after another, a table, JSON, status 1 when anything broke.

    python -m tests.faults [--only NAME,NAME] [--short] [--out FILE]

Everything runs on loopback, is started here, stops by itself and leaves nothing behind.
"""

import asyncio
import json
import shutil
import sys
import time
import traceback
from collections.abc import Awaitable, Sequence
from pathlib import Path

import click

from tests.faults.cases import CASES, LONG, SHORT, SHORT_NAMES
from tests.faults.course import Case, Outcome, Size, play
from tests.faults.platform import a_platform
from tests.faults.report import as_json, table, words
from tests.faults.servers import nothing
from tests.recorded.auctions import ART
from tests.recorded.outcomes import RECORDED

CASE_SECONDS_MAX = 240.0
OUT = Path("var") / "faults.json"


async def run(cases: Sequence[Case], size: Size, logs: Path) -> list[Outcome]:
    """Play the cases one after another: on one platform, as long as every promise is kept.

    What the processes said of a case that failed is kept in `logs`.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < len(cases):
        async with a_platform() as platform:
            for case in cases[len(outcomes) :]:
                outcomes.append(_told(await _outcome(case, play(platform, case, size))))
                if not outcomes[-1].is_held:
                    shutil.copytree(platform.log, logs / case.name, dirs_exist_ok=True)
                    break
    return outcomes


async def run_recorded(names: Sequence[str]) -> list[Outcome]:
    """Hold recorded auctions again; say so where the records are not."""
    if names and not ART.exists():
        click.echo(f"{', '.join(names)}: left out, the recorded auctions are not here")
        return []
    return [_told(await _outcome(_recorded(name), RECORDED[name]())) for name in names]


async def _outcome(case: Case, playing: Awaitable[Outcome]) -> Outcome:
    """What came of a case; one that broke down or never ended is told like a promise not kept."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(CASE_SECONDS_MAX):
            return await playing
    except Exception as wrong:  # the edge: the others are played all the same
        traceback.print_exc()
        why = {"played": [repr(wrong)]}
        return Outcome(case, {}, why, None, None, time.monotonic() - began, [])


def _recorded(name: str) -> Case:
    return Case(name, "recorded auctions held again", nothing)


@click.command()
@click.option("--only", default="", help="NAME,NAME: play a part.")
@click.option("--short", is_flag=True, help="The part and the size that the suite plays.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=OUT)
def main(only: str, short: bool, out: Path) -> None:
    """Make each fault in turn, print what held, write JSON; status 1 when anything broke."""
    began = time.monotonic()
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = [*(case.name for case in CASES), *RECORDED]
    names = names or (list(SHORT_NAMES) if short else known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise click.ClickException(
            f"There is no case {', '.join(unknown)}; there are: {', '.join(known)}."
        )
    chosen = [case for case in CASES if case.name in names]
    outcomes = asyncio.run(run(chosen, SHORT if short else LONG, out.with_suffix(".logs")))
    outcomes += asyncio.run(run_recorded([name for name in RECORDED if name in names]))
    out.parent.mkdir(parents=True, exist_ok=True)
    lines = [as_json(outcome) for outcome in outcomes]
    out.write_text(json.dumps(lines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    held = sum(outcome.is_held for outcome in outcomes)
    minutes = (time.monotonic() - began) / 60
    click.echo(f"\n{table(outcomes)}")
    click.echo(f"{held} of {len(outcomes)} cases held in {minutes:.1f} minutes; {out}")
    sys.exit(0 if held == len(outcomes) else 1)


def _told(outcome: Outcome) -> Outcome:
    click.echo(words(outcome))
    return outcome


if __name__ == "__main__":
    main()
