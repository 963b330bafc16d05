"""The checker passes a good history and names what is wrong in each bad one."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from tests.faults.checker import INVARIANTS, check, summary
from tests.faults.history import Answered, BidSeen, Ending, History, Recorded, Seen, Sent

Spoil = Callable[[History], None]


def a_history() -> History:
    """Three bids: A at 100, B refused at 100, B at 110; the watcher saw both that counted."""
    made = History(starting_fen=100, step_fen=10, scheduled_close_ms=5000)
    course = [("A", 1, 100, True, ""), ("B", 2, 100, False, "below_next_price"),
              ("B", 3, 110, True, "")]  # fmt: skip
    for seq, (code, number, amount, is_accepted, reason) in enumerate(course, 1):
        bid_id = UUID(int=number)
        made.sent.append(Sent(code, bid_id, amount, seq * 1.0))
        made.recorded.append(
            Recorded(seq, code, bid_id, amount, seq * 1000, is_accepted, reason, 5000)
        )
        made.answered.append(
            Answered(code, bid_id, seq, is_accepted, reason, amount, seq * 1000, 5000,
                     seq + 0.5, b"words %d" % number)
        )  # fmt: skip
    first, second = BidSeen(1, "A", 100), BidSeen(3, "B", 110)
    made.seen = [
        Seen("w", 0.5, 1, 0, "open", None, None, 5000),
        Seen("w", 1.6, 2, 1, "open", 100, "A", 5000, (first,)),
        Seen("w", 2.6, 3, 2, "open", 100, "A", 5000),
        Seen("w", 3.6, 4, 3, "open", 110, "B", 5000, (second,)),
        Seen("w", 5.1, 5, 3, "sold", 110, "B", 5000),
        Seen("v", 5.2, 5, 3, "sold", 110, "B", 5000, (first, second)),
    ]
    made.ending = Ending("sold", "B", 110, 5000, 5050, 1)
    made.told_over_ms = 5100
    return made


def entry(history: History, number: int, **changes: object) -> None:
    history.recorded[number - 1] = replace(history.recorded[number - 1], **changes)


def ending(history: History, **changes: object) -> None:
    assert history.ending is not None
    history.ending = replace(history.ending, **changes)


def picture(history: History, number: int, **changes: object) -> None:
    history.seen[number] = replace(history.seen[number], **changes)


def an_acknowledged_bid_is_lost(history: History) -> None:
    lost = history.recorded.pop()
    history.answered.append(replace(history.answered[2], seq=lost.seq))


def an_answer_is_not_what_was_recorded(history: History) -> None:
    history.answered[1] = replace(history.answered[1], reason="late")


def a_bid_has_two_effects(history: History) -> None:
    last = history.recorded[2]
    history.recorded.append(replace(last, seq=4, is_accepted=False, reason="below_next_price"))


def a_bid_sent_twice_has_two_answers(history: History) -> None:
    history.answered.append(replace(history.answered[0], words=b"others"))


def a_bid_is_made_up(history: History) -> None:
    history.sent.pop(1)


def a_bid_is_recorded_at_another_amount(history: History) -> None:
    history.sent[2] = replace(history.sent[2], amount_fen=120)


def a_number_is_left_out(history: History) -> None:
    entry(history, 3, seq=4)


def another_wins(history: History) -> None:
    ending(history, leader="A")


def it_is_closed_twice(history: History) -> None:
    ending(history, times_closed=2)


def it_passes_in_with_a_bid_standing(history: History) -> None:
    ending(history, state="passed_in")


def it_never_ends(history: History) -> None:
    ending(history, state="open", closed_ms=None)


def a_bid_counts_below_the_least(history: History) -> None:
    entry(history, 2, is_accepted=True, reason="")


def a_bid_is_refused_that_was_high_enough(history: History) -> None:
    entry(history, 2, amount_fen=110)


def it_closes_early(history: History) -> None:
    ending(history, closed_ms=4999)


def the_end_comes_nearer(history: History) -> None:
    entry(history, 3, closes_after_ms=4000)


def its_end_is_before_that_of_its_last_bid(history: History) -> None:
    entry(history, 3, closes_after_ms=6000)


def a_timely_bid_is_refused_as_late(history: History) -> None:
    entry(history, 2, reason="late")


def a_late_bid_counts(history: History) -> None:
    entry(history, 3, entered_ms=5000)


def a_bid_that_was_shown_is_undone(history: History) -> None:
    picture(history, 5, bids=(BidSeen(2, "B", 100),))


def a_leader_is_shown_who_never_led(history: History) -> None:
    picture(history, 2, leader="C")


def two_watchers_see_two_orders(history: History) -> None:
    picture(history, 5, version=4, state="open", bids=(BidSeen(1, "B", 110), BidSeen(3, "A", 100)))


def one_version_is_two_pictures(history: History) -> None:
    picture(history, 5, version=4)


def a_later_picture_knows_less(history: History) -> None:
    picture(history, 3, seq=2, leader="A", price_fen=100, bids=())
    picture(history, 2, seq=3, leader="B", price_fen=110)


def a_socket_is_sent_an_older_picture(history: History) -> None:
    history.seen.append(history.seen[1])


def it_goes_on_after_its_end(history: History) -> None:
    picture(history, 3, version=5, state="sold")
    picture(history, 4, state="open")


def a_bid_is_put_before_one_already_answered(history: History) -> None:
    history.sent[0] = replace(history.sent[0], sent_at=3.7)


def a_bid_is_put_before_one_already_seen(history: History) -> None:
    history.answered.clear()
    history.sent[1] = replace(history.sent[1], sent_at=3.7)


def it_is_closed_too_late(history: History) -> None:
    ending(history, closed_ms=15_001)
    history.told_over_ms = 15_001


def nobody_is_told_in_time(history: History) -> None:
    history.told_over_ms = 15_001


def nobody_is_told(history: History) -> None:
    history.told_over_ms = None


BAD: list[tuple[Spoil, str]] = [
    (an_acknowledged_bid_is_lost, "acknowledged"),
    (an_answer_is_not_what_was_recorded, "acknowledged"),
    (a_bid_has_two_effects, "once"),
    (a_bid_sent_twice_has_two_answers, "once"),
    (a_bid_is_made_up, "nothing_made_up"),
    (a_bid_is_recorded_at_another_amount, "nothing_made_up"),
    (a_number_is_left_out, "gap_free"),
    (another_wins, "one_winner"),
    (it_is_closed_twice, "one_winner"),
    (it_passes_in_with_a_bid_standing, "one_winner"),
    (it_never_ends, "one_winner"),
    (a_bid_counts_below_the_least, "by_the_ladder"),
    (a_bid_is_refused_that_was_high_enough, "by_the_ladder"),
    (it_closes_early, "not_early"),
    (the_end_comes_nearer, "not_early"),
    (its_end_is_before_that_of_its_last_bid, "not_early"),
    (a_timely_bid_is_refused_as_late, "timely"),
    (a_late_bid_counts, "timely"),
    (a_bid_that_was_shown_is_undone, "one_order"),
    (a_leader_is_shown_who_never_led, "one_order"),
    (two_watchers_see_two_orders, "one_order"),
    (one_version_is_two_pictures, "pictures_agree"),
    (a_later_picture_knows_less, "pictures_agree"),
    (a_socket_is_sent_an_older_picture, "nothing_goes_back"),
    (it_goes_on_after_its_end, "nothing_goes_back"),
    (a_bid_is_put_before_one_already_answered, "real_time"),
    (a_bid_is_put_before_one_already_seen, "real_time"),
    (it_is_closed_too_late, "closes"),
    (nobody_is_told_in_time, "closes"),
    (nobody_is_told, "closes"),
]


def test_a_good_history_breaks_nothing() -> None:
    assert check(a_history()) == {name: [] for name in INVARIANTS}
    assert summary(a_history()) == {
        "bids": 3, "sendings": 3, "acknowledged": 3, "recorded": 3, "accepted": 2,
    }  # fmt: skip


def test_a_bid_sent_again_after_it_came_in_is_no_inversion() -> None:
    history = a_history()
    history.sent.append(replace(history.sent[0], sent_at=4.0))
    assert check(history)["real_time"] == []


@pytest.mark.parametrize(("spoil", "broken"), BAD, ids=[spoil.__name__ for spoil, _ in BAD])
def test_a_bad_history_is_caught_and_named(spoil: Spoil, broken: str) -> None:
    history = a_history()
    spoil(history)
    assert check(history)[broken]


def test_every_invariant_has_a_bad_history() -> None:
    assert {broken for _, broken in BAD} == set(INVARIANTS)
