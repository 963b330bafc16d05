import json

import pytest
from sqlalchemy import text

from auction.cases.case import PartyRole
from auction.cases.commands import NewParty, add_party
from auction.cases.payouts import PayoutAccount, account_number
from auction.cases.queries import PartyView, claims, parties
from auction.distribution.corrections import (
    name_payout_account,
    withdraw_claim,
    withdraw_party,
)
from auction.kernel.ids import CaseId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from tests.builders import APPLICANT, OFFICER, a_case, uid


async def by_role(database: Database, case_id: CaseId) -> dict[PartyRole, PartyView]:
    async with database.reading() as session:
        return {party.role: party for party in await parties(session, case_id)}


async def names(database: Database, party: PartyView, number: str, reason: str = "") -> None:
    account = PayoutAccount(name=party.name, bank="杭湾银行", account=number, reason=reason)
    async with database.unit(OFFICER) as work:
        await name_payout_account(work, party.id, account=account)


class TestAccounts:
    @pytest.mark.parametrize("number", ["xx", "1234567", "1" * 33, "６２２２０２０００１", ""])
    def test_are_eight_to_thirty_two_digits(self, number: str) -> None:
        with pytest.raises(Refusal) as refused:
            account_number(number)
        assert refused.value.code == "case.payout_account_malformed"

    async def test_belong_to_one_party_and_change_only_with_a_reason(
        self, database: Database
    ) -> None:
        known = await by_role(database, await a_case(database))
        applicant, respondent = known[PartyRole.APPLICANT], known[PartyRole.RESPONDENT]
        await names(database, applicant, "6222 0200 01")
        with pytest.raises(Refusal) as refused:
            await names(database, respondent, "6222020001")
        assert refused.value.code == "case.payout_account.conflict"
        with pytest.raises(Refusal) as refused:
            await names(database, applicant, "6222020002")
        assert refused.value.code == "case.payout_reason_missing"
        await names(database, applicant, "6222020002", "原账户已销户")
        known = await by_role(database, applicant.case_id)
        assert known[PartyRole.APPLICANT].payout_account == "6222020002"

    async def test_are_told_to_the_journal_as_digests_only(self, database: Database) -> None:
        known = await by_role(database, await a_case(database))
        await names(database, known[PartyRole.APPLICANT], "6222020001")
        await names(database, known[PartyRole.APPLICANT], "6222020002", "销户")
        async with database.reading() as session:
            rows = await session.scalars(
                text("SELECT leaf FROM journal WHERE kind LIKE 'party.payout%' ORDER BY seq")
            )
            first, second = [json.loads(leaf)["body"] for leaf in rows]
        assert second["was"] == first["account"] != second["account"]
        assert "622202" not in json.dumps([first, second])


class TestParties:
    async def test_nobody_stands_on_both_sides(self, database: Database) -> None:
        case_id = await a_case(database)
        for person_id, name in ((APPLICANT, "杭湾商业银行"), (None, "杭湾商业银行")):
            new = NewParty(
                id=PartyId(uid(200)), role=PartyRole.RESPONDENT, name=name, person_id=person_id
            )
            with pytest.raises(Refusal) as refused:
                async with database.unit(OFFICER) as work:
                    await add_party(work, case_id, new=new)
            assert refused.value.code == "case.party_opposed.conflict"

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
