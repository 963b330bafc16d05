"""The papers of a case, at the desk of its court."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.refusal import Refusal
from auction.notices.queries import notices_of_case
from web.views import render
from web.wiring import only, path_id, reading


async def notices_page(request: Request) -> Response:
    """Every notice of a case: its state, its digest, its paper."""
    actor = only(request, Role.OFFICER, Role.PANEL, Role.SUPERVISOR)
    case_id = path_id(request)
    async with reading(request) as session:
        notices = await notices_of_case(session, case_id)
    if any(notice.court_id != actor.court_id for notice in notices):
        raise Refusal("not_found", what="case", id=str(case_id))
    return render(request, "notices/case.html", notices=notices, case_id=case_id)


ROUTES: list[BaseRoute] = [Route("/court/cases/{id}/notices", notices_page, methods=["GET"])]
