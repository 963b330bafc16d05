"""Signing up for a listing: one page of tasks, each done by its own act."""

import asyncio
import re
import secrets
from collections.abc import Collection
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases.case import PartyRole
from auction.cases.queries import parties_of_person
from auction.deposits.queries import DepositView, deposit_of
from auction.kernel.ids import ListingId
from auction.kernel.personal import mask_number
from auction.kernel.refusal import Refusal
from auction.law.warnings import SPECIAL_WARNINGS, VERSION
from auction.ledger.virtual import BANK_NAME, account_holder
from auction.listings.listing import Listing, ListingState
from auction.people.credentials import Credential, Passwords
from auction.people.person import PersonKind
from auction.people.queries import court
from bidding import enrolment
from bidding.eligibility import commands as eligibility
from bidding.eligibility.commands import Named
from bidding.eligibility.participant import ParticipantKind
from bidding.eligibility.queries import due_of, participants_of
from bidding.enrolment import PasswordLock
from bidding.enrolment_queries import RegistrationView, registration_of
from bidding.queries import session_of_listing
from bidding.registration import RegistrationState
from bidding.sealing import SALT_BYTES, private_key_of, public_key_of
from bidding.undertakings import texts_of, undertakings_of
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.pages.account.demo import is_offered
from web.signin import visit_of
from web.views import render, see_other
from web.wiring import database_of, path_id, person_id_of, reading, unit

OVER = frozenset({ListingState.SOLD, ListingState.PASSED_IN, ListingState.WITHDRAWN})
SAID_PAY = n_("报名已提交，请按下列账号缴纳保证金")
PASSWORD_CHARS_MIN = 8
SHARE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?%?")
PPM_OF_A_PERCENT = 10_000
BOUND_ROLES = frozenset({PartyRole.APPLICANT, PartyRole.RESPONDENT})
"""Parties who may bid (拍变12) and are told beforehand what that does to their case."""


class Acknowledging(msgspec.Struct, frozen=True):
    """One text taken note of."""

    key: str
    version: str


class Naming(msgspec.Struct, frozen=True):
    """An agent or a joint buyer."""

    participant_kind: ParticipantKind
    person_kind: PersonKind
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=100)]
    identity_number: Annotated[str, msgspec.Meta(min_length=15, max_length=18)]
    share: Annotated[str, msgspec.Meta(max_length=6)] = ""
    """Per cent, of a joint buyer only."""


class TakingBack(msgspec.Struct, frozen=True):
    """Somebody named before."""

    id: UUID


class Claiming(msgspec.Struct, frozen=True):
    """A right of pre-emption claimed."""

    ground: Annotated[str, msgspec.Meta(min_length=2, max_length=300)]


class Submitting(msgspec.Struct, frozen=True):
    """The 参拍密码, typed twice."""

    room_password: Annotated[str, msgspec.Meta(min_length=PASSWORD_CHARS_MIN, max_length=100)]
    room_password_again: str


async def join_page(request: Request) -> Response:
    """The tasks of this person for this listing, and how far they are done."""
    listing_id, person_id = path_id(request, "listing"), person_id_of(request)
    deposit: DepositView | None = None
    now = database_of(request).clock.now()
    async with reading(request) as session:
        listing = _published(await session.get(Listing, listing_id))
        registration = await registration_of(session, listing_id, person_id)
        named = await participants_of(session, registration.id) if registration else []
        if registration:
            deposit = await deposit_of(session, registration.id)
        due = await due_of(session, listing, person_id)
        court_name = (await court(session, listing.court_id)).name
        parties = await parties_of_person(session, person_id)
        board = await session_of_listing(session, ListingId(listing_id))
    sign_in = visit_of(request).sign_in
    texts = texts_of(listing.conditions)
    given = registration.acknowledged if registration else {}
    return render(
        request,
        "registration/join.html",
        listing=listing,
        court_name=court_name,
        payee=account_holder(court_name),
        bank=BANK_NAME,
        has_demo=is_offered(request),
        registration=registration,
        deposit=deposit,
        is_over=listing.state in OVER or (board is not None and board.is_over),
        me=sign_in.person if sign_in else None,
        warnings=SPECIAL_WARNINGS,
        undertakings=undertakings_of(listing.conditions),
        due=due,
        named=[(one, mask_number(one.identity_number)) for one in named],
        may_name=now < listing.opens_at,
        version=VERSION,
        given=given,
        roles={party.role for party in parties if party.case_id == listing.case_id} & BOUND_ROLES,
        remaining=[text for text in texts if text.key not in given],
    )


async def start(request: Request) -> Response:
    """Begin to sign up."""
    listing_id = path_id(request, "listing")
    async with unit(request) as work:
        await enrolment.start_registration(work, work.new_id(), listing_id=listing_id)
    return see_other(_join(listing_id, "warnings"))


