"""A list-append checker for one session: was its history one that the law allows? Pure.

The list is the session's record of bids, the appends are its bids, the reads are the pictures
that sockets were sent. Bids are put in order by `seq`; every edge that the clients can prove
(an answer before a sending, a picture before a sending, a picture before a picture) must agree
with that order, and every read must be a beginning of the one list.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from tests.faults.history import Answered, BidKey, History, Recorded, Seen

CLOSE_MS_MAX: Final = 10_000
"""A session is closed at most so long after its end (the new end, after a technical pause)."""
_OVER: Final = frozenset({"sold", "passed_in", "stopped"})
_TOO_LATE: Final = frozenset({"late", "over"})


def check(history: History) -> dict[str, list[str]]:
    """Say of each invariant what breaks it, in sentences; an empty list is a promise kept."""
    return {name: list(broken(history)) for name, broken in INVARIANTS.items()}


def _acknowledged(history: History) -> Iterator[str]:
    """What a bidder was told stands in the record, word for word."""
    by_key = _by_key(history)
    for told in history.answered:
        entries = by_key.get((told.code, told.bid_id), [])
        if not any(_is_as_told(entry, told) for entry in entries):
            yield f"bid {told.seq} of {told.code} was answered and is not on record as told"


def _is_as_told(entry: Recorded, told: Answered) -> bool:
    return (entry.seq, entry.is_accepted, entry.reason, entry.amount_fen) == (
        told.seq, told.is_accepted, told.reason, told.amount_fen,
    )  # fmt: skip


def _once(history: History) -> Iterator[str]:
    """A bid has one entry and one answer, however often it was sent."""
    for key, entries in _by_key(history).items():
        if len(entries) > 1:
            yield f"bid {key} is on record {len(entries)} times"
    words: dict[BidKey, set[bytes]] = defaultdict(set)
    for told in history.answered:
        words[told.code, told.bid_id].add(told.words)
    for key, all_words in words.items():
        if len(all_words) > 1:
            yield f"bid {key} was given {len(all_words)} different answers"


def _nothing_made_up(history: History) -> Iterator[str]:
    """Every entry is a bid that somebody sent, at the amount he sent."""
    sent = {(one.code, one.bid_id, one.amount_fen) for one in history.sent}
    for entry in history.recorded:
        if (entry.code, entry.bid_id, entry.amount_fen) not in sent:
            yield f"entry {entry.seq} is no bid that was sent"


def _gap_free(history: History) -> Iterator[str]:
    numbers = [entry.seq for entry in history.recorded]
    if numbers != list(range(1, len(numbers) + 1)):
        wrong = next(i for i, number in enumerate(numbers, 1) if number != i)
        yield f"entry {numbers[wrong - 1]} stands where {wrong} must"


def _one_winner(history: History) -> Iterator[str]:
    """It ended once; the last bid that counted won, at its price."""
    end = history.ending
    if end is None or end.state not in _OVER:
        yield f"it did not end: it is {end.state if end else 'unknown'}"
        return
    if end.times_closed != 1:
        yield f"it was closed {end.times_closed} times"
    counted = [entry for entry in history.recorded if entry.is_accepted]
    last = (counted[-1].code, counted[-1].amount_fen) if counted else (None, None)
    if (end.leader, end.price_fen) != last:
        yield f"{end.leader} won at {end.price_fen}; the last bid that counted is {last}"
    if (end.state == "sold") is not bool(counted):
        yield f"it is {end.state} with {len(counted)} bids that counted"


def _by_the_ladder(history: History) -> Iterator[str]:
    """Each bid was decided by the price that stood before it in the list."""
    price = 0
    for entry in history.recorded:
        least = price + history.step_fen if price else history.starting_fen
        is_fit = (
            entry.amount_fen >= least
            and (entry.amount_fen - history.starting_fen) % history.step_fen == 0
        )
        if entry.is_accepted and not is_fit:
            yield f"entry {entry.seq} counts at {entry.amount_fen}; the least was {least}"
        if entry.reason == "below_next_price" and entry.amount_fen >= least:
            yield f"entry {entry.seq} was refused as too low at {entry.amount_fen} of {least}"
        price = entry.amount_fen if entry.is_accepted else price


def _not_early(history: History) -> Iterator[str]:
    """It was not closed before its end, and its end never came nearer."""
    end = history.ending
    if end is not None and end.closed_ms is not None and end.closed_ms < end.closes_ms:
        yield f"it was closed {end.closes_ms - end.closed_ms:.0f} ms before its end"
    ends = [history.scheduled_close_ms, *(entry.closes_after_ms for entry in history.recorded)]
    for before, after in pairwise(ends):
        if after < before:
            yield f"the end came nearer by {before - after:.0f} ms"
    if end is not None and end.closes_ms < ends[-1]:
        yield "it ended by an end that is nearer than its last bid had made it"


def _timely(history: History) -> Iterator[str]:
    """No bid that entered before the end is refused as late; none that entered after it counts."""
    closes_ms = history.scheduled_close_ms
    final_ms = history.ending.closes_ms if history.ending else closes_ms
    for entry in history.recorded:
        if entry.reason in _TOO_LATE and entry.entered_ms < final_ms:
            yield f"entry {entry.seq} came {final_ms - entry.entered_ms:.0f} ms before the end"
        if entry.is_accepted and entry.entered_ms >= final_ms:
            yield f"entry {entry.seq} counts and came after the end"


def _one_order(history: History) -> Iterator[str]:
    """Every picture is a beginning of the one record, and nothing seen is undone."""
    counted = {entry.seq: entry for entry in history.recorded if entry.is_accepted}
    numbers = sorted(counted)
    for seen in history.seen:
        for bid in seen.bids:
            entry = counted.get(bid.seq)
            if entry is None or (entry.code, entry.amount_fen) != (bid.code, bid.amount_fen):
                yield f"{seen.watcher} was shown bid {bid.seq}, which the record does not hold"
        place = bisect_left(numbers, seen.seq + 1)
        last = counted[numbers[place - 1]] if place else None
        stood = (last.code, last.amount_fen) if last else (None, None)
        if (seen.leader, seen.price_fen) != stood:
            yield f"{seen.watcher} saw {seen.leader} lead at entry {seen.seq}; it was {stood[0]}"


def _pictures_agree(history: History) -> Iterator[str]:
    """A version is one picture to everybody, and a later one never tells of fewer bids."""
    pictures: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    for seen in history.seen:
        pictures[seen.version].add((seen.seq, seen.state, seen.price_fen, seen.leader))
    for version, told in sorted(pictures.items()):
        if len(told) > 1:
            yield f"version {version} was told in {len(told)} ways"
    in_order = [min(told, key=str) for _, told in sorted(pictures.items())]
    for before, after in pairwise(in_order):
        if int(str(after[0])) < int(str(before[0])):
            yield f"a later picture ends at entry {after[0]}, an earlier one at {before[0]}"


def _nothing_goes_back(history: History) -> Iterator[str]:
    """One socket is never sent an older picture than before; nothing follows the end."""
    last: dict[str, Seen] = {}
    for seen in history.seen:
        before = last.get(seen.watcher)
        if before is not None and seen.version < before.version:
            yield f"{seen.watcher} was sent version {seen.version} after {before.version}"
        if before is not None and before.state in _OVER and seen.state != before.state:
            yield f"{seen.watcher} saw it {seen.state} after it was {before.state}"
        last[seen.watcher] = seen


def _real_time(history: History) -> Iterator[str]:
    """What a bidder knew before he sent a bid stands before that bid in the list."""
    known = [(told.answered_at, told.seq) for told in history.answered]
    known += [(seen.seen_at, seen.seq) for seen in history.seen]
    known.sort()
    moments = [moment for moment, _ in known]
    highest: list[int] = []
    for _, seq in known:
        highest.append(max(seq, highest[-1] if highest else 0))
    # Sent again, a bid may have been appended by its first sending.
    first: dict[BidKey, float] = {}
    for one in history.sent:
        key = (one.code, one.bid_id)
        first[key] = min(one.sent_at, first.get(key, one.sent_at))
    for entry in history.recorded:
        sent_at = first.get((entry.code, entry.bid_id))
        place = bisect_left(moments, sent_at) if sent_at is not None else 0
        if place and highest[place - 1] >= entry.seq:
            yield f"entry {entry.seq} was sent when entry {highest[place - 1]} was known already"


def _closes(history: History) -> Iterator[str]:
    """It is closed soon after its end, and somebody is told so."""
    end = history.ending
    if end is None or end.closed_ms is None:
        yield "it was never closed"
        return
    if end.closed_ms - end.closes_ms > CLOSE_MS_MAX:
        yield f"it was closed {end.closed_ms - end.closes_ms:.0f} ms after its end"
    if history.told_over_ms is None:
        yield "nobody was told that it is over"
    elif history.told_over_ms - end.closes_ms > CLOSE_MS_MAX:
        yield f"it was told to be over {history.told_over_ms - end.closes_ms:.0f} ms after its end"


def _by_key(history: History) -> dict[BidKey, list[Recorded]]:
    found: dict[BidKey, list[Recorded]] = defaultdict(list)
    for entry in history.recorded:
        found[entry.code, entry.bid_id].append(entry)
    return found


def summary(history: History) -> dict[str, int]:
    """Bids sent, sent in all, answered, recorded, counted."""
    keys = Counter((one.code, one.bid_id) for one in history.sent)
    return {
        "bids": len(keys),
        "sendings": len(history.sent),
        "acknowledged": len({(told.code, told.bid_id) for told in history.answered}),
        "recorded": len(history.recorded),
        "accepted": sum(entry.is_accepted for entry in history.recorded),
    }


INVARIANTS: Final[dict[str, Callable[[History], Iterator[str]]]] = {
    "acknowledged": _acknowledged,
    "once": _once,
    "nothing_made_up": _nothing_made_up,
    "gap_free": _gap_free,
    "one_winner": _one_winner,
    "by_the_ladder": _by_the_ladder,
    "not_early": _not_early,
    "timely": _timely,
    "one_order": _one_order,
    "pictures_agree": _pictures_agree,
    "nothing_goes_back": _nothing_goes_back,
    "real_time": _real_time,
    "closes": _closes,
}
"""Name -> what breaks it. Each is one column of the table of `make faults`."""
