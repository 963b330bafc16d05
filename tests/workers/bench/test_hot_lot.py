"""The lines of the hot lot in short: tiny crowds on the real platform, held to no bar."""

from workers.bench.hot_lot import burst_seconds, hot_lot


def test_a_hot_lot_is_measured_beside_both_its_baselines() -> None:
    found = hot_lot(bidders=4, seconds=0.4, pools=(2,))
    assert min(found.ours, found.naive, found.echo) > 0


def test_a_burst_is_checked_against_the_database() -> None:
    assert burst_seconds(count=20, bidders=4) > 0
