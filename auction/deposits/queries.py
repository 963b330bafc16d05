"""Deposits as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.deposits.deposit import Deposit, DepositState
from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.store.journal import JournalEntry


@dataclass(frozen=True, slots=True)
class DepositView:
    """One deposit. Finance sees no listing: which lot somebody bids for is none of its business."""

    id: UUID
    registration_id: UUID
    account_id: UUID
    virtual_account: str
    amount: Money
    state: DepositState
    opened_at: datetime
    received_at: datetime | None
    paid_by_account: str
    release_due_at: datetime | None
    order_number: str
    ended_at: datetime | None

    @property
    def received_on(self) -> date | None:
        """The day in Beijing: all that finance is shown, so that no instant can be compared."""
        return self.received_at.astimezone(BEIJING).date() if self.received_at else None


async def deposit_of(session: AsyncSession, registration_id: UUID) -> DepositView | None:
    """Return the deposit of a registration, if one was opened."""
    found = await session.scalar(select(Deposit).where(Deposit.registration_id == registration_id))
    return _view(found) if found else None


async def is_waived(session: AsyncSession, registration_id: UUID) -> bool:
    """Whether a registration never had to pay: no deposit was opened, and the journal says why."""
    opened = exists().where(Deposit.registration_id == registration_id)
    said = exists().where(
        JournalEntry.stream == f"registration:{registration_id}",
        JournalEntry.kind == "registration.deposit_waived",
    )
    return bool(await session.scalar(select(and_(~opened, said))))


async def deposits_of_court(session: AsyncSession, court_id: str) -> Sequence[DepositView]:
    """Every deposit of a court, by virtual account: an order that says nothing about time."""
    rows = await session.scalars(
        select(Deposit).where(Deposit.court_id == court_id).order_by(Deposit.virtual_account)
    )
    return [_view(row) for row in rows]


async def unreleased_of_listing(session: AsyncSession, listing_id: UUID) -> int:
    """How many deposits of a listing the court still holds for their bidders."""
    waiting = (DepositState.HELD, DepositState.RELEASE_ORDERED)
    rows = await session.scalars(
        select(Deposit.id).where(Deposit.listing_id == listing_id, Deposit.state.in_(waiting))
    )
    return len(rows.all())


async def listings_with_deposits(session: AsyncSession) -> Sequence[UUID]:
    """Listings for which money is held for bidders, or still awaited."""
    rows = await session.scalars(
        select(Deposit.listing_id)
        .where(Deposit.state.in_((DepositState.AWAITED, DepositState.HELD)))
        .distinct()
    )
    return rows.all()


def _view(row: Deposit) -> DepositView:
    return DepositView(
        row.id,
        row.registration_id,
        row.account_id,
        row.virtual_account,
        row.amount,
        row.state,
        row.opened_at,
        row.received_at,
        row.paid_by_account,
        row.release_due_at,
        row.order_number,
        row.ended_at,
    )
