"""Everybody who may come to the door: each role at the stage's court and at another, and nobody."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx2
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.people.commands import sign_in
from auction.people.credentials import Factor, SignIn
from auction.people.identity import check_digit
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import Person, RoleGrant
from auction.store.database import Database
from auction.store.unit import Unit
from tests import finance, sales
from tests.builders import ELSEWHERE, a_person
from tests.valuation import stage
from tests.web.browser import ORIGIN

Form = Mapping[str, str | list[str] | bytes]

COURT = finance.COURT
COURT_ROLES = (
    Role.OFFICER, Role.PANEL, Role.SUPERVISOR, Role.FINANCE_CLERK, Role.FINANCE_APPROVER,
)  # fmt: skip
SUBJECT = UUID(int=sales.BANK.person_id.int if sales.BANK.person_id else 0)
"""A creditor who never signs in: whom administrators act upon."""


def _at(serial: int, role: Role, court_id: CourtId) -> Actor:
    return Actor(PersonId(UUID(int=serial)), frozenset({role}), court_id)


def _for(serial: int, role: Role, organisation: int) -> Actor:
    organisation_id = OrganisationId(UUID(int=organisation))
    return Actor(PersonId(UUID(int=serial)), frozenset({role}), organisation_id=organisation_id)


def cast(agency: Actor, other_agency: Actor) -> Mapping[str, Actor | None]:
    """Who asks, by the names that the table uses. The agencies are known once a draw was held."""
    home = {
        "officer": sales.OFFICER, "panel": sales.PANEL,
        "supervisor": sales.SUPERVISOR,
        "clerk": sales.CLERK, "approver": sales.APPROVER,
    }  # fmt: skip
    away = {
        f"{name} elsewhere": _at(121 + n, next(iter(actor.roles)), ELSEWHERE)
        for n, (name, actor) in enumerate(home.items())
    }
    return {
        "visitor": None,
        "buyer": sales.BUYER, "creditor": sales.APPLICANT, "debtor": sales.DEBTOR,
        "claimant": stage.APPLICANT, "stranger": sales.STRANGER,
        **home, **away,
        "agency": agency, "other agency": other_agency,
        "registry": sales.REGISTRY, "other registry": _for(131, Role.REGISTRY, 203),
        "bureau": sales.BUREAU, "other bureau": _for(132, Role.TAX, 204),
        "administrator": Actor(PersonId(UUID(int=133)), frozenset({Role.ADMINISTRATOR})),
    }  # fmt: skip


async def enrol(database: Database, people: Mapping[str, Actor | None]) -> None:
    """Enter everybody who is not there yet, with their court or organisation and their roles."""
    async with database.unit(SYSTEM) as work:
        if await work.session.get(Court, ELSEWHERE) is None:
            work.add(Court(id=ELSEWHERE, name="别处市人民法院（演示）"))
        for serial, (name, actor) in enumerate(people.items(), start=500):
            if actor is not None and actor.person_id is not None:
                await _enter(work, serial, name, actor, actor.person_id)


async def _enter(work: Unit, serial: int, name: str, actor: Actor, person_id: PersonId) -> None:
    if await work.session.get(Person, person_id) is None:
        first = f"99010119800101{serial:03d}"
        await a_person(work, person_id, f"某{name}", first + check_digit(first))
    organisation_id = actor.organisation_id
    if organisation_id and await work.session.get(Organisation, organisation_id) is None:
        work.add(
            Organisation(
                id=organisation_id, kind=OrganisationKind(next(iter(actor.roles)).value),
                name=f"机构{serial}", credit_code=f"organ{serial}", enrolled_at=work.now,
            )
        )  # fmt: skip
    await work.session.flush()
    held = select(RoleGrant.role).where(RoleGrant.person_id == person_id)
    for role in actor.roles - set(await work.session.scalars(held)):
        work.add(
            RoleGrant(
                id=work.new_id(), person_id=person_id, role=role, court_id=actor.court_id,
                organisation_id=organisation_id, granted_at=work.now, revoked_at=None,
            )
        )  # fmt: skip


@dataclass(slots=True)
class Caller:
    """One of the cast with a browser; signed in anew whenever the sign-in was ended."""

    name: str
    actor: Actor | None
    client: httpx2.AsyncClient
    database: Database
    secret: str = ""
    sign_in_id: UUID | None = None

    @property
    def form_token(self) -> str:
        """What the forms of this browser carry."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    async def enter(self) -> None:
        """Sign in, having just proven to be there, unless that holds already."""
        if self.secret and (self.actor is None or await self._is_in()):
            return
        self.secret = secrets.token_urlsafe(32)
        if self.actor is None:
            self.client.cookies.set("visitor", self.secret)
            return
        assert self.actor.person_id is not None
        async with self.database.unit(VISITOR) as work:
            self.sign_in_id = await sign_in(
                work,
                work.new_id(),
                person_id=self.actor.person_id,
                token=self.secret,
                browser=self.name,
                factor=Factor.TOTP,
            )
        self.client.cookies.set("signin", self.secret)

    async def _is_in(self) -> bool:
        async with self.database.reading() as session:
            found = await session.get(SignIn, self.sign_in_id)
        return found is not None and found.is_live(self.database.clock.now())

    async def get(self, path: str) -> httpx2.Response:
        """Ask for a page."""
        return await self.client.get(path)

    async def post(self, path: str, form: Form) -> httpx2.Response:
        """Send a form as one of our own pages would."""
        fields = {name: value for name, value in form.items() if not isinstance(value, bytes)}
        files = {
            name: ("f", value, "application/octet-stream")
            for name, value in form.items()
            if isinstance(value, bytes)
        }
        return await self.client.post(
            path,
            data={"csrf": self.form_token, **fields},
            files=files or None,
            headers={"origin": ORIGIN, "sec-fetch-site": "same-origin"},
        )
