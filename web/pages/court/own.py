"""What the court's pages share: only the court's own staff see a case, and only its own."""

from starlette.requests import Request

from auction.kernel.actor import Actor, Role
from auction.kernel.ids import CourtId, new_id
from auction.kernel.refusal import Refusal
from web.wiring import actor_of, database_of, only

READERS = (Role.OFFICER, Role.PANEL, Role.SUPERVISOR)


def court_of(request: Request) -> CourtId:
    """The court whose staff member asks, or refuse with `forbidden`."""
    actor = only(request, *READERS)
    if actor.court_id is None:
        raise Refusal("forbidden", action="page.read")
    return actor.court_id


def own(request: Request, court_id: str) -> Actor:
    """Let staff of that court read on; for the others the thing does not exist."""
    if actor_of(request).court_id != court_id:
        raise Refusal("not_found", what="page", id=request.url.path)
    return only(request, *READERS)


def fresh_id(request: Request) -> str:
    """An id for what a form is about to make: sent twice, it is made once."""
    return str(new_id(database_of(request).clock.now()))
