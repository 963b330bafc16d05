import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, CourtId, PersonId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from bidding import sealing
from bidding.admission import admit, qualify_registrations
from bidding.commands import close_session
from bidding.openings.commands import open_identity, propose_opening
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from tests.bidding.halls import AHall, a_hall, a_placed_bid, place
from tests.builders import an_actor
from tests.conftest import Server
from tests.staff import employ
from workers.signers import sealer
from workers.signers.key_folder import KeyFolder

Execute = Callable[[str], Awaitable[None]]
PRIVATE = bytes(range(32))
ID = RegistrationId(UUID("018f0000-0000-7000-8000-000000000001"))
ME = Actor(PersonId(ID), frozenset({Role.BIDDER}))


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


async def a_registration(database: Database, hall: AHall, state: RegistrationState) -> None:
    async with database.unit(SYSTEM) as work:
        work.add(
            Registration(
                id=ID,
                subject_key=await work.subject_key(ID),
                listing_id=hall.listing_id,
                court_id=CourtId("浙0199"),
                person_id=PersonId(ID),
                state=state,
                capacity=Capacity.SELF,
                applied_at=work.now,
                priority=PriorityState.NONE,
                priority_ground="",
                public_key=sealing.public_key_of(PRIVATE),
                password_salt=bytes(16),
            )
        )


async def issued(database: Database, keys: KeyFolder, server: Server, hall: AHall) -> str:
    """A code issued by the sealer, opened by its bidder, who came into the hall."""
    await a_registration(database, hall, RegistrationState.DEPOSIT_HELD)
    told = await sealer.issue(keys, server.sealer_url, {"registration_id": str(ID)})
    async with database.unit(SYSTEM) as work:
        await qualify_registrations(work, boxes={ID: bytes.fromhex(told["sealed_code"])})
    async with database.unit(ME) as work:
        return await admit(work, ID, private_key=PRIVATE, secret=bytes(32))


async def opened(keys: KeyFolder, server: Server, hall: AHall, code: str) -> str:
    question = {"listing_id": str(hall.listing_id), "code": code}
    return (await sealer.unseal(keys, server.sealer_url, question))["registration_id"]


async def opened_all(keys: KeyFolder, server: Server, codes: list[list[str]]) -> list[str]:
    question = {"codes": json.dumps(codes)}
    told = await sealer.unseal_all(keys, server.sealer_url, question)
    return list(json.loads(told["registration_ids"]))


class TestIssuing:
    async def test_seals_the_code_to_the_bidder_and_two_are_never_alike(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder
    ) -> None:
        hall = await a_hall(database, as_owner)
        await a_registration(database, hall, RegistrationState.DEPOSIT_HELD)
        question = {"registration_id": str(ID)}
        first = await sealer.issue(keys, server.sealer_url, question)
        second = await sealer.issue(keys, server.sealer_url, question)
        about = sealing.about_code(str(hall.listing_id), str(ID))
        codes = {
            sealing.unseal(PRIVATE, bytes.fromhex(told["sealed_code"]), about=about).decode()
            for told in (first, second)
        }
        assert len(codes) == 2
        assert all(len(code) == sealing.CODE_LENGTH for code in codes)
        assert set(first) == {"sealed_code"}  # the worker that asks never learns the code

    async def test_leaves_one_row_in_which_no_code_can_be_read(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder
    ) -> None:
        hall = await a_hall(database, as_owner)
        code = await issued(database, keys, server, hall)
        owner = await asyncpg.connect(server.owner_url)
        (row,) = await owner.fetch("SELECT * FROM code_holder")
        await owner.close()
        assert row["registration_id"] == ID
        assert code.encode() not in row["tag"]

    @pytest.mark.parametrize(
        "state", [state for state in RegistrationState if state != RegistrationState.DEPOSIT_HELD]
    )
    async def test_is_refused_unless_the_deposit_is_held(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder,
        state: RegistrationState,
    ) -> None:  # fmt: skip
        hall = await a_hall(database, as_owner)
        await a_registration(database, hall, state)
        with pytest.raises(Refusal, match="not_ready"):
            await sealer.issue(keys, server.sealer_url, {"registration_id": str(ID)})

    async def test_of_an_unknown_registration_is_refused(
        self, database: Database, server: Server, keys: KeyFolder
    ) -> None:
        del database
        with pytest.raises(Refusal, match="not_found"):
            await sealer.issue(keys, server.sealer_url, {"registration_id": str(ID)})


