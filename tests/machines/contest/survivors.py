"""Changed operators that nobody can notice, each with the reason why it changes nothing."""

SURVIVORS: dict[str, str] = {
    "_matches_by_priority: standing is None or bid.priority_rank is None or bid.amount !="
    " standing.amount -> bid.priority_rank is None or bid.amount != standing.amount": (
        "before the first bid the least is the starting price, below which a bid was refused"
        " already: nobody comes here without a standing bid"
    ),
    "_is_any_before: end is not None and any((instant < end for instant in entered)) ->"
    " any((instant < end for instant in entered))": (
        "a picture that is paused has the instant of its pause and every picture has an end:"
        " None is there for the type alone"
    ),
}
