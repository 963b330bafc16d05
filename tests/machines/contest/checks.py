"""What must hold of a session played to its end, each said as a sentence when it does not."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from bidding.engine import Ladder, Refused
from bidding.hall.board import ENDED, SessionState
from tests.machines.contest.oracle import Law, Offer, Oracle
from tests.machines.contest.store import Fact
from tests.machines.contest.world import World


def violations(world: World) -> list[str]:
    """Everything that is wrong with a played session."""
    checks = (_oracle, _rises, _one_winner, _time_decides, _in_order, _answers, _entries, _ends)
    found = [sentence for check in checks for sentence in check(world)]
    return [*found, *world.strange, *world.store.strange]


def _oracle(world: World) -> Iterator[str]:
    """Each fact, told to somebody who knows nothing but the articles, comes out the same."""
    store, rules = world.store, world.store.rules
    law = Law(
        ladder=rules.ladder.value, extension=rules.extension.value,
        start=rules.starting_price.fen, step=rules.increment.fen, trigger=rules.extend_trigger,
        by=rules.extend_by, window=rules.window_after_first_bid,
    )  # fmt: skip
    oracle = Oracle(law, store.opens_at, store.scheduled_close_at)
    for number, fact in enumerate(store.facts, 1):
        if fact.kind == "bid":
            yield from _bid_differs(oracle, fact, number)
        elif fact.kind in {"sold", "passed_in"}:
            said = oracle.end(fact.at)
            if said != fact.kind:
                yield f"fact {number}: the session was {fact.kind}; it must be {said}"
        else:
            {"stand_still": oracle.stand_still, "go_on": oracle.go_on}.get(
                fact.kind, lambda _: oracle.withdraw()
            )(fact.at)
    if store.state not in ENDED:
        return
    if (oracle.closes_at, oracle.extensions) != (store.hall.closes_at, store.hall.extensions):
        yield f"the end is {store.hall.closes_at}; it must be {oracle.closes_at}"


def _bid_differs(oracle: Oracle, fact: Fact, number: int) -> Iterator[str]:
    one = fact.settled
    assert one is not None
    expected, is_first = one.placed.expected_price, oracle.leader
    offer = Offer(
        code=one.placed.code, fen=one.placed.amount.fen, entered_at=one.placed.entered_at,
        rank=one.rank, only_if=None if expected is None else expected.fen,
        is_known=one.placed.code != "Z9",
    )  # fmt: skip
    said = oracle.offer(offer)
    if said != one.reason:
        yield f"fact {number}: the bid was told {one.reason!r}; it must be {said!r}"
    if oracle.closes_at != one.hall.closes_at:
        yield f"fact {number}: the end became {one.hall.closes_at}, not {oracle.closes_at}"
    is_own = not said and is_first == offer.code
    if not isinstance(one.verdict, Refused) and one.verdict.is_self_overbid != is_own:
        yield f"fact {number}: a bidder's own overbid is marked {one.verdict.is_self_overbid}"


def _rises(world: World) -> Iterator[str]:
    """Price and end only rise: a property of the ladders step and multiple."""
    if world.store.rules.ladder not in {Ladder.STEP, Ladder.MULTIPLE}:
        return
    for before, now in pairwise(world.store.entries):
        is_matched = now.placed.amount == before.hall.price and now.rank is not None
        if now.hall.price < before.hall.price:
            yield "the price fell"
        if not now.reason and now.hall.price == before.hall.price and not is_matched:
            yield "a bid counted at the price that stood"
        window = world.store.rules.window_after_first_bid
        if now.hall.closes_at < before.hall.closes_at and window is None:
            yield "the end came nearer"


def _one_winner(world: World) -> Iterator[str]:
    """The last bid standing wins, once."""
    store = world.store
    ends = [fact.kind for fact in store.facts if fact.kind in {"sold", "passed_in", "withdraw"}]
    if len(ends) > 1:
        yield f"it ended {len(ends)} times"
    counted = [one for one in store.entries if not one.reason]
    if store.state is SessionState.SOLD and not counted:
        yield "it was sold to nobody"
    if store.state is SessionState.PASSED_IN and counted:
        yield "it passed in with a bid standing"
    leading = store.hall.leading
    if counted and (leading is None or leading.code != counted[-1].placed.code):
        yield "the leader is not the last who counted"


def _time_decides(world: World) -> Iterator[str]:
    """No bid that entered before the end is refused as late, and none at or after it counts."""
    ended_by_itself = world.store.state in {SessionState.SOLD, SessionState.PASSED_IN}
    end = world.store.first_close
    for fact in world.store.facts:
        if fact.settled is not None:
            one, is_in_time = fact.settled, fact.settled.placed.entered_at < end
            if not one.reason and not is_in_time:
                yield "a bid counted that entered at the end or after it"
            if one.reason == "late" and is_in_time:
                yield "a bid was refused as late that entered before the end"
            if one.reason == "over" and ended_by_itself:
                yield "a bid was refused because it was over that entered before the end"
        end = fact.closes_at


def _in_order(world: World) -> Iterator[str]:
    """A home decides in the order of entry; what entered while it was live is never too early."""
    last: dict[int, datetime] = {}
    stood: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for fact in world.store.facts:
        if fact.kind == "stand_still":
            since = since or fact.at
        elif fact.kind == "go_on":
            stood.append((since or fact.at, fact.at))
            since = None
        if fact.settled is None:
            continue
        entered_at = fact.settled.placed.entered_at
        if entered_at < last.get(fact.epoch, entered_at):
            yield "a bid was decided before one that had entered earlier"
        last[fact.epoch] = entered_at
        is_early = entered_at < world.store.opens_at
        stands = any(start <= entered_at < end for start, end in stood)
        if fact.settled.reason == "not_open" and not is_early and not stands:
            yield "a bid was refused as too early that entered while the session was live"


def _answers(world: World) -> Iterator[str]:
    """One bid has one answer, however often it was sent, and it is what was committed."""
    for key, told in world.answers.items():
        if len(told) > 1:
            yield f"bid {key} was given {len(told)} answers"
        for seq, reason in told:
            entry = world.store.entries[seq - 1]
            if entry.placed.key != key or entry.reason != reason:
                yield f"bid {key} was told what is not on record"


def _entries(world: World) -> Iterator[str]:
    """Each bid is on record at most once, as it entered."""
    keys = [one.placed.key for one in world.store.entries]
    if len(keys) != len(set(keys)):
        yield "a bid is on record twice"
    for one in world.store.entries:
        if one.placed.entered_at not in world.stamped[one.placed.key]:
            yield "a bid is on record with a time at which it did not enter"


def _ends(world: World) -> Iterator[str]:
    if not world.is_at_rest:
        yield "it never came to rest: a home does the same thing again and again"
    if world.store.state not in ENDED:
        yield f"it did not end: it is {world.store.state.value}"