async def acknowledge(request: Request) -> Response:
    """Take note of one text."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, Acknowledging)
    registration = await _own(request, listing_id)
    async with unit(request) as work:
        await enrolment.acknowledge(work, registration.id, key=form.key, version=form.version)
        asked = (await work.load(Listing, listing_id)).conditions
    given = {*registration.acknowledged, form.key}
    return see_other(_join(listing_id, _next_text(asked, given)))


async def name_participant(request: Request) -> Response:
    """Name an agent or a joint buyer for the court to confirm."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, Naming)
    registration = await _own(request, listing_id)
    share = _share_ppm(form.share)
    named = Named(form.participant_kind, form.person_kind, form.name, form.identity_number, share)
    async with unit(request) as work:
        await eligibility.name_participant(
            work, work.new_id(), registration_id=registration.id, named=named
        )
    return see_other(_join(listing_id, "participants"), said=n_("已提交，等待法院确认"))


def _share_ppm(text: str) -> int | None:
    if not text:
        return None
    if SHARE.fullmatch(text) is None:
        raise FormErrors({"share": "participant.share_shape"})
    return int(Decimal(text.rstrip("%")) * PPM_OF_A_PERCENT)


async def withdraw_participant(request: Request) -> Response:
    """Take back somebody the court has not decided about."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, TakingBack)
    await _own(request, listing_id)
    async with unit(request) as work:
        await eligibility.withdraw_participant(work, form.id)
    return see_other(_join(listing_id, "participants"), said=n_("已撤回"))


async def claim_priority(request: Request) -> Response:
    """Claim a right of pre-emption."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, Claiming)
    registration = await _own(request, listing_id)
    async with unit(request) as work:
        await enrolment.claim_priority(work, registration.id, ground=form.ground)
    return see_other(_join(listing_id, "priority"), said=n_("已提交，等待合议庭确认"))


async def submit(request: Request) -> Response:
    """Hand in the registration with a 参拍密码; the deposit is opened."""
    listing_id = path_id(request, "listing")
    form = await read_form(request, Submitting)
    if form.room_password != form.room_password_again:
        raise FormErrors({"room_password_again": "registration.passwords_differ"})
    await _refuse_sign_in_password(request, form.room_password)
    registration = await _own(request, listing_id)
    salt = secrets.token_bytes(SALT_BYTES)
    private = await asyncio.to_thread(private_key_of, form.room_password, salt)
    lock = PasswordLock(salt, public_key_of(private))
    async with unit(request) as work:
        handed_in = await enrolment.register_bidder(work, registration.id, lock=lock)
    is_waived = handed_in.state is RegistrationState.DEPOSIT_HELD
    said = n_("报名已提交，无须交纳保证金") if is_waived else SAID_PAY
    return see_other(_join(listing_id, "deposit"), said=said)


async def _refuse_sign_in_password(request: Request, room_password: str) -> None:
    """Whoever learns the sign-in password must not open the bidder code with it too (网拍18)."""
    passwords: Passwords = request.state.passwords
    async with reading(request) as session:
        credential = await session.get(Credential, person_id_of(request))
    if credential and await passwords.matches(credential.password_hash, room_password):
        raise FormErrors({"room_password": "registration.password_of_sign_in"})


async def withdraw(request: Request) -> Response:
    """Step back before paying."""
    listing_id = path_id(request, "listing")
    registration = await _own(request, listing_id)
    async with unit(request) as work:
        await enrolment.withdraw_registration(work, registration.id)
    return see_other(f"/lots/{listing_id}", said=n_("已撤回报名"))


async def _own(request: Request, listing_id: UUID) -> RegistrationView:
    person_id = person_id_of(request)
    async with reading(request) as session:
        found = await registration_of(session, listing_id, person_id)
    if found is None:
        raise Refusal("not_found", what="registration", id=str(listing_id))
    return found


def _published(listing: Listing | None) -> Listing:
    if listing is None or listing.published_at is None:
        raise Refusal("not_found", what="listing", id="")
    return listing


def _join(listing_id: UUID, anchor: str) -> str:
    return f"/lots/{listing_id}/join#{anchor}"


def _next_text(conditions: Collection[str], given: set[str]) -> str:
    """Where the reader goes on: the next text without a note, or the password."""
    left = [text.key for text in texts_of(conditions) if text.key not in given]
    return f"text-{left[0]}" if left else "password"


ROUTES: list[BaseRoute] = [
    Route("/lots/{listing}/join", join_page),
    Route("/lots/{listing}/join", start, methods=["POST"]),
    Route("/lots/{listing}/join/acknowledge", acknowledge, methods=["POST"]),
    Route("/lots/{listing}/join/participants", name_participant, methods=["POST"]),
    Route("/lots/{listing}/join/participants/withdraw", withdraw_participant, methods=["POST"]),
    Route("/lots/{listing}/join/priority", claim_priority, methods=["POST"]),
    Route("/lots/{listing}/join/submit", submit, methods=["POST"]),
    Route("/lots/{listing}/join/withdraw", withdraw, methods=["POST"]),
]
