"""My auctions: what waits for me, my registrations and deposits, what I bought, my documents."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.deposit import DepositState
from auction.deposits.queries import DepositView, deposit_of
from auction.kernel.ids import PersonId
from auction.ledger.virtual import BANK_NAME, account_holder
from auction.listings.listing import Listing, ListingState
from auction.notices.queries import inbox
from auction.people.queries import court
from auction.settlement.sale import Sale, SaleState
from bidding.enrolment_queries import RegistrationView, registrations_by
from bidding.hall.board import Board
from bidding.queries import session_of_listing
from bidding.registration import RegistrationState
from web.views import render
from web.wiring import actor_of, person_id_of, reading

_UNPAID = frozenset(
    {
        SaleState.CONFIRMED,
        SaleState.AWAITING_BALANCE,
        SaleState.OVERDUE,
        SaleState.LAST_NOTICE,
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One registration of mine with what belongs to it."""

    registration: RegistrationView
    listing: Listing
    deposit: DepositView | None
    board: Board | None
    sale: Sale | None
    """Only when it is mine."""
    payee: str
    """The holder of the account that deposit and balance are paid to."""
    is_sold_to_another: bool = False

    @property
    def ending(self) -> str:
        """What the session brought me, as the key of its words; empty while that is open."""
        if self.sale is not None:
            return "won"
        return "not_won" if self.is_sold_to_another else ""

    @property
    def is_unpaid(self) -> bool:
        """Whether the balance of what I bought may still be paid: only then to which account."""
        return self.sale is not None and self.sale.state in _UNPAID

    @property
    def is_waived(self) -> bool:
        """Whether I handed in and pay no deposit: my claim reaches it (网拍17(2))."""
        has_handed_in = self.registration.submitted_at is not None
        return has_handed_in and self.deposit is None

    @property
    def next_act(self) -> str:
        """What I should do now, as the key of its words; empty when nothing waits for me."""
        if self.is_unpaid:
            return "pay_balance"
        if self.listing.state is not ListingState.PUBLISHED:
            return ""
        state = self.registration.state
        if state is RegistrationState.QUALIFIED:
            is_over = self.board is not None and self.board.is_over
            return "" if is_over else "enter"
        return {
            RegistrationState.APPLIED: "finish",
            RegistrationState.DEPOSIT_AWAITED: "pay_deposit",
        }.get(state, "")

    @property
    def is_deposit_on_its_way_back(self) -> bool:
        """Whether the refund was ordered and the bank has not confirmed it (网拍23)."""
        return self.deposit is not None and self.deposit.state is DepositState.RELEASE_ORDERED


async def me_page(request: Request) -> Response:
    """Everything of mine on one page, what waits for me first."""
    person_id = person_id_of(request)
    async with reading(request) as session:
        entries = [
            await _entry(session, registration, person_id)
            for registration in await registrations_by(session, person_id)
        ]
        notices = await inbox(session, actor_of(request))
    return render(
        request,
        "bidder/me.html",
        entries=entries,
        bank=BANK_NAME,
        waiting=[entry for entry in entries if entry.next_act],
        notices=notices,
    )


async def _entry(
    session: AsyncSession, registration: RegistrationView, person_id: PersonId
) -> Entry:
    listing = await session.get_one(Listing, registration.listing_id)
    sold = await session.scalar(select(Sale).where(Sale.listing_id == listing.id))
    is_mine = sold is not None and sold.buyer_id == person_id
    return Entry(
        registration=registration,
        listing=listing,
        deposit=await deposit_of(session, registration.id),
        board=await session_of_listing(session, listing.id),
        sale=sold if is_mine else None,
        is_sold_to_another=sold is not None and not is_mine,
        payee=account_holder((await court(session, listing.court_id)).name),
    )


ROUTES: list[BaseRoute] = [Route("/me", me_page)]
