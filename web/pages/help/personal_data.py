"""How personal data is kept: what lies sealed, what pages show, what is erased and when."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.law.rulebook import LAW
from auction.store.full_views import VIEWS_MAX
from web.views import render

RETENTION = "auction.data_retention"


async def personal_data_page(request: Request) -> Response:
    """In plain words, for whoever's data it is (个保法51)."""
    return render(request, "help/personal_data.html", most=VIEWS_MAX, years=LAW.integer(RETENTION))


ROUTES: list[BaseRoute] = [Route("/personal-data", personal_data_page)]
