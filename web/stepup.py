"""Step-up: money, approvals and openings ask a person to prove anew that it is them.

Nothing is lost on the way: the page that asks carries the whole form, and its answer goes to
where the form was going.
"""

from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people.credentials import Factor, new_token
from auction.people.factors import Purpose
from auction.people.passkeys import use_passkey
from auction.people.proving import (
    FactorKey,
    answer_code,
    challenge_of,
    factors_of,
    open_challenge,
    prove_again,
)
from auction.people.queries import SignInView, password_matches
from web.pages.account.factors import passkey_options, site_of
from web.signin import is_proven_lately, visit_of
from web.views import Trouble, render
from web.wiring import database_of, reading, unit

FRESH: Final = frozenset(
    {
        # money
        "/finance/orders/send",
        "/finance/orders/{number}/fail",
        "/finance/lines/{id}/claim",
        "/finance/lines/{id}/refund",
        "/court/plans/{id}/orders",
        "/court/plan-lines/{id}/order",
        "/court/parties/{id}/account",
        # approvals
        "/court/listings/{id}/vote",
        "/court/listings/{id}/publish",
        "/court/listings/{id}/resume",
        "/court/live/{id}/resume",
        "/court/plans/{id}/propose",
        "/approvals/{id}/approve",
        "/approvals/{id}/reject",
        "/court/sales/{id}/ruling",
        "/court/sales/{id}/default",
        "/court/priority/{id}",
        "/admin/people/{id}/roles",
        "/admin/people/{id}/roles/revoke",
        "/admin/people/{id}/sign-ins/end",
        "/admin/people/{id}/representative",
        "/admin/organisations",
        "/admin/organisations/{id}/members",
        # openings
        "/supervision/openings",
        "/supervision/openings/{id}/show",
        "/court/assets/{id}/originals",
        "/court/lots/{id}/valuation/{assignment}/draw",
        "/court/draws/{id}/void",
        # personal data in full
        "/admin/people/{id}/full",
        "/court/parties/{id}/full",
        "/finance/lines/{id}/full",
        "/finance/orders/{number}/full",
        # one's own ways to sign in
        "/account/password/begin",
        "/account/generator",
        "/account/generator/drop",
        "/account/mail",
        "/account/passkeys",
        "/account/passkeys/{id}/drop",
    }
)
"""The paths of forms that want their person to have proven to be there lately."""
OWN_FIELDS: Final = frozenset({"csrf", "one_time_code", "step_up", "own_password", "proof"})


async def ask_again(request: Request) -> Response | None:
    """The page that asks for a proof; None when there is a fresh one, or nobody is signed in."""
    sign_in = visit_of(request).sign_in
    if sign_in is None or is_proven_lately(request, sign_in):
        return None
    form = await request.form()
    secret = str(form.get("step_up", ""))
    factor = await _answer(request, sign_in, secret) if secret else None
    if factor is not None:
        async with unit(request) as work:
            await prove_again(work, sign_in.id, factor=factor)
        return None
    return await _page(request, sign_in, "signin.code_wrong" if secret else "signin.prove_again")


async def _answer(request: Request, sign_in: SignInView, secret: str) -> Factor | None:
    """What the person proved to be there with, if the answer is right."""
    form, now = await request.form(), database_of(request).clock.now()
    async with reading(request) as session:
        challenge = await challenge_of(session, secret, Purpose.STEP_UP, now)
        factors = await factors_of(session, sign_in.person.id)
        if challenge is None or challenge.person_id != sign_in.person.id:
            return None
        if not factors.is_asked:
            told = str(form.get("own_password", ""))
            is_right = await password_matches(
                session, request.state.passwords, person_id=sign_in.person.id, password=told
            )
            if is_right:
                return Factor.PASSWORD
    if str(form.get("proof", "")) and factors.passkeys:
        return await _answer_by_passkey(request, sign_in, str(form.get("proof", "")))
    async with unit(request) as work:
        return await answer_code(
            work,
            challenge.id,
            code=str(form.get("one_time_code", "")),
            key=request.state.factor_key,
            is_shown=request.state.shows_code and factors.is_asked,
        )


async def _answer_by_passkey(request: Request, sign_in: SignInView, reply: str) -> Factor | None:
    site = site_of(request)
    if site is None:
        return None
    try:
        async with unit(request) as work:
            found = await use_passkey(
                work, reply=reply, about=_about(sign_in), site=site, key=_key(request)
            )
    except Refusal:
        return None
    return Factor.PASSKEY if found == sign_in.person.id else None


def _about(sign_in: SignInView) -> str:
    return f"prove {sign_in.id}"


async def _page(request: Request, sign_in: SignInView, code: str) -> Response:
    form, key = await request.form(), _key(request)
    secret = new_token()
    async with unit(request) as work:
        challenge_id = await open_challenge(
            work, purpose=Purpose.STEP_UP, person_id=PersonId(sign_in.person.id), secret=secret
        )
        factors = await factors_of(work.session, sign_in.person.id)
    kept = [
        (name, text)
        for name, text in form.multi_items()
        if isinstance(text, str) and name not in OWN_FIELDS
    ]
    request.state.trouble = Trouble.of(401, code, request)
    return render(
        request,
        "account/step_up.html",
        status=401,
        kept_fields=kept,
        step_up=secret,
        factors=factors,
        passkey=passkey_options(request, _about(sign_in)) if factors.passkeys else "",
        shown=key.shown_code(challenge_id) if request.state.shows_code and factors.is_asked else "",
        has_files=any(isinstance(item, UploadFile) for _, item in form.multi_items()),
    )


def _key(request: Request) -> FactorKey:
    key: FactorKey = request.state.factor_key
    return key
