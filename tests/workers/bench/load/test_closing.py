"""The full house in short: few sessions on the real platform, held to no bar."""

from workers.bench.load.closing import close_storm_seconds


def test_all_sessions_end_in_their_second_and_those_with_a_late_bid_after_it() -> None:
    assert close_storm_seconds(sessions=12, with_bids=4, last_second=2) > 0
