"""The lot 标的物 and its life, from seizure to hand-over."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AssetId, CaseId, CourtId, LotId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from auction.lots.reference_price import ReferencePrice
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class LotState(StrEnum):
    SEIZED = "seized"
    INVESTIGATED = "investigated"
    PRICING = "pricing"
    PRICED = "priced"
    DISPOSAL_APPROVED = "disposal_approved"
    FIRST_AUCTION = "first_auction"
    FIRST_PASSED_IN = "first_passed_in"
    SECOND_AUCTION = "second_auction"
    SECOND_PASSED_IN = "second_passed_in"
    SELL_OFF = "sell_off"
    SELL_OFF_FAILED = "sell_off_failed"
    SOLD = "sold"
    PAID = "paid"
    RULED = "ruled"
    TRANSFERRED = "transferred"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"
    DEFAULTED = "defaulted"
    IN_KIND = "in_kind"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class LotTrigger(StrEnum):
    INVESTIGATE = "investigate"
    OPEN_PRICING = "open_pricing"
    SET_PRICE = "set_price"
    REPRICE = "reprice"
    APPROVE_DISPOSAL = "approve_disposal"
    PUBLISH_FIRST = "publish_first"
    PUBLISH_SECOND = "publish_second"
    PUBLISH_SELL_OFF = "publish_sell_off"
    PASS_IN = "pass_in"  # noqa: S105  (流拍, not a password)
    SELL = "sell"
    PAY = "pay"
    RULE = "rule"
    TRANSFER = "transfer"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    DEFAULT = "default"
    SATISFY_IN_KIND = "satisfy_in_kind"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"


_S, _T = LotState, LotTrigger
_BEFORE_SALE: Final = (
    _S.SEIZED,
    _S.INVESTIGATED,
    _S.PRICING,
    _S.PRICED,
    _S.DISPOSAL_APPROVED,
    _S.FIRST_AUCTION,
    _S.FIRST_PASSED_IN,
    _S.SECOND_AUCTION,
    _S.SECOND_PASSED_IN,
    _S.SELL_OFF,
)
ON_OFFER: Final = frozenset({_S.FIRST_AUCTION, _S.SECOND_AUCTION, _S.SELL_OFF})
"""States in which a listing is public: withdrawing begins with that listing."""
WITHDRAWABLE: Final = frozenset(_BEFORE_SALE) - ON_OFFER
"""States from which a lot itself can be taken back (拍变17)."""
LOT_LIFE: Final[Mapping[tuple[LotState, LotTrigger], LotState]] = {
    (_S.SEIZED, _T.INVESTIGATE): _S.INVESTIGATED,  # 参考价3
    (_S.INVESTIGATED, _T.OPEN_PRICING): _S.PRICING,  # 参考价1
    (_S.PRICING, _T.SET_PRICE): _S.PRICED,  # 参考价26、27
    (_S.PRICED, _T.REPRICE): _S.PRICING,  # 参考价27: expired before the announcement
    (_S.DISPOSAL_APPROVED, _T.REPRICE): _S.PRICING,  # 参考价27
    (_S.PRICED, _T.APPROVE_DISPOSAL): _S.DISPOSAL_APPROVED,  # 网拍27, 拍变6
    (_S.DISPOSAL_APPROVED, _T.PUBLISH_FIRST): _S.FIRST_AUCTION,  # 网拍12、13、14、16
    (_S.FIRST_AUCTION, _T.PASS_IN): _S.FIRST_PASSED_IN,  # 网拍26
    (_S.FIRST_AUCTION, _T.SELL): _S.SOLD,  # 网拍22
    (_S.FIRST_PASSED_IN, _T.PUBLISH_SECOND): _S.SECOND_AUCTION,  # 网拍26
    (_S.FIRST_PASSED_IN, _T.SATISFY_IN_KIND): _S.IN_KIND,  # 拍变16
    (_S.SECOND_AUCTION, _T.PASS_IN): _S.SECOND_PASSED_IN,
    (_S.SECOND_AUCTION, _T.SELL): _S.SOLD,
    (_S.SECOND_PASSED_IN, _T.PUBLISH_SELL_OFF): _S.SELL_OFF,  # 网拍26(2)
    (_S.SECOND_PASSED_IN, _T.SATISFY_IN_KIND): _S.IN_KIND,
    (_S.SECOND_PASSED_IN, _T.RELEASE): _S.RELEASED,  # 拍变25
    (_S.SELL_OFF, _T.PASS_IN): _S.SELL_OFF_FAILED,
    (_S.SELL_OFF, _T.SELL): _S.SOLD,
    (_S.SELL_OFF_FAILED, _T.SATISFY_IN_KIND): _S.IN_KIND,
    (_S.SELL_OFF_FAILED, _T.RELEASE): _S.RELEASED,  # 拍变25, 查扣冻28(3)
    (_S.SOLD, _T.PAY): _S.PAID,  # 网拍25
    (_S.SOLD, _T.DEFAULT): _S.DEFAULTED,  # 网拍24
    (_S.DEFAULTED, _T.PUBLISH_FIRST): _S.FIRST_AUCTION,  # 拍变22: auctioned again
    (_S.DEFAULTED, _T.PUBLISH_SECOND): _S.SECOND_AUCTION,
    (_S.DEFAULTED, _T.PUBLISH_SELL_OFF): _S.SELL_OFF,
    (_S.PAID, _T.RULE): _S.RULED,  # 拍变20
    (_S.RULED, _T.TRANSFER): _S.TRANSFERRED,  # 民诉法262
    (_S.TRANSFERRED, _T.HAND_OVER): _S.HANDED_OVER,  # 拍变27
    (_S.HANDED_OVER, _T.CLOSE): _S.CLOSED,
    (_S.SOLD, _T.REVOKE): _S.REVOKED,  # 网拍31
    (_S.PAID, _T.REVOKE): _S.REVOKED,
    (_S.RULED, _T.REVOKE): _S.REVOKED,
    **{(state, _T.WITHDRAW): _S.WITHDRAWN for state in _BEFORE_SALE},  # 拍变17–19
}


class Lot(Base):
    """What is offered under one number; pins the rulebook it was made under."""

    __tablename__ = "lots"
    __table_args__ = (
        states_check("state", LotState),
        CheckConstraint("price_valid_until > price_set_at", name="price_validity"),
        CheckConstraint(
            "(reference_price IS NULL) = (price_valid_until IS NULL)", name="price_whole"
        ),
    )

    id: Mapped[LotId] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId] = mapped_column(ForeignKey("cases.id"), index=True)
    asset_id: Mapped[AssetId] = mapped_column(ForeignKey("assets.id"), unique=True)
    court_id: Mapped[CourtId]
    title: Mapped[str]
    state: Mapped[LotState] = state_column(LotState)
    held_ground: Mapped[str]
    """Why nothing may move now, such as a third party's objection (网拍36(2)); empty: not held."""
    rulebook: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    price: Mapped[Money | None] = mapped_column("reference_price", MoneyFen)
    price_method: Mapped[str]
    price_basis: Mapped[str]
    price_set_at: Mapped[datetime | None] = mapped_column(Instant)
    price_valid_until: Mapped[datetime | None] = mapped_column(Instant)

    def advance(self, trigger: LotTrigger) -> None:
        """Follow the table, or refuse; a held lot does not move but to be withdrawn."""
        if self.held_ground and trigger is not LotTrigger.WITHDRAW:
            raise Refusal("lot.held", ground=self.held_ground)
        self.state = after(LOT_LIFE, self.state, trigger)

    @property
    def reference_price(self) -> ReferencePrice | None:
        """The price that was fixed, if any."""
        if self.price is None or self.price_set_at is None or self.price_valid_until is None:
            return None
        return ReferencePrice(
            self.price,
            self.price_method,
            self.price_basis,
            self.price_set_at,
            self.price_valid_until,
        )

    def take_price(self, price: ReferencePrice) -> None:
        """Keep a fixed reference price."""
        self.price, self.price_method = price.amount, price.method
        self.price_basis, self.price_set_at = price.basis, price.set_at
        self.price_valid_until = price.valid_until

    @property
    def stream(self) -> str:
        """The lot's chain in the journal."""
        return f"lot:{self.id}"