class TestOpening:
    async def test_waits_for_the_close_whoever_asks(
        self,
        database: Database,
        server: Server,
        as_owner: Execute,
        clock: FrozenClock,
        keys: KeyFolder,
    ) -> None:
        hall = await a_hall(database, as_owner, lasts=timedelta(hours=1))
        code = await issued(database, keys, server, hall)
        await place(database, hall, a_placed_bid(database, 1000, code))
        with pytest.raises(Refusal, match="session_not_closed"):
            await opened(keys, server, hall, code)
        clock.advance(timedelta(hours=2))
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        assert await opened(keys, server, hall, code) == str(ID)
        assert await opened_all(keys, server, [[str(hall.listing_id), code]] * 2) == [str(ID)] * 2

    async def test_of_many_is_refused_for_one_that_is_not_closed(
        self, *, database: Database, server: Server, as_owner: Execute, clock: FrozenClock,
        keys: KeyFolder,
    ) -> None:  # fmt: skip
        hall = await a_hall(database, as_owner, lasts=timedelta(hours=1))
        code = await issued(database, keys, server, hall)
        await place(database, hall, a_placed_bid(database, 1000, code))
        other = await a_hall(database, as_owner, lasts=timedelta(days=2))
        clock.advance(timedelta(hours=2))
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        asked = [[str(hall.listing_id), code], [str(other.listing_id), code]]
        with pytest.raises(Refusal, match="session_not_closed"):
            await opened_all(keys, server, asked)

    @pytest.mark.parametrize(
        "codes", ["", "{}", '[["a"]]', '[["not-an-id", "A1"]]', json.dumps([["", ""]] * 201)]
    )
    async def test_of_many_that_is_not_a_list_of_codes_is_a_bad_question(
        self, keys: KeyFolder, codes: str
    ) -> None:
        with pytest.raises(ValueError, match=r"list|listing_id|Expecting|badly formed"):
            await sealer.unseal_all(keys, "postgresql://nobody@127.0.0.1:1/none", {"codes": codes})

    async def test_is_refused_to_a_sealer_with_another_key(
        self,
        database: Database,
        server: Server,
        as_owner: Execute,
        clock: FrozenClock,
        tmp_path: Path,
    ) -> None:
        keys = KeyFolder(tmp_path / "one")
        hall = await a_hall(database, as_owner, lasts=timedelta(hours=1))
        code = await issued(database, keys, server, hall)
        await place(database, hall, a_placed_bid(database, 1000, code))
        clock.advance(timedelta(hours=2))
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        with pytest.raises(Refusal, match="not_found"):
            await opened(KeyFolder(tmp_path / "other"), server, hall, code)

    async def test_believes_no_row_that_says_closed_without_the_journal(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder
    ) -> None:
        hall = await a_hall(database, as_owner)
        code = await issued(database, keys, server, hall)
        await place(database, hall, a_placed_bid(database, 1000, code))
        await as_owner(f"UPDATE sessions SET state = 'sold' WHERE id = '{hall.session_id}'")
        with pytest.raises(Refusal, match="session_not_closed"):
            await opened(keys, server, hall, code)

    async def test_finds_whose_a_code_is_that_was_issued_with_its_box_in_the_hall(
        self, *, database: Database, server: Server, as_owner: Execute, clock: FrozenClock,
        keys: KeyFolder,
    ) -> None:  # fmt: skip
        hall = await a_hall(database, as_owner, lasts=timedelta(hours=1))
        about = sealing.about_registration(str(hall.listing_id), "A1")
        public = sealing.public_key_of(keys.secret(sealer.KEY_NAME))
        box = sealing.seal(public, ID.bytes, about=about, ephemeral=PRIVATE)
        await as_owner(
            f"UPDATE hall_code SET sealed_registration = '\\x{box.hex()}' WHERE code = 'A1'"
        )
        await place(database, hall, a_placed_bid(database, 1000, "A1"))
        clock.advance(timedelta(hours=2))
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        assert await opened(keys, server, hall, "A1") == str(ID)
        await as_owner(r"UPDATE hall_code SET sealed_registration = '\x00' WHERE code = 'A1'")
        with pytest.raises(Refusal, match="box_broken"):
            await opened(keys, server, hall, "A1")

    async def test_says_so_when_the_database_is_away(self, keys: KeyFolder) -> None:
        question = {"listing_id": str(ID), "code": "ABCD2345"}
        with pytest.raises(Refusal, match="database_away"):
            await sealer.unseal(keys, "postgresql://nobody@127.0.0.1:1/none", question)

    async def test_waits_for_a_silent_database_no_longer_than_its_asker(
        self, database: Database, server: Server, keys: KeyFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert database  # it is there
        monkeypatch.setattr(sealer, "ANSWER_SECONDS_MAX", 2.0)
        holding = await asyncpg.connect(server.owner_url)
        await holding.execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        question = {"listing_id": str(ID), "code": "ABCD2345"}
        with pytest.raises(Refusal, match="database_away"):
            await sealer.unseal(keys, server.sealer_url, question)
        await holding.close()


FIRST = an_actor(Role.SUPERVISOR, 71, CourtId("浙0199"))
SECOND = an_actor(Role.SUPERVISOR, 72, CourtId("浙0199"))


async def asked_for(database: Database, hall: AHall, code: str) -> tuple[str, str]:
    """An opening that one supervisor asked for; its id, and the digest of what he asked."""
    await employ(database, FIRST, SECOND)
    async with database.unit(FIRST) as work:
        request = await propose_opening(
            work, work.new_id(), listing_id=hall.listing_id, code=BidderCode(code),
            reason="举报围标",
        )  # fmt: skip
        return str(request.subject), request.payload_hash


class TestOpeningByTwoSupervisors:
    async def test_is_believed_once_it_is_on_record_and_tells_whose_the_code_is(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder
    ) -> None:
        hall = await a_hall(database, as_owner)
        code = await issued(database, keys, server, hall)
        opening, seen = await asked_for(database, hall, code)
        question = {"opening_id": opening}
        with pytest.raises(Refusal, match="opening_not_approved"):
            await sealer.unseal_approved(keys, server.sealer_url, question)
        async with database.unit(SECOND) as work:
            await open_identity(work, UUID(opening), seen=seen)
        told = await sealer.unseal_approved(keys, server.sealer_url, question)
        assert told == {"registration_id": str(ID)}
        with pytest.raises(Refusal, match="session_not_closed"):
            await opened(keys, server, hall, code)  # for everybody else nothing has changed

    async def test_a_row_that_says_it_was_opened_is_not_believed(
        self, database: Database, server: Server, as_owner: Execute, keys: KeyFolder
    ) -> None:
        hall = await a_hall(database, as_owner)
        code = await issued(database, keys, server, hall)
        opening, _ = await asked_for(database, hall, code)
        await as_owner(
            f"UPDATE identity_opening SET opened_by = '{ID}', opened_at = now()"
            f" WHERE id = '{opening}'"
        )
        with pytest.raises(Refusal, match="opening_not_approved"):
            await sealer.unseal_approved(keys, server.sealer_url, {"opening_id": opening})
