"""What every way of signing in ends with."""

from dataclasses import dataclass

import pyotp
import segno
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from auction.cases.case import PartyRole
from auction.cases.queries import parties_of_person
from auction.kernel.actor import Actor
from auction.kernel.ids import PersonId, new_id
from auction.people.commands import sign_in
from auction.people.credentials import Factor, new_token
from auction.people.queries import actor_of, person
from bidding.enrolment_queries import registrations_by
from web.attempts import know_browser
from web.nav import desk_of
from web.signin import set_cookie
from web.views import see_other
from web.wiring import database_of, unit

MY_AUCTIONS = "/me"
MY_CASES = "/party"
CONCERNED = frozenset({PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.CREDITOR})
"""Parties whose case it is; a holder of a right of pre-emption comes to bid."""


async def signed_in(
    request: Request, person_id: PersonId, path: str, *, factor: Factor = Factor.PASSWORD
) -> Response:
    """Sign the browser in as somebody who has proven to be there; lead to `path` or his desk."""
    token = new_token()
    browser = request.headers.get("user-agent", "")
    sign_in_id = new_id(database_of(request).clock.now())
    async with unit(request) as work:
        await sign_in(
            work, sign_in_id, person_id=person_id, token=token, browser=browser, factor=factor
        )
        who = await person(work.session, person_id)
        actor = await actor_of(work.session, person_id)
        begins_at = path or await _first_page(work.session, actor, person_id)
    response = see_other(begins_at)
    know_browser(request, response, who.username)
    set_cookie(response, request.state.settings, "signin", token)
    return response


async def _first_page(session: AsyncSession, actor: Actor, person_id: PersonId) -> str:
    """The desk of the roles held; of a party to a case who bids for nothing, his cases."""
    desk = desk_of(actor)
    if desk != MY_AUCTIONS or await registrations_by(session, person_id):
        return desk
    parts = {party.role for party in await parties_of_person(session, person_id)}
    return MY_CASES if parts & CONCERNED else desk


def local(path: str) -> str:
    """A path of this site, or empty for one's desk: nobody is sent elsewhere after signing in."""
    islocal = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if islocal and path.isprintable() else ""


@dataclass(frozen=True, slots=True)
class GeneratorView:
    """What a person enters into an app that makes codes."""

    secret: str
    uri: str
    picture: str
    """The same as a QR code: an SVG path."""
    size: int


def generator_of(secret: str, username: str) -> GeneratorView | None:
    """A generator to be set up; None without a secret."""
    if not secret:
        return None
    uri = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Luochui")
    rows = [list(row) for row in segno.make(uri, error="m").matrix_iter(border=2)]
    dots = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dot in enumerate(row) if dot)
    return GeneratorView(secret, uri, "".join(dots), len(rows))
