"""`luochui keys rotate` and `luochui keys erase`: the keys that personal data is sealed under."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import click
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, CaseState, Party
from auction.kernel.actor import SYSTEM, Role
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.law.periods import ends_at
from auction.law.rulebook import Rulebook
from auction.people.erasure import erase_person
from auction.people.person import RoleGrant
from auction.people.queries import person_named
from auction.store.commands import begin_key_rotation, end_key_rotation, rewrap_keys
from auction.store.database import Database
from bidding.registration import Registration

RETENTION: Final = "auction.data_retention"
_SENTENCES: Final = {
    "not_found": "Nobody here is called {id}.",
    "person.has_open_part": "This person has a part in a case that is not closed.",
    "person.records_kept": "The law keeps the records of this person's part until {until}.",
}
Say = Callable[[str], None]


def keys_group(settings: Callable[[], Settings]) -> click.Group:
    """Build the command group `keys`; `settings` is asked when one of its commands runs."""

    @click.group("keys", help="The keys that personal data is sealed under.")
    def keys() -> None:
        """The keys that personal data is sealed under."""

    @keys.command("rotate")
    def rotate_keys() -> None:
        """Make a new key in the key file and wrap every subject's key under it.

        The platform runs on meanwhile. Cut off, it is run again and goes on. Copy the key file
        to its safe place before and after; a backup of the database opens with the key file of
        its day.
        """
        asyncio.run(_with_database(settings(), lambda database: rotate(database, click.echo)))

    @keys.command("erase")
    @click.argument("username")
    def erase_one(username: str) -> None:
        """Destroy the key of USERNAME, for good, unless the law keeps his records."""
        try:
            asyncio.run(_with_database(settings(), lambda database: erase(database, username)))
        except Refusal as no:
            said = _SENTENCES.get(no.code, no.code)
            raise click.ClickException(said.format(**no.facts)) from no
        click.echo("keys: erased; nothing sealed under this person's key can be read any more")

    return keys


async def rotate(database: Database, say: Say) -> None:
    """Rotate the key outside the database: begin, wrap anew batch by batch, end."""
    async with database.unit(SYSTEM) as work:
        current = await begin_key_rotation(work)
    say(f"keys: {current} is current")
    done, is_over = 0, False
    while not is_over:
        while count := await _rewrap(database):
            done += count
            say(f"keys: {done} wrapped anew")
        async with database.unit(SYSTEM) as work:
            is_over = await end_key_rotation(work)
    say("keys: the older key is in use nowhere and has left the file")


async def _rewrap(database: Database) -> int:
    async with database.unit(SYSTEM) as work:
        return await rewrap_keys(work)


async def erase(database: Database, username: str) -> None:
    """Erase a person, unless he has a part in something or its records must be kept."""
    rules = await database.rulebook()
    async with database.unit(SYSTEM) as work:
        found = await person_named(work.session, username)
        kept_until = await records_kept_until(work.session, found.id, rules)
        await erase_person(work, found.id, kept_until=kept_until)


async def records_kept_until(
    session: AsyncSession, person_id: UUID, rules: Rulebook
) -> datetime | None:
    """How long the law keeps what somebody had a part in (网拍29); None without any part.

    Refuses with `person.has_open_part` while a case of his is not closed.
    """
    own = select(Party.case_id).where(Party.person_id == person_id)
    is_open = exists().where(Case.id.in_(own), Case.state != CaseState.CLOSED)
    if await session.scalar(select(is_open)):
        raise Refusal("person.has_open_part")
    staff = RoleGrant.role.not_in([Role.BIDDER])
    asked = (
        select(func.max(Party.added_at)).where(Party.person_id == person_id),
        select(func.max(Registration.applied_at)).where(Registration.person_id == person_id),
        select(func.max(func.coalesce(RoleGrant.revoked_at, RoleGrant.granted_at))).where(
            RoleGrant.person_id == person_id, staff
        ),
    )
    times = [at for one in asked if (at := await session.scalar(one)) is not None]
    return ends_at(max(times), rules.rule(RETENTION)) if times else None


async def _with_database(settings: Settings, act: Callable[[Database], Awaitable[None]]) -> None:
    database = Database(settings, application="luochui-keys")
    try:
        await act(database)
    finally:
        await database.close()
