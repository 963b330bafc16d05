"""Every misuse of four eyes that the table of actions allows for, each refused by its code."""

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.refusal import Refusal
from auction.people.approvals.action import APPROVAL_LIFE, Action
from auction.people.approvals.commands import (
    conclude,
    concur,
    name_representative,
    propose_representative,
    reject,
)
from auction.people.approvals.queries import natural_person_of
from auction.people.approvals.request import Approval, RequestState
from auction.store.database import Database
from tests.auction.people.approvals.table import COURT, OTHER, Case, Table, cases

CASES = list(cases())
PREPARED = frozenset({"approve", "spend_early", "spend", "spend_revoked"})


async def a_table(database: Database, clock: FrozenClock, action: Action) -> Table:
    table = Table(database, clock, action)
    await table.set()
    return table


def test_there_are_hundreds_of_them() -> None:
    assert len(CASES) >= 200
    assert len({str(case) for case in CASES}) == len(CASES)
    assert {case.action for case in CASES} == set(Action)


@pytest.mark.parametrize("action", Action)
async def test_each_is_refused_by_its_code(
    database: Database, clock: FrozenClock, action: Action
) -> None:
    wrong = {}
    for case in CASES:
        if case.action is action:
            found = await played(database, clock, case)
            if found != (case.misuse.code, case.misuse.code == "approval.spent"):
                wrong[str(case)] = found
    assert not wrong


async def played(database: Database, clock: FrozenClock, case: Case) -> tuple[str, bool]:
    """How a misuse was answered, and whether a request of its subject is spent afterwards."""
    table = await a_table(database, clock, case.action)
    if case.step in PREPARED:
        await table.propose()
    if case.step in {"approve", "spend_early"}:
        await table.approve_up_to(case.seat)
    try:
        await case.misuse.play(table, case.seat)
    except Refusal as refused:
        code = refused.code
    else:
        code = "done"
    states = [request.state for request in await table.requests()]
    return code, RequestState.SPENT in states


@pytest.mark.parametrize("action", Action)
async def test_the_right_people_in_time_may(
    database: Database, clock: FrozenClock, action: Action
) -> None:
    table = await a_table(database, clock, action)
    await table.propose()
    await table.approve_all()
    await table.spend()
    (request,) = await table.requests()
    assert request.state is RequestState.SPENT
    async with database.reading() as session:
        people = list(await session.scalars(select(Approval.approved_by).order_by(Approval.seat)))
    assert people == [actor.person_id for actor in table.seated[1:]]


class TestProposing:
    async def test_the_same_again_is_the_same_request(
        self, database: Database, clock: FrozenClock
    ) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        assert await table.propose() == await table.propose()

    async def test_something_else_replaces_it(self, database: Database, clock: FrozenClock) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        await table.propose()
        await table.propose(table.matter(payload={"plan": "另一方案"}))
        states = [request.state for request in await table.requests()]
        assert states == [RequestState.REPLACED, RequestState.OPEN]

    async def test_a_lapsed_one_may_be_proposed_anew(
        self, database: Database, clock: FrozenClock
    ) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        await table.propose()
        clock.advance(APPROVAL_LIFE)
        await table.propose()
        await table.approve_all()
        await table.spend()

    async def test_one_writing_of_a_name_is_as_good_as_another(
        self, database: Database, clock: FrozenClock
    ) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        composed, taken_apart = {"payee": "Caf\u00e9"}, {"payee": "Cafe\u0301"}
        first = await table.propose(table.matter(payload=composed))
        assert await table.propose(table.matter(payload=taken_apart)) == first

    async def test_the_digest_says_nothing_about_the_payload(
        self, database: Database, clock: FrozenClock
    ) -> None:
        """Two requests of one payload have two digests: nobody can try out account numbers."""
        table = await a_table(database, clock, Action.DRAW_OPEN)
        await table.propose()
        await table.reject(table.seated[0])
        await table.propose()
        first, second = await table.requests()
        assert first.payload_hash != second.payload_hash


