import pytest

from auction.cases.case import PartyRole
from auction.cases.commands import NewParty, add_party
from auction.cases.corrections import withdraw_claim, withdraw_party
from auction.cases.queries import PartyView, claims, parties
from auction.kernel.actor import Role
from auction.kernel.ids import CaseId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from tests.builders import APPLICANT, ELSEWHERE, OFFICER, a_case, an_actor, uid


async def by_role(database: Database, case_id: CaseId) -> dict[PartyRole, PartyView]:
    async with database.reading() as session:
        return {party.role: party for party in await parties(session, case_id)}


class TestParties:
    async def test_a_mistaken_one_leaves_after_its_claims_and_may_come_again(
        self, database: Database
    ) -> None:
        case_id = await a_case(database)
        party = (await by_role(database, case_id))[PartyRole.APPLICANT]
        async with database.reading() as session:
            (claim,) = await claims(session, case_id)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_party(work, party.id, reason="误加")
        assert refused.value.code == "case.party_has_claims"
        async with database.unit(OFFICER) as work:
            await withdraw_claim(work, claim.id, reason="误登")
        async with database.unit(OFFICER) as work:
            await withdraw_party(work, party.id, reason="误加")
        assert PartyRole.APPLICANT not in await by_role(database, case_id)
        async with database.reading() as session:
            assert await claims(session, case_id) == []
        new = NewParty(
            id=PartyId(uid(201)), role=PartyRole.APPLICANT, name=party.name, person_id=APPLICANT
        )
        async with database.unit(OFFICER) as work:
            await add_party(work, case_id, new=new)
        assert PartyRole.APPLICANT in await by_role(database, case_id)

    async def test_a_reason_is_needed(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.reading() as session:
            (claim,) = await claims(session, case_id)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_claim(work, claim.id, reason=" ")
        assert refused.value.code == "case.field_empty"

    async def test_what_has_ended_keeps_its_first_reason(self, database: Database) -> None:
        case_id = await a_case(database)
        party = (await by_role(database, case_id))[PartyRole.APPLICANT]
        async with database.reading() as session:
            (claim,) = await claims(session, case_id)
        for reason in ("误登", "再误登"):
            async with database.unit(OFFICER) as work:
                ended_claim = await withdraw_claim(work, claim.id, reason=reason)
            async with database.unit(OFFICER) as work:
                ended_party = await withdraw_party(work, party.id, reason=reason)
        assert ended_claim.ended_because == ended_party.ended_because == "误登"

    async def test_another_court_s_officer_corrects_nothing(self, database: Database) -> None:
        case_id = await a_case(database)
        party = (await by_role(database, case_id))[PartyRole.RESPONDENT]
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(an_actor(Role.OFFICER, 9, ELSEWHERE)) as work:
                await withdraw_party(work, party.id, reason="误加")
