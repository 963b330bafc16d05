"""What a sale asked of the register and of the tax bureau, as their desks see it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.money import Money
from auction.settlement.sale import Sale, SaleState


@dataclass(frozen=True, slots=True)
class AskedView:
    """The sale behind a 协助执行通知书 or a 涉税信息告知函; no names, they stand in the notice."""

    sale_id: UUID
    state: SaleState
    hammer_price: Money
    certificate_number: str

    @property
    def is_awaiting_taxes(self) -> bool:
        """Whether the bureau's answer is what comes next."""
        return self.state is SaleState.ASSISTANCE_ASKED

    @property
    def is_awaiting_registration(self) -> bool:
        """Whether taxes are shown paid, so that the register may act (契税法11: 先税后证)."""
        return self.state is SaleState.TAXES_PAID


async def sale_asked_by(session: AsyncSession, notice_id: UUID) -> AskedView | None:
    """The sale that issued this notice, or nothing."""
    sale = await session.scalar(
        select(Sale).where(
            or_(Sale.registry_notice_id == notice_id, Sale.tax_notice_id == notice_id)
        )
    )
    if sale is None:
        return None
    return AskedView(sale.id, sale.state, sale.hammer_price, sale.certificate_number)
