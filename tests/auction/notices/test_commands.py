"""The life of a notice: issued once, rendered once, served, acknowledged by its addressee only."""

from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal
from auction.notices.commands import (
    issue_notice,
    record_receipt,
    record_rendering,
    serve_notice,
)
from auction.notices.notice import Notice, NoticeDraft, NoticeState, verification_code
from auction.notices.wording import NoticeKind
from auction.store import journal
from auction.store.database import Database
from auction.store.journal import JournalEntry
from tests.auction.notices.facts import DIGEST, facts_for
from tests.signers import a_signed_paper

NAMES = UUID(int=7)
COURT = CourtId("浙0199")
REGISTRY = OrganisationId(uuid5(NAMES, "registry"))
CASE = uuid5(NAMES, "case")
OFFICER = Actor(PersonId(uuid5(NAMES, "officer")), frozenset({Role.OFFICER}), COURT)
CLERK_OF_REGISTRY = Actor(
    PersonId(uuid5(NAMES, "clerk")), frozenset({Role.REGISTRY}), organisation_id=REGISTRY
)
CLERK_ELSEWHERE = Actor(
    PersonId(uuid5(NAMES, "other")),
    frozenset({Role.REGISTRY}),
    organisation_id=OrganisationId(uuid5(NAMES, "elsewhere")),
)


def a_draft(kind: NoticeKind = NoticeKind.ASSIST_EXECUTION) -> NoticeDraft:
    return NoticeDraft(
        kind=kind,
        court_id=COURT,
        case_id=CASE,
        addressee_name="杭湾市不动产登记中心（演示）",
        addressee_organisation_id=REGISTRY,
        facts=facts_for(kind),
    )


async def issued(database: Database) -> UUID:
    async with database.unit(OFFICER) as work:
        return (await issue_notice(work, draft=a_draft())).id


async def served(database: Database) -> UUID:
    key = await issued(database)
    async with database.unit(SYSTEM) as work:
        await record_rendering(work, key, paper=a_signed_paper(DIGEST))
        await serve_notice(work, key)
    return key


async def the(database: Database, key: UUID) -> Notice:
    async with database.reading() as session:
        return await session.get_one(Notice, key)


class TestIssue:
    async def test_an_issued_notice_has_a_code_nobody_can_guess(self, database: Database) -> None:
        one, two = await issued(database), await issued(database)
        codes = {(await the(database, key)).code for key in (one, two)}
        assert len(codes) == 2
        assert all(len(code) == 17 for code in codes)

    async def test_another_court_may_not(self, database: Database) -> None:
        stranger = Actor(OFFICER.person_id, OFFICER.roles, CourtId("浙0198"))
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(stranger) as work:
                await issue_notice(work, draft=a_draft())

    async def test_the_journal_has_digests_not_names(self, database: Database) -> None:
        await issued(database)
        async with database.reading() as session:
            assert (await journal.verify(session)).entries == 1
            leaves = b"".join(await session.scalars(select(JournalEntry.leaf))).decode()
        assert "notice.issued" in leaves
        assert "欧阳示范" not in leaves


class TestDelivery:
    async def test_it_cannot_be_served_before_its_paper_exists(self, database: Database) -> None:
        key = await issued(database)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(SYSTEM) as work:
                await serve_notice(work, key)

    async def test_its_paper_is_made_once(self, database: Database) -> None:
        key = await served(database)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(SYSTEM) as work:
                await record_rendering(work, key, paper=a_signed_paper("f" * 64))
        assert (await the(database, key)).digest == DIGEST


class TestReceipt:
    async def test_the_addressee_acknowledges_with_an_answer(self, database: Database) -> None:
        key = await served(database)
        async with database.unit(CLERK_OF_REGISTRY) as work:
            await record_receipt(work, key, answer={"result": "done"})
        notice = await the(database, key)
        assert notice.state is NoticeState.ACKNOWLEDGED
        assert notice.answer == {"result": "done"}
        assert notice.acknowledged_by == CLERK_OF_REGISTRY.person_id

    async def test_saying_it_twice_changes_nothing(self, database: Database) -> None:
        key = await served(database)
        for _ in range(2):
            async with database.unit(CLERK_OF_REGISTRY) as work:
                await record_receipt(work, key, answer={"result": "done"})
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(CLERK_OF_REGISTRY) as work:
                await record_receipt(work, key, answer={"result": "refused"})

    async def test_nobody_else_acknowledges_it(self, database: Database) -> None:
        key = await served(database)
        with pytest.raises(Refusal, match=r"notice\.not_yours"):
            async with database.unit(CLERK_ELSEWHERE) as work:
                await record_receipt(work, key)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(OFFICER) as work:
                await record_receipt(work, key)


def test_a_verification_code_carries_all_the_chance_of_its_id() -> None:
    low = verification_code(UUID(int=1))
    high = verification_code(UUID(int=1 << 64))
    assert len({low, high, verification_code(UUID(int=0))}) == 3
