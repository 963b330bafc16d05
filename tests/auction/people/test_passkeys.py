"""Passkeys: made for one site, good once for each challenge, every way to be wrong the same."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people.commands import Enrolment, enroll_person, grant_role
from auction.people.factors import Passkey
from auction.people.passkeys import (
    CHALLENGE_LIFE,
    LABEL_CHARS_MAX,
    Site,
    add_passkey,
    creation_options,
    drop_passkey,
    is_ours,
    new_challenge,
    request_options,
    use_passkey,
)
from auction.people.person import PersonKind
from auction.people.proving import FactorKey
from auction.store.database import Database
from tests.authenticator import Authenticator
from tests.conftest import NOON

ORIGIN = "https://court.example"
SITE = Site("court.example", ORIGIN)
ABOUT = "sign in"
ALICE = Enrolment("alice", PersonKind.NATURAL, "林小满", "11010519491231002x", "a hash")


class Desk:
    """One person, her browser and her device."""

    def __init__(self, database: Database, clock: FrozenClock, key: FactorKey) -> None:
        self.database, self.clock, self.key = database, clock, key
        self.device = Authenticator(ORIGIN)
        self.actor = VISITOR

    async def enrolls(self) -> None:
        async with self.database.unit(VISITOR) as work:
            person_id = await enroll_person(work, work.new_id(), enrolment=ALICE)
        self.actor = Actor(person_id, frozenset({Role.BIDDER}))

    def asked_to_make(self) -> str:
        assert self.actor.person_id
        challenge = new_challenge(self.key, f"add {self.actor.person_id}", self.clock.now())
        return creation_options(
            SITE, challenge, person_id=self.actor.person_id, username="alice", known=()
        )

    def asked_to_sign(self, about: str = ABOUT) -> str:
        return request_options(SITE, new_challenge(self.key, about, self.clock.now()))

    async def adds(self, reply: str, label: str = "手机") -> None:
        async with self.database.unit(self.actor) as work:
            await add_passkey(work, reply=reply, label=label, site=SITE, key=self.key)

    async def uses(self, reply: str, about: str = ABOUT, site: Site = SITE) -> PersonId:
        async with self.database.unit(VISITOR) as work:
            return await use_passkey(work, reply=reply, about=about, site=site, key=self.key)

    async def passkeys(self) -> list[Passkey]:
        async with self.database.reading() as session:
            return list(await session.scalars(select(Passkey).order_by(Passkey.made_at)))

    async def drops(self, passkey_id: UUID, actor: Actor | None = None) -> None:
        async with self.database.unit(actor or self.actor) as work:
            await drop_passkey(work, passkey_id)


@pytest.fixture
def key(tmp_path: Path) -> FactorKey:
    return FactorKey(tmp_path / "factor.key")


@pytest.fixture
async def desk(database: Database, clock: FrozenClock, key: FactorKey) -> Desk:
    made = Desk(database, clock, key)
    await made.enrolls()
    return made


async def not_accepted(desk: Desk, reply: str, about: str = ABOUT, site: Site = SITE) -> None:
    with pytest.raises(Refusal) as refused:
        await desk.uses(reply, about, site)
    assert refused.value.code == "passkey.not_accepted"


class TestAChallenge:
    def test_is_ours_for_its_use_while_it_is_fresh(self, key: FactorKey) -> None:
        challenge = new_challenge(key, ABOUT, NOON)
        assert is_ours(key, challenge, ABOUT, NOON)
        assert not is_ours(key, challenge, "step up", NOON)
        assert not is_ours(key, challenge, ABOUT, NOON - timedelta(seconds=1))
        assert not is_ours(key, challenge, ABOUT, NOON + CHALLENGE_LIFE)
        assert not is_ours(key, challenge[:-1] + bytes([challenge[-1] ^ 1]), ABOUT, NOON)

    def test_of_another_key_is_not(self, key: FactorKey, tmp_path: Path) -> None:
        other = FactorKey(tmp_path / "other.key")
        assert not is_ours(key, new_challenge(other, ABOUT, NOON), ABOUT, NOON)


class TestAsking:
    def test_for_a_new_one_leaves_the_known_ones_out_and_wants_the_person_herself(
        self, key: FactorKey
    ) -> None:
        known = (Passkey(credential_id=b"known"),)
        asked = json.loads(
            creation_options(
                SITE, b"challenge", person_id=UUID(int=1), username="alice", known=known
            )
        )
        assert asked["rp"]["id"] == "court.example"
        assert len(asked["excludeCredentials"]) == 1
        assert asked["authenticatorSelection"]["userVerification"] == "required"

    def test_for_a_signature_wants_the_person_herself(self) -> None:
        assert json.loads(request_options(SITE, b"c"))["userVerification"] == "required"


class TestAdding:
    async def test_keeps_the_public_half_under_its_name(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()), " 手机" + "长" * 100)
        (kept,) = await desk.passkeys()
        assert kept.credential_id == desk.device.credential_id
        assert kept.person_id == desk.actor.person_id
        assert (kept.label[:2], len(kept.label)) == ("手机", LABEL_CHARS_MAX)

    async def test_a_reply_made_for_another_site_is_not_accepted(self, desk: Desk) -> None:
        elsewhere = Authenticator("https://court.example.evil")
        with pytest.raises(Refusal, match=r"passkey\.not_accepted"):
            await desk.adds(elsewhere.makes(desk.asked_to_make()))
        assert await desk.passkeys() == []

    async def test_is_done_by_who_signed_in(self, desk: Desk) -> None:
        reply = desk.device.makes(desk.asked_to_make())
        desk.actor = Actor(None, frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="forbidden"):
            await desk.adds(reply)


class TestUsing:
    async def test_tells_whose_it_is_and_counts(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        assert await desk.uses(desk.device.signs(desk.asked_to_sign())) == desk.actor.person_id
        (kept,) = await desk.passkeys()
        assert (kept.sign_count, kept.used_at) == (1, desk.clock.now())

    async def test_one_signature_is_good_once(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        reply = desk.device.signs(desk.asked_to_sign())
        await desk.uses(reply)
        await not_accepted(desk, reply)

    async def test_it_is_good_for_what_it_was_asked_for_on_this_site(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign("step up")))
        other = Site("other.example", ORIGIN)
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign()), site=other)

    async def test_it_needs_the_person_and_not_her_device_alone(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign(), is_verified=False))

    async def test_a_copied_device_whose_count_went_back_is_noticed(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        await desk.uses(desk.device.signs(desk.asked_to_sign()))
        desk.device.count = 0
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign()))

    async def test_a_key_nobody_added_is_not_accepted(self, desk: Desk) -> None:
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign()))

    @pytest.mark.parametrize(
        "reply",
        ["", "{}", "[]", '{"response": {"clientDataJSON": "!"}}',
         '{"response": {"clientDataJSON": "e30"}}'],
    )  # fmt: skip
    async def test_what_is_no_reply_is_not_accepted(self, desk: Desk, reply: str) -> None:
        await not_accepted(desk, reply)

    async def test_a_stale_challenge_is_not_accepted(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        reply = desk.device.signs(desk.asked_to_sign())
        desk.clock.advance(CHALLENGE_LIFE)
        await not_accepted(desk, reply)


class TestGivingUp:
    async def test_is_one_s_own_and_final(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        (kept,) = await desk.passkeys()
        stranger = Actor(PersonId(UUID(int=7)), frozenset({Role.BIDDER}))
        with pytest.raises(Refusal, match="not_found"):
            await desk.drops(kept.id, stranger)
        await desk.drops(kept.id)
        with pytest.raises(Refusal, match="not_found"):
            await desk.drops(kept.id)
        await not_accepted(desk, desk.device.signs(desk.asked_to_sign()))

    async def test_staff_keep_one_second_factor(self, desk: Desk) -> None:
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        async with desk.database.unit(SYSTEM) as work:
            assert desk.actor.person_id
            await grant_role(work, desk.actor.person_id, role=Role.ADMINISTRATOR)
        (kept,) = await desk.passkeys()
        with pytest.raises(Refusal, match=r"factor\.last_one"):
            await desk.drops(kept.id)
        desk.device = Authenticator(ORIGIN, b"a second one")
        await desk.adds(desk.device.makes(desk.asked_to_make()))
        await desk.drops(kept.id)
