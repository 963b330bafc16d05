"""The papers of a case, at the desk of its court."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases.queries import case
from auction.kernel.ids import CaseId
from auction.notices.queries import notices_of_case
from web.pages.court.own import own
from web.views import render
from web.wiring import path_id, reading


async def notices_page(request: Request) -> Response:
    """Every notice of a case: its state, its digest, its paper."""
    case_id = CaseId(path_id(request))
    async with reading(request) as session:
        own(request, (await case(session, case_id)).court_id)
        notices = await notices_of_case(session, case_id)
    return render(request, "notices/case.html", notices=notices, case_id=case_id)


ROUTES: list[BaseRoute] = [Route("/court/cases/{id}/notices", notices_page, methods=["GET"])]
