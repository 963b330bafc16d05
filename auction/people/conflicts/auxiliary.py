"""Auxiliary bodies 拍卖辅助机构: noted for a lot by whoever commissions them (网拍7, 34)."""

from auction.kernel.ids import LotId
from auction.people.conflicts.barred import AuxiliaryBody
from auction.store.unit import Unit


async def note_auxiliary_body(work: Unit, lot_id: LotId, *, code: str) -> None:
    """Know an organisation, by its credit code, as one that works for a lot: it may not bid."""
    if await work.session.get(AuxiliaryBody, (lot_id, code)) is None:
        work.add(AuxiliaryBody(lot_id=lot_id, credit_code=code, commissioned_at=work.now))
