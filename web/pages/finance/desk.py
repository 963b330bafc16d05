"""Today at the finance desk: what waits, and whether book and bank agree."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.queries import deposits_of_court
from auction.kernel.ids import CourtId
from auction.kernel.refusal import Refusal
from auction.ledger import policy
from auction.ledger.queries import counters
from auction.ledger.trial import reconcile
from web.views import render
from web.wiring import actor_of, database_of, reading, require_of


def own_court(request: Request) -> CourtId:
    """The court whose money this person minds, or refuse with `forbidden`."""
    court_id = actor_of(request).court_id
    if court_id is None:
        raise Refusal("forbidden", action=policy.SEE_FINANCE.action)
    require_of(request, policy.SEE_FINANCE, court_id)
    return court_id


async def desk_page(request: Request) -> Response:
    """The four counters and the reconciliation."""
    court_id = own_court(request)
    async with reading(request) as session:
        waiting = await counters(session, court_id, database_of(request).clock.now())
        reconciled = await reconcile(session, court_id)
    return render(request, "finance/desk.html", waiting=waiting, reconciled=reconciled)


async def deposits_page(request: Request) -> Response:
    """Deposits by virtual account. Whom a deposit lets bid, and where, is not shown."""
    court_id = own_court(request)
    async with reading(request) as session:
        deposits = await deposits_of_court(session, court_id)
    return render(request, "finance/deposits.html", deposits=deposits)


ROUTES: list[BaseRoute] = [
    Route("/finance", desk_page),
    Route("/finance/deposits", deposits_page),
]
