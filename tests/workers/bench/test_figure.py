import pytest

from workers.bench.figure import p95, percentile


def test_the_95th_percentile_leaves_a_twentieth_above() -> None:
    taken = [n / 1000 for n in range(1, 101)]
    assert p95(taken) == pytest.approx(95.95)
    assert percentile(taken, 50) == pytest.approx(50.5)
