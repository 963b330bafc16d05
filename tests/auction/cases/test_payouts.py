"""Where a party is paid: its own account, one party's, changed with a reason, never told."""

import json

import pytest
from sqlalchemy import text

from auction.cases.case import Party, PartyRole
from auction.cases.commands import NewParty, add_party
from auction.cases.corrections import withdraw_party
from auction.cases.payouts import PayoutAccount, account_number, name_payout_account
from auction.cases.queries import PartyView, parties
from auction.kernel.actor import Actor, Role
from auction.kernel.ids import CaseId, PartyId
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from tests.builders import APPLICANT, ELSEWHERE, OFFICER, RESPONDENT, a_case, an_actor, uid

HIMSELF = Actor(APPLICANT, frozenset({Role.BIDDER}))
SOMEBODY = Actor(RESPONDENT, frozenset({Role.BIDDER}))


async def by_role(database: Database, case_id: CaseId) -> dict[PartyRole, PartyView]:
    async with database.reading() as session:
        return {party.role: party for party in await parties(session, case_id)}


async def the_applicant(database: Database) -> PartyView:
    return (await by_role(database, await a_case(database)))[PartyRole.APPLICANT]


async def names(
    database: Database,
    party: PartyView,
    number: str,
    reason: str = "",
    *,
    actor: Actor = OFFICER,
    bank: str = "杭湾银行",
    name: str = "",
) -> Party:
    account = PayoutAccount(name=name or party.name, bank=bank, account=number, reason=reason)
    async with database.unit(actor) as work:
        return await name_payout_account(work, party.id, account=account)


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

    async def test_named_again_as_they_stand_need_no_reason(self, database: Database) -> None:
        applicant = await the_applicant(database)
        for number in ("6222020001", "6222 0200 01"):
            assert (await names(database, applicant, number)).payout_account == "6222020001"

    async def test_run_under_the_party_s_own_name_at_some_bank(self, database: Database) -> None:
        applicant = await the_applicant(database)
        for code, wrong in {
            "case.payout_name_differs": {"name": "某某"},
            "case.field_empty": {"bank": " "},
        }.items():
            with pytest.raises(Refusal) as refused:
                await names(database, applicant, "6222020001", **wrong)
            assert refused.value.code == code

    async def test_of_one_person_in_two_parts_may_be_the_same(self, database: Database) -> None:
        applicant = await the_applicant(database)
        await names(database, applicant, "6222020001")
        new = NewParty(
            id=PartyId(uid(210)), role=PartyRole.CREDITOR, name=applicant.name, person_id=APPLICANT
        )
        async with database.unit(OFFICER) as work:
            await add_party(work, applicant.case_id, new=new)
        creditor = (await by_role(database, applicant.case_id))[PartyRole.CREDITOR]
        assert (await names(database, creditor, "6222020001")).payout_account == "6222020001"

    async def test_of_who_has_left_are_not_named(self, database: Database) -> None:
        case_id = await a_case(database)
        respondent = (await by_role(database, case_id))[PartyRole.RESPONDENT]
        async with database.unit(OFFICER) as work:
            await withdraw_party(work, respondent.id, reason="误加")
        with pytest.raises(Refusal, match=r"case\.party_ended"):
            await names(database, respondent, "6222020001")


class TestWhoMayName:
    async def test_the_party_itself(self, database: Database) -> None:
        applicant = await the_applicant(database)
        named = await names(database, applicant, "6222020001", actor=HIMSELF)
        assert (named.payout_bank, named.payout_account) == ("杭湾银行", "6222020001")

    @pytest.mark.parametrize("actor", [SOMEBODY, an_actor(Role.OFFICER, 9, ELSEWHERE)])
    async def test_nobody_else_but_the_officer_of_its_court(
        self, database: Database, actor: Actor
    ) -> None:
        applicant = await the_applicant(database)
        with pytest.raises(Refusal, match="forbidden"):
            await names(database, applicant, "6222020001", actor=actor)
