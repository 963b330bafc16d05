"""What anybody may see: the home page, and whether we are well."""

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from auction.listings.catalogue import Sought, cards
from auction.lots.asset import AssetKind
from web.pages.lots import Stage, show
from web.views import render
from web.wiring import database_of, reading

CARDS_SHOWN = 6


async def home(request: Request) -> Response:
    """What can be bid for now, what opens next, what was sold last."""
    now = database_of(request).clock.now()
    async with reading(request) as session:
        shown = await show(session, await cards(session, Sought()), now)
    is_open = [item for item in shown if item.stage is Stage.OPEN]
    over = [item for item in shown if item.stage in {Stage.SOLD, Stage.PASSED_IN}]
    return render(
        request,
        "public/home.html",
        closing=sorted(is_open, key=lambda item: item.card.closes_at)[:CARDS_SHOWN],
        opening=[item for item in shown if item.stage is Stage.UPCOMING][:CARDS_SHOWN],
        over=over[::-1][:CARDS_SHOWN],
        kinds=list(AssetKind),
    )


async def healthz(request: Request) -> Response:
    """Whether the process serves at all."""
    del request
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Whether pages can be served: the database answers."""
    async with reading(request) as session:
        await session.execute(text("SELECT 1"))
    return PlainTextResponse("ready\n")


ROUTES: list[BaseRoute] = [
    Route("/", home),
    Route("/healthz", healthz),
    Route("/readyz", readyz),
]
