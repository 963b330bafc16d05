"""The second factor: the key it is made with, its codes, and when guessing stops."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyotp
import pytest

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId, new_id
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, grant_role, sign_in
from auction.people.credentials import Factor, SignIn
from auction.people.factors import FAILURES_MAX, CodeGenerator, Passkey, Purpose
from auction.people.person import PersonKind
from auction.people.proving import (
    CHALLENGE_LIFE,
    FAILURES_WINDOW,
    REQUIRED_OF,
    FactorKey,
    accepted_counter,
    answer_code,
    challenge_of,
    drop_generator,
    factors_of,
    generator_secret_of,
    open_challenge,
    prove_again,
)
from auction.people.proving import FAILURES_MAX as GUESSES_MAX
from auction.store.database import Database
from tests.conftest import NOON

ALICE = Enrolment("alice", PersonKind.NATURAL, "林小满", "11010519491231002x", "a hash")
HALF_MINUTE = timedelta(seconds=30)


class Desk:
    """One person and what she proves to be there with."""

    def __init__(self, database: Database, clock: FrozenClock, key: FactorKey) -> None:
        self.database, self.clock, self.key = database, clock, key
        self.person_id = PersonId(UUID(int=0))

    @property
    def actor(self) -> Actor:
        return Actor(self.person_id, frozenset({Role.BIDDER}))

    async def enrolls(self) -> None:
        async with self.database.unit(VISITOR) as work:
            self.person_id = await enroll_person(work, work.new_id(), enrolment=ALICE)

    async def opens(self, secret: str, person_id: UUID | None = None) -> UUID:
        async with self.database.unit(VISITOR) as work:
            return await open_challenge(
                work,
                purpose=Purpose.SIGN_IN,
                person_id=person_id or self.person_id,
                secret=secret,
            )

    async def answers(
        self, challenge_id: UUID, code: str, *, is_shown: bool = False
    ) -> Factor | None:
        async with self.database.unit(VISITOR) as work:
            return await answer_code(work, challenge_id, code=code, key=self.key, is_shown=is_shown)

    async def begins(self) -> pyotp.TOTP:
        """What the page shows to be scanned."""
        async with self.database.reading() as session:
            return pyotp.TOTP(await generator_secret_of(session, self.person_id, self.key))

    def code(self, generator: pyotp.TOTP) -> str:
        return generator.at(self.clock.now())

    async def generator(self) -> CodeGenerator:
        async with self.database.reading() as session:
            return await session.get_one(CodeGenerator, self.person_id)

    async def becomes_staff(self) -> None:
        async with self.database.unit(SYSTEM) as work:
            await grant_role(work, self.person_id, role=Role.ADMINISTRATOR)


@pytest.fixture
def key(tmp_path: Path) -> FactorKey:
    return FactorKey(tmp_path / "state" / "factor.key")


@pytest.fixture
async def desk(database: Database, clock: FrozenClock, key: FactorKey) -> Desk:
    made = Desk(database, clock, key)
    await made.enrolls()
    return made


class TestTheKey:
    def test_is_made_once_and_read_by_its_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "factor.key"
        first, again = FactorKey(path), FactorKey(path)
        challenge = UUID(int=1)
        assert first.letter_secret(challenge) == again.letter_secret(challenge)
        assert path.stat().st_mode & 0o777 == 0o600
        assert [one.name for one in path.parent.iterdir()] == ["factor.key"]

    def test_made_by_two_processes_at_once_is_the_first_one_s(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "factor.key"
        winner = FactorKey(path)
        monkeypatch.setattr(Path, "exists", lambda _path: False)  # the other saw nothing yet
        late = FactorKey(path)
        assert late.shown_code(UUID(int=1)) == winner.shown_code(UUID(int=1))
        assert [one.name for one in tmp_path.iterdir()] == ["factor.key"]

    def test_makes_another_secret_for_every_use_and_person(self, key: FactorKey) -> None:
        one, two = UUID(int=1), UUID(int=2)
        secrets = {
            key.generator_secret(one, b"salt"),
            key.generator_secret(two, b"salt"),
            key.generator_secret(one, b"other"),
            key.letter_secret(one),
            key.letter_secret(two),
            key.challenge_mac("add", b"body").hex(),
            key.challenge_mac("use", b"body").hex(),
            key.browser_mark("alice", "nonce"),
            key.browser_mark("bob", "nonce"),
            key.upload_seal("浙0199", "ab" * 32),
            key.upload_seal("浙0198", "ab" * 32),
        }
        assert len(secrets) == 11
        assert key.browser_mark("Alice", "nonce") == key.browser_mark("alice", "nonce")
        assert len(key.shown_code(one)) == 6


class TestACode:
    SECRET = "JBSWY3DPEHPK3PXP" * 2

    @pytest.mark.parametrize(
        ("off", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
    )
    def test_of_this_half_minute_or_one_beside_it_is_good(self, off: int, is_good: bool) -> None:
        code = pyotp.TOTP(self.SECRET).at(NOON + off * HALF_MINUTE)
        found = accepted_counter(self.SECRET, code, now=NOON, last=0)
        assert found == (int(NOON.timestamp()) // 30 + off if is_good else None)

    def test_is_good_once_and_none_before_it_any_more(self) -> None:
        current = int(NOON.timestamp()) // 30
        for counter in (current, current - 1):
            code = pyotp.HOTP(self.SECRET).at(counter)
            assert accepted_counter(self.SECRET, code, now=NOON, last=current) is None


class TestTheGenerator:
    async def test_proves_something_once_its_first_code_was_typed(self, desk: Desk) -> None:
        generator = await desk.begins()
        async with desk.database.reading() as session:
            assert not (await factors_of(session, desk.person_id)).is_asked
        code = desk.code(generator)
        typed = f"{code[:3]} {code[3:]}"
        assert await desk.answers(await desk.opens("a"), typed) is Factor.TOTP
        assert (await desk.generator()).confirmed_at == desk.clock.now()
        async with desk.database.reading() as session:
            found = await factors_of(session, desk.person_id)
        assert (found.is_required, found.has_generator, found.is_asked) == (False, True, True)

    async def test_looked_at_again_is_the_same_one_and_writes_nothing(self, desk: Desk) -> None:
        first, again = await desk.begins(), await desk.begins()
        assert first.secret == again.secret
        async with desk.database.reading() as session:
            assert await session.get(CodeGenerator, desk.person_id) is None

    async def test_of_another_person_or_another_key_is_another(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        other = FactorKey(tmp_path / "other.key")
        salts = {key.first_salt(UUID(int=n)) for key in (desk.key, other) for n in (1, 2)}
        assert len(salts) == 4

    async def test_upload_seals_fit_one_court_and_one_file(self, desk: Desk) -> None:
        seals = {desk.key.upload_seal(court, file) for court in ("a", "b") for file in ("c", "d")}
        assert len(seals) == 4

    async def test_one_code_opens_one_door(self, desk: Desk) -> None:
        code = desk.code(await desk.begins())
        assert await desk.answers(await desk.opens("a"), code) is Factor.TOTP
        assert await desk.answers(await desk.opens("b"), code) is None
        desk.clock.advance(HALF_MINUTE)
        later = desk.code(await desk.begins())
        assert await desk.answers(await desk.opens("c"), later) is Factor.TOTP

    async def test_given_up_makes_other_codes(self, desk: Desk) -> None:
        generator = await desk.begins()
        await desk.answers(await desk.opens("a"), desk.code(generator))
        async with desk.database.unit(desk.actor) as work:
            await drop_generator(work)
        assert (await desk.generator()).confirmed_at is None
        assert (await desk.begins()).secret != generator.secret

    async def test_is_kept_by_staff_unless_a_passkey_remains(self, desk: Desk) -> None:
        await desk.answers(await desk.opens("a"), desk.code(await desk.begins()))
        await desk.becomes_staff()
        with pytest.raises(Refusal, match=r"factor\.last_one"):
            async with desk.database.unit(desk.actor) as work:
                await drop_generator(work)
        async with desk.database.unit(SYSTEM) as work:
            work.add(
                Passkey(
                    id=work.new_id(), person_id=desk.person_id, credential_id=b"c",
                    public_key=b"k", sign_count=0, label="", made_at=work.now,
                )
            )  # fmt: skip
        async with desk.database.unit(desk.actor) as work:
            await drop_generator(work)

    async def test_of_nobody_is_not_given_up(self, desk: Desk) -> None:
        with pytest.raises(Refusal, match="forbidden"):
            async with desk.database.unit(Actor(None, frozenset({Role.BIDDER}))) as work:
                await drop_generator(work)


class TestAChallenge:
    async def test_is_found_by_its_secret_and_purpose_while_it_is_open(self, desk: Desk) -> None:
        challenge_id = await desk.opens("secret")
        async with desk.database.reading() as session:
            now = desk.clock.now()
            found = await challenge_of(session, "secret", Purpose.SIGN_IN, now)
            assert found is not None
            assert found.id == challenge_id
            assert await challenge_of(session, "other", Purpose.SIGN_IN, now) is None
            assert await challenge_of(session, "secret", Purpose.RESET, now) is None
            over = now + CHALLENGE_LIFE
            assert await challenge_of(session, "secret", Purpose.SIGN_IN, over) is None

    async def test_the_demonstration_s_code_answers_only_where_it_is_shown(
        self, desk: Desk
    ) -> None:
        challenge_id = await desk.opens("a")
        shown = desk.key.shown_code(challenge_id)
        assert await desk.answers(challenge_id, shown) is None
        assert await desk.answers(challenge_id, shown, is_shown=True) is Factor.SHOWN_CODE
        assert await desk.answers(challenge_id, shown, is_shown=True) is None

    async def test_that_belongs_to_nobody_is_answered_by_nobody(self, desk: Desk) -> None:
        async with desk.database.unit(VISITOR) as work:
            challenge_id = await open_challenge(
                work, purpose=Purpose.PASSKEY, person_id=None, secret="s"
            )
        assert await desk.answers(challenge_id, "000000") is None

    async def test_ends_after_five_wrong_answers(self, desk: Desk) -> None:
        generator = await desk.begins()
        challenge_id = await desk.opens("a")
        for _ in range(FAILURES_MAX):
            assert await desk.answers(challenge_id, "no code") is None
        assert await desk.answers(challenge_id, desk.code(generator)) is None

    async def test_guessing_with_a_known_password_stops_for_a_while(self, desk: Desk) -> None:
        for number in range(GUESSES_MAX // FAILURES_MAX):
            challenge_id = await desk.opens(f"guess {number}")
            for _ in range(FAILURES_MAX):
                await desk.answers(challenge_id, "no code")
        with pytest.raises(Refusal) as refused:
            await desk.opens("one more")
        assert refused.value.code == "signin.try_later"
        assert refused.value.facts == {"minutes": 15}
        desk.clock.advance(FAILURES_WINDOW)
        assert await desk.opens("later")


class TestProvingAgain:
    async def signed_in(self, desk: Desk) -> UUID:
        async with desk.database.unit(VISITOR) as work:
            return await sign_in(
                work, new_id(NOON), person_id=desk.person_id, token="token", browser="a browser"
            )

    async def test_is_noted_on_the_sign_in(self, desk: Desk) -> None:
        sign_in_id = await self.signed_in(desk)
        desk.clock.advance(timedelta(minutes=5))
        async with desk.database.unit(desk.actor) as work:
            await prove_again(work, sign_in_id, factor=Factor.TOTP)
        async with desk.database.reading() as session:
            found = await session.get_one(SignIn, sign_in_id)
        assert (found.proven_at, found.factor) == (desk.clock.now(), Factor.TOTP)

    async def test_of_another_or_on_an_ended_sign_in_is_refused(self, desk: Desk) -> None:
        sign_in_id = await self.signed_in(desk)
        stranger = Actor(PersonId(UUID(int=7)), frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="not_found"):
            async with desk.database.unit(stranger) as work:
                await prove_again(work, sign_in_id, factor=Factor.TOTP)
        desk.clock.advance(timedelta(days=60))
        with pytest.raises(Refusal, match="not_found"):
            async with desk.database.unit(desk.actor) as work:
                await prove_again(work, sign_in_id, factor=Factor.TOTP)


class TestWhoNeedsIt:
    def test_is_everybody_but_bidders(self) -> None:
        assert Role.OFFICER in REQUIRED_OF
        assert not REQUIRED_OF & {Role.BIDDER, Role.VISITOR}

    async def test_is_said_by_the_roles_a_person_has_now(self, desk: Desk) -> None:
        await desk.becomes_staff()
        async with desk.database.reading() as session:
            found = await factors_of(session, desk.person_id)
        assert (found.is_required, found.is_enrolled, found.is_asked) == (True, False, True)
