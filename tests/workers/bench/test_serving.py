"""The lot page's line in short: the page is served under a steady rate."""

from workers.bench.serving import lot_page_milliseconds


def test_a_lots_page_is_asked_for_at_a_steady_rate() -> None:
    figure = lot_page_milliseconds(per_second=10, seconds=2.0, other_rates=())
    assert figure.value > 0
    assert figure.baseline > 0
