"""Changed operators that nobody can notice, each with the reason why it changes nothing."""

SURVIVORS: dict[str, str] = {
    "_matches_by_priority: standing is None or bid.priority_rank is None or bid.amount !="
    " standing.amount -> bid.priority_rank is None or bid.amount != standing.amount": (
        "before the first bid the least is the starting price, below which a bid was refused"
        " already: nobody comes here without a standing bid"
    ),
}
