"""What `make faults` prints and writes: each case as it ends, one table of all, JSON. Pure."""

from collections.abc import Sequence

from tests.faults.checker import CLOSE_MS_MAX
from tests.faults.course import Outcome


def words(outcome: Outcome) -> str:
    """One case: counts, times, and each invariant."""
    counts = outcome.counts
    lines = [f"{outcome.case.name}: {outcome.case.what} ({outcome.seconds:.0f} s)"]
    if counts:
        lines.append(
            f"  bids {counts['bids']}, sent {counts['sendings']} times, acknowledged"
            f" {counts['acknowledged']}, on record {counts['recorded']},"
            f" accepted {counts['accepted']}{_ending(outcome)}"
        )
    lines.append("  " + ", ".join(_word(name, why) for name, why in outcome.broken.items()))
    for name, why in outcome.broken.items():
        lines += [f"    {name}: {sentence}" for sentence in why[:3]]
    return "\n".join([*lines, *(f"    {note}" for note in outcome.notes)])


def table(outcomes: Sequence[Outcome]) -> str:
    """One row a case: whether it held, how long it took, how soon after its end all was closed."""
    wide = max((len(outcome.case.name) for outcome in outcomes), default=0)
    head = f"{'case':{wide}}  {'':6}  {'took':>6}  {'closed':>7}  fault"
    return "\n".join([head, *(_row(outcome, wide) for outcome in outcomes)])


def _row(outcome: Outcome, wide: int) -> str:
    held = "held" if outcome.is_held else "FAILED"
    closed = outcome.closed_after_seconds
    after = (
        "" if "closes" not in outcome.broken else "never" if closed is None else f"{closed:.1f} s"
    )
    what = outcome.case.what
    broken = ", ".join(name for name, why in outcome.broken.items() if why)
    told = f"{what} (broken: {broken})" if broken else what
    return f"{outcome.case.name:{wide}}  {held:6}  {outcome.seconds:4.0f} s  {after:>7}  {told}"


def as_json(outcome: Outcome) -> dict[str, object]:
    """One case for machines."""
    return {
        "name": outcome.case.name, "what": outcome.case.what, **outcome.counts,
        "closed_after_seconds": outcome.closed_after_seconds,
        "told_after_seconds": outcome.told_after_seconds,
        "bound_seconds": CLOSE_MS_MAX / 1000, "seconds": round(outcome.seconds, 1),
        "invariants": {name: "VIOLATED" if why else "ok" for name, why in outcome.broken.items()},
        "violations": {name: why[:20] for name, why in outcome.broken.items() if why},
        "notes": outcome.notes,
    }  # fmt: skip


def _word(name: str, why: Sequence[str]) -> str:
    return f"{name} {f'VIOLATED ({len(why)})' if why else 'ok'}"


def _ending(outcome: Outcome) -> str:
    """How long the close took; recorded auctions run by a clock of their own."""
    if "closes" not in outcome.broken:
        return ""
    return (
        f"; end to closed {_seconds(outcome.closed_after_seconds)},"
        f" told {_seconds(outcome.told_after_seconds)}, bound {CLOSE_MS_MAX / 1000:.0f} s"
    )


def _seconds(taken: float | None) -> str:
    return "never" if taken is None else f"{taken:.2f} s"
