"""What the hall counts: sockets, bids decided, bids a commit."""

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from bidding.hall.bid_entry import Decision

SOCKETS = Gauge("luochui_sockets", "Sockets that were let into a hall.")
BIDS_DECIDED = Counter("luochui_bids_decided", "Bids decided by this home.", ["verdict"])
BATCH_BIDS = Histogram(
    "luochui_batch_bids",
    "Bids decided in one commit.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 200, 400),
)


def count_decided(decided: Sequence[Decision]) -> None:
    """Count what one commit decided."""
    if not decided:
        return
    BATCH_BIDS.observe(len(decided))
    for verdict, count in Tally(one.verdict for one in decided).items():
        BIDS_DECIDED.labels(verdict.value).inc(count)
