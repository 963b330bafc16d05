"""People of the valuation's stage with accounts, so that tests can sign them in."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.ids import OrganisationId
from auction.people.commands import Enrolment, enroll_person, found_organisation, grant_role
from auction.people.credentials import Credential, Passwords
from auction.people.organisation import OrganisationKind
from auction.people.person import Person, PersonKind
from tests.valuation.stage import Stage, made
from tests.web.browser import Browser
from tests.web.conftest import NewBrowser
from workers.demo.cast import AGENCIES, resident

PASSWORD = "a password for tests"
SignIn = Callable[[str], Awaitable[Browser]]

_COURT_STAFF = ("officer", "supervisor")
_PUBLIC = ("applicant", "respondent", "stranger")


async def enrol(stage: Stage, *agencies: int) -> None:
    """Give court staff a password, enter parties and agencies' staff; the court must be there."""
    passwords = Passwords()
    digest = await passwords.hash(PASSWORD)
    passwords.close()
    for serial, username in enumerate(_PUBLIC, start=200):
        await _enter(stage, username, serial, digest)
    for username in _COURT_STAFF:
        async with stage.by(SYSTEM) as work:
            (await work.lock(Person, made(username))).username = username
            (await work.lock(Credential, made(username))).password_hash = digest
    for number in agencies:
        founded = AGENCIES[number - 1]
        async with stage.by(SYSTEM) as work:
            await found_organisation(
                work,
                made(f"agency{number}"),
                kind=OrganisationKind.AGENCY,
                name=founded.name,
                code=founded.code,
            )
        await _enter(stage, f"staff{number}", 300 + number, digest)
        async with stage.by(SYSTEM) as work:
            organisation_id = OrganisationId(made(f"agency{number}"))
            await grant_role(
                work, made(f"staff{number}"), role=Role.AGENCY, organisation_id=organisation_id
            )


async def _enter(stage: Stage, username: str, serial: int, digest: str) -> UUID:
    enrolment = Enrolment(
        username=username,
        kind=PersonKind.NATURAL,
        name=f"某{username}",
        identity_number=resident(serial),
        password_hash=digest,
    )
    async with stage.by(SYSTEM) as work:
        return await enroll_person(work, made(username), enrolment=enrolment)


@pytest.fixture
def signed_in(new_browser: NewBrowser) -> SignIn:
    """Signs somebody in anew: the stage's clock may have ended an earlier sign-in."""

    async def sign_in(username: str) -> Browser:
        browser = new_browser()
        form = {"username": username, "password": PASSWORD}
        answer = await browser.submit("/sign-in", "sign-in", form)
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in
