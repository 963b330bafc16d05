import json
import stat
from pathlib import Path

from sqlalchemy import func, select

from auction.people.credentials import Passwords
from auction.people.organisation import OrganisationKind
from auction.people.person import Person
from auction.people.queries import actor_of, authenticate, is_staff_of, organisations, person_named
from auction.store.database import Database
from valuation.roster import RosterEntry
from workers.demo.cast import COURT
from workers.demo.seed import seed


async def test_everybody_can_sign_in_and_a_second_seed_adds_nothing(
    database: Database, tmp_path: Path
) -> None:
    await seed(database, tmp_path)
    await seed(database, tmp_path)
    place = tmp_path / "accounts.json"
    accounts = json.loads(place.read_text())
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Person)) == len(accounts)
        assert len(await organisations(session, OrganisationKind.AGENCY)) == 12
        assert await session.scalar(select(func.count()).select_from(RosterEntry)) == 24
        passwords = Passwords()
        person_id = await authenticate(
            session, passwords, username="officer", password=accounts["officer"]["password"]
        )
        passwords.close()
        assert (await actor_of(session, person_id)).court_id == COURT


async def test_the_insider_counts_as_staff_and_a_bidder_does_not(
    database: Database, tmp_path: Path
) -> None:
    await seed(database, tmp_path)
    async with database.reading() as session:
        insider = await person_named(session, "insider")
        bidder = await person_named(session, "bidder1")
        assert await is_staff_of(session, insider.id, COURT)
        assert not await is_staff_of(session, bidder.id, COURT)
