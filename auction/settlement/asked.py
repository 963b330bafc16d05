"""What a sale asked of the register and of the tax bureau, as their desks see it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.money import Money
from auction.law.taxes import TaxKind
from auction.lots.asset import Asset, AssetKind
from auction.lots.lot import Lot
from auction.settlement.sale import Sale, SaleState

_REALTY_ONLY = frozenset({TaxKind.LAND_VALUE, TaxKind.DEED})


def kinds_of(kind: AssetKind) -> frozenset[TaxKind]:
    """The taxes that the transfer of a thing of this kind can carry (契税法1, 车辆购置税法1)."""
    unfit = set[TaxKind]()
    if kind is not AssetKind.VEHICLE:
        unfit.add(TaxKind.VEHICLE_PURCHASE)
    if kind.is_movable or kind is AssetKind.EQUITY:
        unfit |= _REALTY_ONLY
    return frozenset(TaxKind) - unfit


@dataclass(frozen=True, slots=True)
class AskedView:
    """The sale behind a 协助执行通知书 or a 涉税信息告知函; no names, they stand in the notice."""

    sale_id: UUID
    state: SaleState
    hammer_price: Money
    asset_kind: AssetKind
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
    wanted = (
        select(Sale, Asset.kind)
        .join(Lot, Lot.id == Sale.lot_id)
        .join(Asset, Asset.id == Lot.asset_id)
        .where(or_(Sale.registry_notice_id == notice_id, Sale.tax_notice_id == notice_id))
    )
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        return None
    sale, kind = found
    return AskedView(sale.id, sale.state, sale.hammer_price, kind, sale.certificate_number)
