"""Draws in public: follow one live, contribute to it, download its transcript, hold it again."""

import hashlib
import re
import secrets
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.ids import DrawId
from auction.kernel.refusal import Refusal
from auction.people.approvals.action import Action
from auction.people.approvals.queries import open_requests
from valuation import draw as protocol
from valuation.commands.draws import place_commit, place_reveal
from valuation.drawing import transcript_bytes
from valuation.queries import draws
from valuation.queries.draws import DrawPage
from valuation.verifying import Finding, verify
from web.downloads import file_answer
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, database_of, only, path_id, reading, unit

ABOUT_DRAWS = frozenset({Action.DRAW_OPEN, Action.DRAW_VOID})
_HEX64 = re.compile("[0-9a-f]{64}")


class Committing(msgspec.Struct, frozen=True):
    """A commitment made in the browser, or a text from which the server makes one."""

    commitment: Annotated[str, msgspec.Meta(max_length=64)] = ""
    secret: Annotated[str, msgspec.Meta(max_length=400)] = ""


class Revealing(msgspec.Struct, frozen=True):
    """The number itself, or the text that it was made from."""

    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


async def list_page(request: Request) -> Response:
    """Every draw, with those first that wait for the reader."""
    person_id = actor_of(request).person_id
    async with reading(request) as session:
        lines = await draws.listed(session)
        waiting = await draws.waiting_for(session, person_id) if person_id else []
    return render(request, "draws/list.html", lines=lines, waiting=waiting)


async def draw_page(request: Request) -> Response:
    """One draw: what is fixed, what was given, what came out, and how to check it."""
    draw_id = DrawId(path_id(request))
    async with reading(request) as session:
        seen = await draws.page(session, draw_id)
        who = await draws.contributor_of(session, draw_id, actor_of(request).person_id)
        findings = _findings(seen)
    return render(
        request,
        "draws/draw.html",
        draw=seen,
        who=who,
        given=next((one for one in seen.contributions if one.who == who), None),
        findings=findings,
        suggested=secrets.token_hex(protocol.NONCE_BYTES),
    )


def _findings(seen: DrawPage) -> list[Finding]:
    """The server's own check of a held draw, said check by check on the page."""
    if seen.seed is None:
        return []
    said = protocol.Transcript(
        manifest=seen.manifest,
        contrib=tuple(
            protocol.Contribution(one.who, one.commitment, one.reveal) for one in seen.contributions
        ),
        proofs=_ordered_proofs(seen),
        beacon=None,
        seed=seen.seed,
        result=tuple(one.uscc for one in seen.ranked),
    )
    return verify(said)


def _ordered_proofs(seen: DrawPage) -> tuple[str, ...]:
    given = dict(seen.proofs)
    return tuple(given[key.role] for key in seen.manifest.vrf if key.role in given)


async def state(request: Request) -> Response:
    """How far a draw is; the page asks for it to know when to show itself anew."""
    async with reading(request) as session:
        count = await draws.messages_count(session, DrawId(path_id(request)))
    return JSONResponse({"messages": count}, headers={"Cache-Control": "no-store"})


async def transcript(request: Request) -> Response:
    """The transcript as a file, laid out as DRAW/1 publishes it."""
    draw_id = DrawId(path_id(request))
    async with reading(request) as session:
        said = await draws.transcript(session, draw_id)
    return Response(
        transcript_bytes(said),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="draw-{draw_id}.json"'},
    )


async def commit(request: Request) -> Response:
    """Take a commitment. One made from a text is made here, and the number is shown once."""
    form = await read_form(request, Committing)
    draw_id = DrawId(path_id(request))
    if form.commitment:
        async with unit(request) as work:
            await place_commit(work, draw_id, commitment=form.commitment)
        return see_other(f"/draws/{draw_id}", said=n_("承诺已登记。请保管好您的随机数。"))
    if not form.secret:
        raise FormErrors({"secret": "form.required"})
    nonce = nonce_of(form.secret)
    async with reading(request) as session:
        seen = await draws.page(session, draw_id)
        who = await draws.contributor_of(session, draw_id, actor_of(request).person_id)
    if who is None:
        raise Refusal("draw.not_a_contributor")
    made = protocol.commitment(bytes.fromhex(seen.digest), who, bytes.fromhex(nonce))
    async with unit(request) as work:
        await place_commit(work, draw_id, commitment=made.hex())
    return render(request, "draws/keep.html", draw=seen, nonce=nonce, commitment=made.hex())


async def reveal(request: Request) -> Response:
    """Take the number behind a commitment."""
    form = await read_form(request, Revealing)
    draw_id = DrawId(path_id(request))
    async with unit(request) as work:
        await place_reveal(work, draw_id, nonce=nonce_of(form.secret))
    return see_other(f"/draws/{draw_id}", said=n_("随机数已公布。"))


async def supervision_page(request: Request) -> Response:
    """The supervisor's desk: the draws of the court, and what is asked of him about them."""
    actor = only(request, Role.SUPERVISOR)
    now = database_of(request).clock.now()
    async with reading(request) as session:
        lines = await draws.listed(session, actor.court_id)
        asked = [
            one for one in await open_requests(session, actor, now) if one.action in ABOUT_DRAWS
        ]
    rulings = {line.id for line in lines if line.void_ruling}
    return render(request, "draws/supervision.html", lines=lines, asked=asked, rulings=rulings)


async def void_ruling(request: Request) -> Response:
    """The ruling handed in with the request to void a draw, for the supervisor of its court."""
    actor = only(request, Role.SUPERVISOR)
    draw_id = DrawId(path_id(request))
    async with reading(request) as session:
        lines = await draws.listed(session, actor.court_id)
    digest = next((line.void_ruling for line in lines if line.id == draw_id), "")
    return file_answer(await request.state.files.get(digest), f"ruling-{draw_id}")


def nonce_of(text: str) -> str:
    """64 hex digits as they are; anything else, such as thrown dice, by its SHA-256."""
    plain = text.strip()
    if _HEX64.fullmatch(plain.lower()):
        return plain.lower()
    return hashlib.sha256(plain.encode()).hexdigest()


ROUTES: list[BaseRoute] = [
    Route("/draws", list_page),
    Route("/draws/{id}", draw_page),
    Route("/draws/{id}/state.json", state),
    Route("/draws/{id}/transcript.json", transcript),
    Route("/draws/{id}/commit", commit, methods=["POST"]),
    Route("/draws/{id}/reveal", reveal, methods=["POST"]),
    Route("/supervision", supervision_page),
    Route("/supervision/draws/{id}/ruling", void_ruling),
]