class TestGoingOn:
    async def test_waits_for_the_last_yes_and_comes_with_it(
        self, database: Database, clock: FrozenClock
    ) -> None:
        table = await a_table(database, clock, Action.DISBURSEMENT)
        await table.propose()
        (request,) = await table.requests()
        found = []
        for actor in table.seated[1:]:
            async with database.unit(actor) as work:
                found.append(await concur(work, table.matter(), seen=request.payload_hash))
        assert [one and one.state for one in found] == [None, RequestState.SPENT]

    async def test_at_one_yes_needs_an_action_of_one_approver(
        self, database: Database, clock: FrozenClock
    ) -> None:
        for action, is_done in ((Action.DRAW_OPEN, True), (Action.DISBURSEMENT, False)):
            table = await a_table(database, clock, action)
            await table.propose()
            (request,) = await table.requests()
            async with database.unit(table.seated[1]) as work:
                if is_done:
                    spent = await conclude(work, table.matter(), seen=request.payload_hash)
                    assert spent.state is RequestState.SPENT
                    continue
                with pytest.raises(Refusal, match=r"approval\.incomplete"):
                    await conclude(work, table.matter(), seen=request.payload_hash)

    async def test_is_a_person_s(self, database: Database, clock: FrozenClock) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        nobody = Actor(None, table.seated[0].roles, COURT)
        with pytest.raises(Refusal, match="forbidden"):
            await table.propose(by=nobody)


class TestRejecting:
    async def test_is_not_for_who_has_no_seat(self, database: Database, clock: FrozenClock) -> None:
        table = await a_table(database, clock, Action.DISBURSEMENT)
        await table.propose()
        with pytest.raises(Refusal, match="forbidden"):
            await table.reject(await table.somebody(Role.SUPERVISOR))
        with pytest.raises(Refusal, match="forbidden"):
            await table.reject(SYSTEM)

    async def test_is_done_once(self, database: Database, clock: FrozenClock) -> None:
        table = await a_table(database, clock, Action.DISBURSEMENT)
        await table.propose()
        await table.reject(table.seated[2])
        with pytest.raises(Refusal, match=r"approval\.rejected"):
            await table.reject(table.seated[1])

    async def test_a_replaced_one_is_over(self, database: Database, clock: FrozenClock) -> None:
        table = await a_table(database, clock, Action.DRAW_OPEN)
        await table.propose()
        (first,) = await table.requests()
        await table.propose(table.matter(payload={"plan": "另一方案"}))
        with pytest.raises(Refusal, match=r"approval\.replaced"):
            async with database.unit(table.seated[1]) as work:
                await reject(work, first.id)


class TestRepresentatives:
    @pytest.fixture
    async def table(self, database: Database, clock: FrozenClock) -> Table:
        return await a_table(database, clock, Action.REPRESENTATIVE)

    async def named(self, table: Table, firm: Actor, natural: Actor) -> None:
        """The first administrator proposes who acts for a firm, the second says yes."""
        first, second = table.seated
        assert firm.person_id
        assert natural.person_id
        async with table.database.unit(first) as work:
            request = await propose_representative(
                work, firm.person_id, natural_id=natural.person_id
            )
            seen = request.payload_hash
        async with table.database.unit(second) as work:
            await name_representative(work, firm.person_id, seen=seen)

    async def test_stands_behind_the_account_from_then_on(self, table: Table) -> None:
        firm = await table.firm(Role.PANEL, None)
        one, other = await table.somebody(Role.BIDDER), await table.somebody(Role.BIDDER)
        for natural in (one, other):
            await self.named(table, firm, natural)
            async with table.database.reading() as session:
                assert firm.person_id
                assert await natural_person_of(session, firm.person_id) == natural.person_id

    async def test_takes_two_administrators(self, table: Table) -> None:
        firm, natural = await table.firm(Role.PANEL, None), await table.somebody(Role.BIDDER)
        table.seated[1] = table.seated[0]
        with pytest.raises(Refusal, match=r"approval\.same_person"):
            await self.named(table, firm, natural)

    async def test_is_not_named_by_himself(self, table: Table) -> None:
        firm = await table.firm(Role.PANEL, None)
        for administrator in table.seated:
            with pytest.raises(Refusal, match=r"approval\.about_oneself"):
                await self.named(table, firm, administrator)

    async def test_is_a_natural_person_and_acts_for_a_legal_one(self, table: Table) -> None:
        firm, natural = await table.firm(Role.PANEL, None), await table.somebody(Role.BIDDER)
        for account, person in ((natural, natural), (firm, firm)):
            with pytest.raises(Refusal, match=r"person\.not_represented"):
                await self.named(table, account, person)

    async def test_nobody_stands_behind_an_account_that_is_not_there(self, table: Table) -> None:
        async with table.database.reading() as session:
            assert await natural_person_of(session, OTHER) is None
