"""The demonstration's bank: a bidder pays his deposit by one click, and its statement is imported.

What follows is the platform's own: the worker matches the line by the rules of any other.
"""

import csv
import io
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.deposit import DepositState
from auction.deposits.queries import DepositView, deposit_of
from auction.kernel.clock import BEIJING
from auction.kernel.ids import CourtId
from auction.kernel.money import ZERO
from auction.kernel.refusal import Refusal
from auction.ledger.bankfile import COLUMNS, read_statement
from auction.ledger.commands import import_statement
from auction.ledger.queries import last_line
from auction.ledger.statement import StatementLine
from auction.listings.listing import Listing
from auction.people.queries import actor_of, person_named
from bidding.enrolment_queries import registration_of
from web.i18n import n_
from web.pages.account.demo import is_offered
from web.signin import visit_of
from web.views import see_other
from web.wiring import database_of, path_id, person_id_of, reading

CLERK = "clerk"
"""The account of the seed in whose name the bank's statement is imported."""
ACCOUNT = "6222009700000001"


async def pay_deposit(request: Request) -> Response:
    """Pay the own deposit that is awaited, once; the platform hears of it by a statement."""
    listing_id = path_id(request, "listing")
    person_id = person_id_of(request)
    if not is_offered(request):
        raise Refusal("not_found", what="page", id="/demo")
    async with reading(request) as session:
        registration = await registration_of(session, listing_id, person_id)
        deposit = await deposit_of(session, registration.id) if registration else None
        if deposit is None or deposit.state is not DepositState.AWAITED:
            raise Refusal("not_found", what="deposit", id=str(listing_id))
        if await _is_paid(session, deposit):
            return _told(listing_id)
        court_id = (await session.get_one(Listing, listing_id)).court_id
        content = await _statement(request, session, deposit, court_id)
        clerk = await actor_of(session, (await person_named(session, CLERK)).id)
    async with database_of(request).unit(clerk) as work:
        await import_statement(
            work,
            court_id=court_id,
            file_name="demonstration.csv",
            content=content,
            file=read_statement(content),
        )
    return _told(listing_id)


async def _is_paid(session: AsyncSession, deposit: DepositView) -> bool:
    """Whether a line names it already; the worker has not matched that yet."""
    paid = select(StatementLine.id).where(StatementLine.virtual_account == deposit.virtual_account)
    return (await session.scalar(paid.limit(1))) is not None


async def _statement(
    request: Request, session: AsyncSession, deposit: DepositView, court_id: CourtId
) -> bytes:
    """A statement file of one line, which begins where the court's last one ended."""
    position, closing = await last_line(session, court_id)
    sign_in, now = visit_of(request).sign_in, database_of(request).clock.now()
    line = (
        position + 1,
        now.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        deposit.amount,
        "in",
        sign_in.person.name if sign_in else "",
        ACCOUNT,
        deposit.virtual_account,
        "竞买保证金",
        (closing or ZERO) + deposit.amount,
    )
    text = io.StringIO(newline="")
    csv.writer(text).writerows((tuple(COLUMNS), line))
    return text.getvalue().encode()


def _told(listing_id: UUID) -> Response:
    return see_other(
        f"/lots/{listing_id}/join#deposit", said=n_("演示银行已付款，流水已导入，片刻后到账")
    )


ROUTES: list[BaseRoute] = [
    Route("/demo/deposits/{listing}", pay_deposit, methods=["POST"]),
]
