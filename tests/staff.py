"""Actors of tests with accounts and live roles behind them, as four eyes ask for."""

from sqlalchemy import func, select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import PersonId
from auction.people.approvals.request import Representation
from auction.people.commands import Enrolment, enroll_person, found_court, grant_role
from auction.people.organisation import Court
from auction.people.person import Person, PersonKind, RoleGrant
from auction.store.database import Database
from auction.store.unit import Unit
from workers.demo.cast import credit, resident

SERIAL = 500
"""Made-up numbers from here on belong to these people."""


async def employ(database: Database, *actors: Actor) -> None:
    """Give each actor an account, if he has none, and every role he acts in."""
    async with database.unit(SYSTEM) as work:
        for actor in actors:
            await _employ(work, actor)


async def _employ(work: Unit, actor: Actor) -> None:
    assert actor.person_id is not None
    if await work.session.get(Person, actor.person_id) is None:
        await _enrol(work, actor.person_id, PersonKind.NATURAL)
    if actor.court_id and await work.session.get(Court, actor.court_id) is None:
        await found_court(work, actor.court_id, name="某人民法院")
    held = await work.session.scalars(
        select(RoleGrant.role).where(RoleGrant.person_id == actor.person_id)
    )
    for role in sorted(actor.roles - {Role.VISITOR, *held}):
        await grant_role(
            work, actor.person_id, role=role, court_id=actor.court_id,
            organisation_id=actor.organisation_id,
        )  # fmt: skip
        await work.session.flush()


async def employ_firm(database: Database, actor: Actor, *, natural: Actor | None = None) -> None:
    """Give the account of a legal person the actor's roles; `natural` acts for it."""
    assert actor.person_id is not None
    async with database.unit(SYSTEM) as work:
        await _enrol(work, actor.person_id, PersonKind.LEGAL)
    await employ(database, actor)
    if natural is not None:
        async with database.unit(SYSTEM) as work:
            assert natural.person_id is not None
            row = Representation(
                account_id=actor.person_id, natural_id=natural.person_id, named_at=work.now
            )
            work.add(row)


async def _enrol(work: Unit, person_id: PersonId, kind: PersonKind) -> None:
    serial = SERIAL + (await work.session.scalar(select(func.count()).select_from(Person)) or 0)
    enrolment = Enrolment(
        username=f"staff{serial}",
        kind=kind,
        name=f"某人{serial}",
        identity_number=resident(serial) if kind is PersonKind.NATURAL else credit(serial),
        password_hash="no password",
    )
    await enroll_person(work, person_id, enrolment=enrolment)
    await work.session.flush()
