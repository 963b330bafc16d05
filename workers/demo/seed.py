"""Put the made-up court, organisations and people into a database; a second time adds nothing."""

import json
import os
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.ids import OrganisationId
from auction.people.commands import (
    Enrolment,
    enroll_person,
    found_court,
    found_organisation,
    grant_role,
)
from auction.people.credentials import Passwords
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import Person
from auction.store.database import Database
from auction.store.unit import Unit
from valuation.commands.roster import Listing, list_agency
from valuation.roster import Field
from workers.demo.cast import (
    COURT,
    COURT_NAME,
    COURT_STAFF,
    ORGANISATIONS,
    PUBLIC,
    REGION,
    Played,
    organisation_staff,
)

ACCOUNTS_FILE = "accounts.json"
PASSWORD_BYTES = 12


async def seed(database: Database, state: Path) -> None:
    """Enter everybody, and leave their accounts in `state`/accounts.json, readable by us only."""
    everybody = (*COURT_STAFF, *organisation_staff(), *PUBLIC)
    password = _password(state, everybody)
    passwords = Passwords()
    try:
        password_hash = await passwords.hash(password)
    finally:
        passwords.close()
    async with database.unit(SYSTEM) as work:
        await _found(work)
    async with database.unit(SYSTEM) as work:
        await _list_agencies(work)
    for played in everybody:
        async with database.unit(SYSTEM) as work:
            await _enter(work, played, password_hash)


def _password(state: Path, everybody: tuple[Played, ...]) -> str:
    """The password of all accounts of this database, made once and written before it is used."""
    place = state / ACCOUNTS_FILE
    if place.exists():
        told: dict[str, dict[str, str]] = json.loads(place.read_text())
        return next(iter(told.values()))["password"]
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    accounts = {
        played.username: {"password": password, "name": played.name, "note": played.note}
        for played in everybody
    }
    state.mkdir(parents=True, exist_ok=True)
    opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w") as file:
        file.write(json.dumps(accounts, ensure_ascii=False, indent=1) + "\n")
    return password


async def _found(work: Unit) -> None:
    if await work.session.get(Court, COURT) is None:
        await found_court(work, COURT, name=COURT_NAME)
    known = set(await work.session.scalars(select(Organisation.credit_code)))
    for founded in ORGANISATIONS:
        if founded.code not in known:
            await found_organisation(
                work, work.new_id(), kind=founded.kind, name=founded.name, code=founded.code
            )


async def _list_agencies(work: Unit) -> None:
    """Put every agency into the real estate and the assets rosters (参考价15)."""
    known = await work.session.scalars(
        select(Organisation).where(Organisation.kind == OrganisationKind.AGENCY)
    )
    for agency in known.all():
        for field in (Field.REAL_ESTATE, Field.ASSETS):
            listing = Listing(agency.id, agency.credit_code, agency.name, field, REGION)
            await list_agency(work, listing=listing)


async def _enter(work: Unit, played: Played, password_hash: str) -> None:
    known = await work.session.scalar(select(Person.id).where(Person.username == played.username))
    if known is not None:
        return
    enrolment = Enrolment(
        username=played.username,
        kind=played.kind,
        name=played.name,
        identity_number=played.number,
        password_hash=password_hash,
    )
    person_id = await enroll_person(work, work.new_id(), enrolment=enrolment)
    await work.session.flush()
    if played.role is not None:
        organisation_id = await _organisation_id(work.session, played.organisation)
        is_of_court = played.role not in {Role.AGENCY, Role.REGISTRY, Role.TAX}
        await grant_role(
            work,
            person_id,
            role=played.role,
            court_id=COURT if is_of_court else None,
            organisation_id=organisation_id,
        )


async def _organisation_id(session: AsyncSession, code: str) -> OrganisationId | None:
    found = await session.scalar(select(Organisation.id).where(Organisation.credit_code == code))
    return OrganisationId(found) if found else None
