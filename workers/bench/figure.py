"""What a bench line measured, and what it measured beside it in the same run."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its own baseline: how the same machine does without what is measured."""

    value: float
    baseline: float

    @property
    def ratio(self) -> float:
        """The figure in units of its baseline."""
        return round(self.value / self.baseline, 3)


def p95(taken: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds, of seconds."""
    return percentile(taken, 95)


def percentile(taken: Sequence[float], part: int) -> float:
    """The value, in milliseconds, that `part` percent of these seconds do not exceed."""
    return quantiles(taken, n=100)[part - 1] * 1000
