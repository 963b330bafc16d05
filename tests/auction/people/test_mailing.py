"""Letters: an address counts once it is confirmed, and a reset signs nobody in."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, sign_in
from auction.people.credentials import Credential, SignIn, new_token, token_digest
from auction.people.factors import Challenge, Purpose
from auction.people.mailing import (
    CONFIRM_LIFE,
    RESET_EVERY,
    RESET_LIFE,
    Letter,
    LetterKind,
    ask_reset,
    change_password,
    confirm_mail,
    give_mail_address,
    is_open,
    letters_of,
    mail_address,
    mail_of,
    mark_sent,
    reset_password,
)
from auction.people.person import PersonKind
from auction.people.proving import FactorKey
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from tests.conftest import NOON

ALICE = Enrolment("alice", PersonKind.NATURAL, "林小满", "11010519491231002x", "a hash")
ADDRESS = "alice@example.com"


class Desk:
    """One person, and the letters that she gets."""

    def __init__(self, database: Database, clock: FrozenClock, key: FactorKey) -> None:
        self.database, self.clock, self.key = database, clock, key
        self.person_id = PersonId(UUID(int=0))

    async def enrolls(self) -> None:
        async with self.database.unit(VISITOR) as work:
            self.person_id = await enroll_person(work, work.new_id(), enrolment=ALICE)

    async def gives(self, address: str = ADDRESS) -> str:
        """An address is given; returns the secret of the letter that confirms it."""
        self.clock.advance(timedelta(seconds=1))
        actor = Actor(self.person_id, frozenset({Role.BIDDER}))
        async with self.database.unit(actor) as work:
            await give_mail_address(work, self.person_id, address=address, key=self.key)
        return await self.last_secret()

    async def confirms(self, secret: str) -> None:
        async with self.database.unit(VISITOR) as work:
            await confirm_mail(work, secret=secret)

    async def asks(self, username: str = "alice") -> None:
        self.clock.advance(timedelta(seconds=1))
        async with self.database.unit(VISITOR) as work:
            await ask_reset(work, username=username, key=self.key)

    async def resets(self, secret: str) -> None:
        self.clock.advance(timedelta(seconds=1))
        async with self.database.unit(VISITOR) as work:
            await reset_password(work, secret=secret, password_hash="a new hash")

    async def signs_in(self) -> UUID:
        async with self.database.unit(VISITOR) as work:
            return await sign_in(
                work, work.new_id(), person_id=self.person_id, token=new_token(), browser="a phone"
            )

    async def changes(self, sign_in_id: UUID, *, person_id: PersonId | None = None) -> None:
        whose = person_id or self.person_id
        async with self.database.unit(Actor(self.person_id, frozenset({Role.BIDDER}))) as work:
            await change_password(work, whose, password_hash="a newer hash", sign_in_id=sign_in_id)

    async def letters(self) -> list[Letter]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Letter).order_by(Letter.made_at, Letter.id)))

    async def kinds(self) -> list[LetterKind]:
        return [letter.kind for letter in await self.letters()]

    async def last_secret(self) -> str:
        challenge_id = (await self.letters())[-1].challenge_id
        return self.key.letter_secret(challenge_id) if challenge_id else ""

    async def with_confirmed_address(self) -> None:
        await self.confirms(await self.gives())


@pytest.fixture
async def desk(database: Database, clock: FrozenClock, tmp_path: Path) -> Desk:
    made = Desk(database, clock, FactorKey(tmp_path / "factor.key"))
    await made.enrolls()
    return made


async def link_over(desk: Desk, secret: str, *, is_reset: bool = False) -> None:
    with pytest.raises(Refusal) as refused:
        await (desk.resets(secret) if is_reset else desk.confirms(secret))
    assert refused.value.code == "mail.link_over"


class TestAnAddress:
    def test_is_read_without_the_space_around_it(self) -> None:
        assert mail_address(f"  {ADDRESS} ") == ADDRESS

    @pytest.mark.parametrize(
        "text",
        ["", "alice", "alice@", "@example.com", "a b@example.com", "alice@example",
         "a@b@example.com", "a\r\nBcc:x@example.com", "x" * 190 + "@example.com"],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(Refusal, match=r"mail\.wrong"):
            mail_address(text)

    async def test_counts_once_its_letter_was_answered(self, desk: Desk) -> None:
        secret = await desk.gives()
        async with desk.database.reading() as session:
            found = await mail_of(session, desk.person_id)
            assert found is not None
            assert found.confirmed_at is None
            assert await is_open(session, secret, Purpose.CONFIRM_MAIL, desk.clock.now())
            assert not await is_open(session, secret, Purpose.RESET, desk.clock.now())
        await desk.confirms(secret)
        async with desk.database.reading() as session:
            found = await mail_of(session, desk.person_id)
            assert found is not None
            assert (found.address, found.confirmed_at) == (ADDRESS, desk.clock.now())
            assert not await is_open(session, secret, Purpose.CONFIRM_MAIL, desk.clock.now())

    async def test_its_link_is_good_once_and_for_a_day(self, desk: Desk) -> None:
        secret = await desk.gives()
        await desk.confirms(secret)
        await link_over(desk, secret)
        late = await desk.gives()
        desk.clock.advance(CONFIRM_LIFE)
        await link_over(desk, late)
        await link_over(desk, "guess")

    async def test_the_link_to_an_earlier_one_confirms_no_later_one(self, desk: Desk) -> None:
        first = await desk.gives()
        await desk.gives("other@example.com")
        await link_over(desk, first)

    async def test_of_somebody_else_is_no_address_of_a_challenge_without_a_person(
        self, desk: Desk
    ) -> None:
        async with desk.database.unit(SYSTEM) as work:
            work.add(
                Challenge(
                    id=work.new_id(), purpose=Purpose.CONFIRM_MAIL, person_id=None,
                    digest=token_digest("s"), failures=0, made_at=work.now,
                    expires_at=work.now + CONFIRM_LIFE, used_at=None,
                )
            )  # fmt: skip
        await link_over(desk, "s")


class TestAReset:
    async def test_is_written_to_a_confirmed_address_and_to_no_other(self, desk: Desk) -> None:
        await desk.asks("nobody")
        await desk.gives()
        await desk.asks()
        assert await desk.kinds() == [LetterKind.CONFIRM_MAIL]
        await desk.confirms(await desk.last_secret())
        await desk.asks(" Alice ")
        assert (await desk.kinds())[-1] is LetterKind.RESET

    async def test_is_asked_for_once_in_two_minutes(self, desk: Desk) -> None:
        await desk.with_confirmed_address()
        for _ in range(2):
            await desk.asks()
        assert (await desk.kinds()).count(LetterKind.RESET) == 1
        desk.clock.advance(RESET_EVERY)
        await desk.asks()
        assert (await desk.kinds()).count(LetterKind.RESET) == 2

    async def test_changes_the_password_ends_every_sign_in_and_says_so(self, desk: Desk) -> None:
        await desk.with_confirmed_address()
        async with desk.database.unit(VISITOR) as work:
            sign_in_id = await sign_in(
                work, new_id(NOON), person_id=desk.person_id, token="token", browser="a browser"
            )
        await desk.asks()
        await desk.resets(await desk.last_secret())
        async with desk.database.reading() as session:
            credential = await session.get_one(Credential, desk.person_id)
            ended = await session.get_one(SignIn, sign_in_id)
        assert credential.password_hash == "a new hash"
        assert ended.revoked_at == desk.clock.now()
        assert (await desk.kinds())[-1] is LetterKind.CHANGED

    async def test_its_link_is_good_once_and_for_half_an_hour(self, desk: Desk) -> None:
        await desk.with_confirmed_address()
        await desk.asks()
        secret = await desk.last_secret()
        await desk.resets(secret)
        await link_over(desk, secret, is_reset=True)
        desk.clock.advance(RESET_EVERY)
        await desk.asks()
        late = await desk.last_secret()
        desk.clock.advance(RESET_LIFE)
        await link_over(desk, late, is_reset=True)

    async def test_a_confirming_link_resets_nothing(self, desk: Desk) -> None:
        await link_over(desk, await desk.gives(), is_reset=True)


class TestAChange:
    async def test_ends_every_other_sign_in_and_says_so(self, desk: Desk) -> None:
        await desk.with_confirmed_address()
        here, there = [await desk.signs_in() for _ in range(2)]
        await desk.changes(here)
        async with desk.database.reading() as session:
            live = await session.scalars(select(SignIn.id).where(SignIn.revoked_at.is_(None)))
            assert list(live) == [here]
            revoked = await session.get_one(SignIn, there)
            assert revoked.revoked_at == desk.clock.now()
            credential = await session.get_one(Credential, desk.person_id)
            assert credential.password_hash == "a newer hash"
        assert (await desk.kinds()).count(LetterKind.CHANGED) == 1

    async def test_is_written_to_nobody_without_a_confirmed_address(self, desk: Desk) -> None:
        await desk.changes(await desk.signs_in())
        await desk.gives()
        await desk.changes(await desk.signs_in())
        assert LetterKind.CHANGED not in await desk.kinds()

    async def test_is_one_s_own(self, desk: Desk) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            await desk.changes(new_id(desk.clock.now()), person_id=PersonId(UUID(int=5)))


class TestALetter:
    async def test_is_the_worker_s_to_send_and_noted_once(self, desk: Desk) -> None:
        await desk.gives()
        (letter,) = await desk.letters()
        async with desk.database.unit(SYSTEM) as work:
            rows = await work.session.scalars(
                select(OutboxRow.body).where(OutboxRow.name == "send_letter")
            )
            assert rows.all() == [{"letter_id": str(letter.id)}]
        sent_at = desk.clock.now()
        for _ in range(2):
            async with desk.database.unit(SYSTEM) as work:
                await mark_sent(work, letter.id)
            desk.clock.advance(timedelta(minutes=1))
        async with desk.database.reading() as session:
            (view,) = await letters_of(session, desk.person_id)
        assert (view.kind, view.address, view.sent_at) == (
            LetterKind.CONFIRM_MAIL,
            ADDRESS,
            sent_at,
        )

    async def test_holds_no_secret(self, desk: Desk) -> None:
        secret = await desk.gives()
        (letter,) = await desk.letters()
        assert secret not in repr(vars(letter))
