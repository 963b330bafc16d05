"""A role is proposed by one administrator and granted by another, never for oneself."""

from datetime import timedelta
from uuid import UUID

import pytest

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal
from auction.people.approvals.action import APPROVAL_LIFE
from auction.people.approvals.commands import reject
from auction.people.approvals.queries import RequestView, open_requests
from auction.people.approvals.request import ApprovalRequest
from auction.people.commands import Enrolment, enroll_person, found_court, found_organisation
from auction.people.organisation import OrganisationKind
from auction.people.person import PersonKind
from auction.people.queries import is_staff_of
from auction.people.role_proposal import grant_proposed, grants_of, propose_role
from auction.store.database import Database
from tests.staff import employ

COURT = CourtId("浙0199")
NUMBERS = ("11010519491231002x", "110101199003074514", "110101199003077475")


class Desk:
    """A court, an agency, two administrators and one who is to become somebody."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database, self.clock = database, clock
        self.people: list[PersonId] = []
        self.agency_id = OrganisationId(UUID(int=1))

    async def founds(self) -> None:
        for place, number in enumerate(NUMBERS):
            said = Enrolment(f"somebody{place}", PersonKind.NATURAL, "某某", number, "a hash")
            async with self.database.unit(VISITOR) as work:
                self.people.append(await enroll_person(work, work.new_id(), enrolment=said))
        async with self.database.unit(SYSTEM) as work:
            await found_court(work, COURT, name="某法院")
            self.agency_id = await found_organisation(
                work, work.new_id(), kind=OrganisationKind.AGENCY, name="某评估",
                code="91110000600037341L",
            )  # fmt: skip

    def administrator(self, place: int) -> Actor:
        return Actor(self.people[place], frozenset({Role.ADMINISTRATOR}))

    async def waiting(self, place: int = 1) -> list[RequestView]:
        actor, now = self.administrator(place), self.clock.now()
        async with self.database.reading() as session:
            found = await open_requests(session, actor, now)
        return [one for one in found if one.waits_for(actor, now)]

    async def proposes(
        self,
        role: Role,
        *,
        court_id: CourtId | None = None,
        organisation_id: OrganisationId | None = None,
        by: int = 0,
    ) -> ApprovalRequest:
        async with self.database.unit(self.administrator(by)) as work:
            return await propose_role(
                work, self.people[2], role=role, court_id=court_id, organisation_id=organisation_id
            )

    async def decides(self, proposal: ApprovalRequest, *, by: int = 1) -> None:
        async with self.database.unit(self.administrator(by)) as work:
            await grant_proposed(work, proposal.subject, seen=proposal.payload_hash)

    async def rejects(self, proposal: ApprovalRequest, *, by: int = 1) -> None:
        async with self.database.unit(self.administrator(by)) as work:
            await reject(work, proposal.id)


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> Desk:
    made = Desk(database, clock)
    await made.founds()
    await employ(database, *(made.administrator(place) for place in (0, 1)))
    return made


class TestProposing:
    async def test_waits_for_a_second_administrator(self, desk: Desk) -> None:
        proposal = await desk.proposes(Role.PANEL, court_id=COURT)
        async with desk.database.reading() as session:
            assert not await is_staff_of(session, desk.people[2], COURT)
        assert await desk.waiting(0) == []
        (waiting,) = await desk.waiting(1)
        assert (waiting.id, waiting.payload["role"]) == (proposal.id, "panel")

    async def test_for_oneself_is_refused(self, desk: Desk) -> None:
        with pytest.raises(Refusal, match=r"role\.for_oneself"):
            await desk.proposes(Role.PANEL, court_id=COURT, by=2)

    @pytest.mark.parametrize("role", [Role.SYSTEM, Role.BIDDER, Role.VISITOR])
    async def test_of_what_nobody_grants_is_refused(self, desk: Desk, role: Role) -> None:
        with pytest.raises(Refusal, match=r"role\.not_granted"):
            await desk.proposes(role, court_id=COURT)

    async def test_names_the_place_that_the_role_belongs_to(self, desk: Desk) -> None:
        agency = desk.agency_id
        for role, court_id, organisation_id, code in (
            (Role.PANEL, None, None, "role.needs_court"),
            (Role.PANEL, COURT, agency, "role.needs_court"),
            (Role.PANEL, CourtId("浙0000"), None, "not_found"),
            (Role.AGENCY, None, None, "role.needs_organisation"),
            (Role.AGENCY, COURT, agency, "role.needs_organisation"),
            (Role.TAX, None, agency, "role.needs_organisation"),
        ):
            with pytest.raises(Refusal) as refused:
                await desk.proposes(role, court_id=court_id, organisation_id=organisation_id)
            assert refused.value.code == code

    async def test_of_what_is_held_is_refused(self, desk: Desk) -> None:
        await desk.decides(await desk.proposes(Role.PANEL, court_id=COURT))
        with pytest.raises(Refusal, match=r"role\.held_conflict"):
            await desk.proposes(Role.PANEL, court_id=COURT)


class TestDeciding:
    async def test_grants_the_role_at_its_place(self, desk: Desk) -> None:
        await desk.decides(await desk.proposes(Role.PANEL, court_id=COURT))
        await desk.decides(await desk.proposes(Role.AGENCY, organisation_id=desk.agency_id))
        async with desk.database.reading() as session:
            grants = await grants_of(session, desk.people[2])
        assert await desk.waiting() == []
        held = {(grant.role, grant.court_id, grant.organisation_id) for grant in grants}
        assert held == {
            (Role.BIDDER, None, None),
            (Role.PANEL, COURT, None),
            (Role.AGENCY, None, desk.agency_id),
        }

    async def test_may_reject_it_and_is_done_once(self, desk: Desk) -> None:
        proposal = await desk.proposes(Role.PANEL, court_id=COURT)
        await desk.rejects(proposal)
        with pytest.raises(Refusal, match=r"approval\.rejected"):
            await desk.decides(proposal)
        async with desk.database.reading() as session:
            assert not await is_staff_of(session, desk.people[2], COURT)

    @pytest.mark.parametrize(
        ("by", "code"), [(0, "approval.same_person"), (2, "approval.about_oneself")]
    )
    async def test_is_neither_the_proposer_s_nor_the_subject_s(
        self, desk: Desk, by: int, code: str
    ) -> None:
        proposal = await desk.proposes(Role.PANEL, court_id=COURT)
        await employ(desk.database, desk.administrator(by))
        with pytest.raises(Refusal) as refused:
            await desk.decides(proposal, by=by)
        assert refused.value.code == code

    async def test_comes_too_late_after_a_day(self, desk: Desk) -> None:
        proposal = await desk.proposes(Role.PANEL, court_id=COURT)
        desk.clock.advance(APPROVAL_LIFE - timedelta(seconds=1))
        assert len(await desk.waiting()) == 1
        desk.clock.advance(timedelta(seconds=1))
        with pytest.raises(Refusal, match=r"approval\.expired"):
            await desk.decides(proposal)
        assert await desk.waiting() == []

    async def test_of_two_proposals_grants_one(self, desk: Desk) -> None:
        first = await desk.proposes(Role.PANEL, court_id=COURT)
        second = await desk.proposes(Role.PANEL, court_id=COURT)
        await desk.decides(first)
        with pytest.raises(Refusal, match=r"role\.held_conflict"):
            await desk.decides(second)
