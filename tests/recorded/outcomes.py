"""Lines of `make faults` on recorded auctions: the same winners and prices as the pure replay."""

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from tests.faults.course import Case, Outcome
from tests.faults.platform import a_platform
from tests.faults.servers import nothing
from tests.recorded import endings
from tests.recorded.auctions import (
    ART,
    RECORDS,
    RecordedAuction,
    Result,
    art,
    code_of,
    judicial,
    read_rows,
    replayed_art,
    replayed_judicial,
)
from tests.recorded.live import hold_beside

ENDINGS = 150
"""So many endings at once."""
JUDICIAL = Case("judicial", "three judicial auctions on the live path, by a moved clock", nothing)
ART_PARTS = 3
"""No part takes longer than a few minutes on two shared cores."""
THEATRES = 6
"""While one waits for PostgreSQL the others go on."""
AT_SPEED = Case("endings", f"{ENDINGS} endings at {endings.SPEED} times their speed", nothing)


async def _judicial() -> Outcome:
    rows = read_rows(RECORDS)
    return await _held(JUDICIAL, list(judicial(rows)), replayed_judicial(rows))


async def _art(part: int) -> Outcome:
    rows = read_rows(ART)
    what = f"sessions of the art houses on the live path, part {part} of {ART_PARTS}"
    auctions = list(art(rows))[part - 1 :: ART_PARTS]
    return await _held(Case(f"art_{part}", what, nothing), auctions, replayed_art(rows))


async def _held(
    case: Case, auctions: list[RecordedAuction], replayed: Mapping[str, Result]
) -> Outcome:
    began = time.monotonic()
    async with a_platform() as platform:
        settings = platform.given(platform.postgres.port, 0)
        told = await hold_beside(settings, platform.as_owner, auctions, theatres=THEATRES)
    differing = [
        f"{key}: {one.winner} at {one.price} ({one.refused} refused), the replay says"
        f" {code_of(replayed[key].winner)} at {replayed[key].price} ({replayed[key].refused})"
        for key, one in told.items()
        if one != _renamed(replayed[key])
    ]
    bids = sum(len(auction.bids) for auction in auctions)
    refused = sum(one.refused for one in told.values())
    return _outcome(case, (len(told), bids, bids - refused), differing, time.monotonic() - began)


async def _endings() -> Outcome:
    rows = read_rows(ART)
    async with a_platform() as platform:
        done = await endings.hold(platform, list(art(rows)), replayed_art(rows), most=ENDINGS)
    outcome = _outcome(AT_SPEED, (done.sessions, done.bids, 0), done.differing, done.seconds)
    outcome.notes.append(
        f"the latest was closed {done.latest_seconds:.2f} s after its end; {done.lagged} were left"
        " an extension because the platform had stood still and are compared with a replay told of"
        f" it, and by it {done.otherwise} ended otherwise than the house recorded"
    )
    return outcome


def _renamed(one: Result) -> Result:
    return Result(code_of(one.winner), one.price, one.closes_at, one.refused)


def _outcome(
    case: Case, counted: tuple[int, int, int], differing: list[str], seconds: float
) -> Outcome:
    sessions, bids, accepted = counted
    counts = dict.fromkeys(("bids", "sendings", "acknowledged", "recorded"), bids)
    notes = [f"{sessions - len(differing)} of {sessions} end as in the replay, {bids} bids"]
    return Outcome(
        case,
        counts | {"accepted": accepted},
        {"as_replayed": differing},
        None,
        None,
        seconds,
        notes,
    )


RECORDED: Final[dict[str, Callable[[], Awaitable[Outcome]]]] = {
    "judicial": _judicial,
    **{f"art_{part}": partial(_art, part) for part in range(1, ART_PARTS + 1)},
    "endings": _endings,
}
"""Name -> how it is played. They are left out, with a word, where the records are not."""
