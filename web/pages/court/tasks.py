"""What the court has to do next, lot by lot, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from auction.kernel.ids import LotId
from auction.law.periods import Period, period
from auction.law.rulebook import BY_NAME
from auction.listings.listing import ListingState
from auction.listings.queries import ListingView
from auction.lots.lot import LotState
from auction.lots.queries import LotView
from web.i18n import n_


@dataclass(frozen=True, slots=True)
class Task:
    """One next act; `text` is a msgid."""

    lot_id: LotId
    title: str
    text: str
    path: str
    due: Period | None
    basis: str


_NEXT: Final = {
    LotState.SEIZED: n_("填写财产现状调查表"),
    LotState.INVESTIGATED: n_("确定财产处置参考价"),
    LotState.PRICING: n_("继续确定参考价"),
    LotState.PRICED: n_("拟定拍卖方案"),
    LotState.DISPOSAL_APPROVED: n_("完成公示事项并发布"),
    LotState.FIRST_AUCTION: n_("一拍进行中"),
    LotState.FIRST_PASSED_IN: n_("拟定第二次拍卖"),
    LotState.SECOND_AUCTION: n_("二拍进行中"),
    LotState.SECOND_PASSED_IN: n_("询问债权人是否以物抵债或者变卖"),
    LotState.SELL_OFF: n_("变卖进行中"),
    LotState.SELL_OFF_FAILED: n_("变卖不成：以物抵债或者解除查封"),
    LotState.SOLD: n_("等待余款"),
    LotState.PAID: n_("核对资格并作出成交裁定"),
    LotState.RULED: n_("办理过户与涉税告知"),
    LotState.TRANSFERRED: n_("交付标的物"),
    LotState.HANDED_OVER: n_("分配案款"),
    LotState.DEFAULTED: n_("悔拍：重新拍卖"),
}
_SUSPENDED: Final = n_("拍卖已中止：恢复或者撤回")
_PRICING: Final = frozenset({LotState.INVESTIGATED, LotState.PRICING})
_LISTING: Final = frozenset(
    {
        LotState.PRICED,
        LotState.DISPOSAL_APPROVED,
        LotState.FIRST_PASSED_IN,
        LotState.SECOND_PASSED_IN,
        LotState.DEFAULTED,
    }
)
_RUNNING: Final = frozenset({LotState.FIRST_AUCTION, LotState.SECOND_AUCTION, LotState.SELL_OFF})
SOLD: Final = frozenset(
    {LotState.SOLD, LotState.PAID, LotState.RULED, LotState.TRANSFERRED, LotState.HANDED_OVER}
)
"""The states in which a lot has a sale that stands."""


def tasks(
    lots: Sequence[LotView],
    listings: Sequence[ListingView],
    paid_out: frozenset[UUID] = frozenset(),
) -> list[Task]:
    """The next act of every lot that is not at its end, the most urgent first.

    A lot handed over whose proceeds are all paid out is at its end.
    """
    newest: dict[LotId, ListingView] = {}
    for listing in reversed(listings):
        newest[listing.lot_id] = listing
    found = [_task(lot, newest.get(lot.id)) for lot in lots if _is_waiting(lot, paid_out)]
    return sorted(found, key=_urgency)


def _is_waiting(lot: LotView, paid_out: frozenset[UUID]) -> bool:
    is_over = lot.state is LotState.HANDED_OVER and lot.id in paid_out
    return lot.state in _NEXT and not is_over


def awaiting_panel(listings: Sequence[ListingView]) -> list[ListingView]:
    """Drafts whose figures the panel has not approved."""
    return [listing for listing in listings if listing.state is ListingState.DRAFT]


def _task(lot: LotView, listing: ListingView | None) -> Task:
    due, basis = _deadline(lot, listing)
    if listing and lot.state in _RUNNING and listing.state is ListingState.SUSPENDED:
        return Task(lot.id, lot.title, _SUSPENDED, f"/court/live/{listing.id}", due, basis)
    return Task(lot.id, lot.title, _NEXT[lot.state], _path(lot, listing), due, basis)


def _path(lot: LotView, listing: ListingView | None) -> str:
    if lot.state is LotState.SEIZED:
        return f"/court/assets/{lot.asset_id}"
    if lot.state in _PRICING:
        return f"/court/lots/{lot.id}/valuation"
    drafted = {ListingState.DRAFT, ListingState.APPROVED}
    is_drafted = listing is not None and lot.state in _LISTING and listing.state in drafted
    if listing and (is_drafted or lot.state in _RUNNING):
        return f"/court/listings/{listing.id}"
    if lot.state is LotState.HANDED_OVER:
        return f"/court/lots/{lot.id}/plan"
    if lot.state in SOLD:
        return f"/court/lots/{lot.id}/sale"
    return f"/court/lots/{lot.id}"


def _deadline(lot: LotView, listing: ListingView | None) -> tuple[Period | None, str]:
    """The term that runs now, with its article."""
    start, key = _running(lot, listing)
    if start is None:
        return None, ""
    rule = BY_NAME[lot.rulebook].rule(key)
    return period(start, rule), rule.basis


def _running(lot: LotView, listing: ListingView | None) -> tuple[datetime | None, str]:
    price = lot.reference_price
    if lot.state in {LotState.PRICED, LotState.DISPOSAL_APPROVED} and price:
        return price.set_at, "valuation.start_disposal_within"
    if lot.state is LotState.FIRST_PASSED_IN and listing:
        return listing.concluded_at, "auction.second_round_within"
    if lot.state is LotState.SECOND_PASSED_IN and listing:
        return listing.concluded_at, "selloff.publish_within"
    return None, ""


def _urgency(task: Task) -> tuple[bool, float]:
    return (task.due is None, task.due.ends_at.timestamp() if task.due else 0.0)
