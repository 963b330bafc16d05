from dataclasses import replace
from datetime import date

import pytest

from auction.cases.case import CASE_LIFE, Case, CaseState, CaseTrigger, PartyRole
from auction.cases.claims import ClaimKind
from auction.cases.commands import (
    NewCase,
    NewClaim,
    NewParty,
    add_party,
    case_number,
    close_case,
    open_case,
    register_claim,
    resume_case,
    stay_case,
)
from auction.cases.payouts import PayoutAccount, name_payout_account
from auction.cases.queries import cases_of_court, claims, parties
from auction.kernel.actor import Actor, Role
from auction.kernel.ids import CaseId, ClaimId, PartyId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.store.database import Database
from tests.builders import APPLICANT, COURT, ELSEWHERE, OFFICER, a_case, an_actor, uid

NEW = NewCase(
    id=CaseId(uid(100)),
    number="(2026)浙0199执88号",
    enforcement_basis="（2025）浙0199民初1号民事判决书",
    debtor_is_enterprise=False,
)


async def refusal(database: Database, actor: Actor, **changes: object) -> str:
    with pytest.raises(Refusal) as refused:
        async with database.unit(actor) as work:
            await open_case(work, new=replace(NEW, **changes))
    return refused.value.code


class TestOpening:
    async def test_a_case_is_opened_at_the_officers_court_under_one_form_of_its_number(
        self, database: Database
    ) -> None:
        async with database.unit(OFFICER) as work:
            await open_case(work, new=NEW)
        async with database.reading() as session:
            (case,) = await cases_of_court(session, COURT)
        assert (case.number, case.state) == ("（2026）浙0199执88号", CaseState.OPEN)

    async def test_the_same_case_sent_twice_is_opened_once(self, database: Database) -> None:
        for _ in range(2):
            async with database.unit(OFFICER) as work:
                await open_case(work, new=NEW)
        async with database.reading() as session:
            assert len(await cases_of_court(session, COURT)) == 1

    async def test_a_number_is_given_once(self, database: Database) -> None:
        async with database.unit(OFFICER) as work:
            await open_case(work, new=NEW)
        assert await refusal(database, OFFICER, id=uid(101)) == "case.number.conflict"

    async def test_what_is_wrong_is_said(self, database: Database) -> None:
        assert await refusal(database, OFFICER, number="88号") == "case.number_malformed"
        assert await refusal(database, OFFICER, enforcement_basis=" ") == "case.field_empty"

    async def test_only_an_officer_with_a_court_opens_cases(self, database: Database) -> None:
        assert await refusal(database, an_actor(Role.PANEL, 9)) == "forbidden"
        assert await refusal(database, an_actor(Role.OFFICER, 9, None)) == "forbidden"

    @pytest.mark.parametrize(
        "number", ["（2026）浙0199执恢8号", "（2026）浙0199执88号之一", " （2026） 浙0199执 88号 "]
    )
    def test_usual_numbers_are_known(self, number: str) -> None:
        assert case_number(number) == "".join(number.split())


class TestParties:
    async def test_the_same_person_has_one_part_once(self, database: Database) -> None:
        case_id = await a_case(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                again = NewParty(
                    id=PartyId(uid(200)), role=PartyRole.APPLICANT, name="甲", person_id=APPLICANT
                )
                await add_party(work, case_id, new=again)
        assert refused.value.code == "case.party.conflict"

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

    async def test_without_accounts_the_name_tells_who_is_who(self, database: Database) -> None:
        case_id = await a_case(database)
        for number, name, code in (
            (200, "甲", ""),
            (201, " 甲 ", "case.party.conflict"),
            (202, "乙", ""),
        ):
            new = NewParty(id=PartyId(uid(number)), role=PartyRole.CREDITOR, name=name)
            if not code:
                async with database.unit(OFFICER) as work:
                    await add_party(work, case_id, new=new)
                continue
            with pytest.raises(Refusal) as refused:
                async with database.unit(OFFICER) as work:
                    await add_party(work, case_id, new=new)
            assert refused.value.code == code

    async def test_one_person_may_have_two_parts_on_one_side(self, database: Database) -> None:
        case_id = await a_case(database)
        new = NewParty(
            id=PartyId(uid(200)), role=PartyRole.CREDITOR, name="杭湾商业银行", person_id=APPLICANT
        )
        for _ in range(2):  # sent twice it is added once
            async with database.unit(OFFICER) as work:
                assert (await add_party(work, case_id, new=new)).id == new.id
        async with database.reading() as session:
            roles = [party.role for party in await parties(session, case_id)]
        assert roles.count(PartyRole.CREDITOR) == 1

    async def test_another_court_may_not(self, database: Database) -> None:
        case_id = await a_case(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(an_actor(Role.OFFICER, 9, ELSEWHERE)) as work:
                party = NewParty(id=PartyId(uid(200)), role=PartyRole.CREDITOR, name="甲")
                await add_party(work, case_id, new=party)
        assert refused.value.code == "forbidden"

    async def test_money_goes_to_an_account_of_the_partys_own_name(
        self, database: Database
    ) -> None:
        case_id = await a_case(database)
        async with database.reading() as session:
            known = await parties(session, case_id)
        applicant = next(party for party in known if party.role is PartyRole.APPLICANT)
        own = PayoutAccount(name=applicant.name, bank="杭湾银行", account="6222020001")
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await name_payout_account(work, applicant.id, account=replace(own, name="李四"))
        assert refused.value.code == "case.payout_name_differs"
        with pytest.raises(Refusal) as refused:
            async with database.unit(an_actor(Role.BIDDER, 77, None)) as work:
                await name_payout_account(work, applicant.id, account=own)
        assert refused.value.code == "forbidden"
        async with database.unit(Actor(APPLICANT, frozenset({Role.BIDDER}))) as work:
            party = await name_payout_account(work, applicant.id, account=own)
        assert party.payout_account == "6222020001"


class TestClaims:
    async def test_a_claim_without_amount_rank_or_creditor_is_refused(
        self, database: Database
    ) -> None:
        case_id = await a_case(database)
        async with database.reading() as session:
            by_role = {party.role: party for party in await parties(session, case_id)}
        applicant, respondent = by_role[PartyRole.APPLICANT], by_role[PartyRole.RESPONDENT]
        sound = NewClaim(
            id=ClaimId(uid(300)),
            party_id=applicant.id,
            kind=ClaimKind.MORTGAGE,
            title_document="抵押合同",
            principal=Money(1),
            since=date(2019, 5, 6),
        )
        wrong = {
            "case.claim_empty": replace(sound, principal=ZERO),
            "case.claim_rank_undated": replace(sound, since=None),
            "case.claim_not_a_creditors": replace(sound, party_id=respondent.id),
            "case.seizure_order_wrong": replace(sound, seizure_order=0),
            "case.field_empty": replace(sound, title_document=""),
        }
        for code, new in wrong.items():
            with pytest.raises(Refusal) as refused:
                async with database.unit(OFFICER) as work:
                    await register_claim(work, case_id, new=new)
            assert refused.value.code == code
        for _ in range(2):
            async with database.unit(OFFICER) as work:
                await register_claim(work, case_id, new=sound)
        async with database.reading() as session:
            known = await claims(session, case_id)
        assert sorted(claim.kind for claim in known) == [ClaimKind.MORTGAGE, ClaimKind.ORDINARY]
        assert {claim.creditor for claim in known} == {applicant.name}


class TestLife:
    async def test_a_case_is_stayed_resumed_and_closed(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.unit(OFFICER) as work:
            stayed = await stay_case(work, case_id, ground="案外人异议")
            assert (stayed.state, stayed.stay_ground) == (CaseState.STAYED, "案外人异议")
        async with database.unit(OFFICER) as work:
            await resume_case(work, case_id)
        async with database.unit(OFFICER) as work:
            await close_case(work, case_id)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                party = NewParty(id=PartyId(uid(201)), role=PartyRole.CREDITOR, name="甲")
                await add_party(work, case_id, new=party)
        assert refused.value.code == "case.closed"

    @pytest.mark.parametrize("state", CaseState)
    @pytest.mark.parametrize("trigger", CaseTrigger)
    def test_every_other_step_is_refused(self, state: CaseState, trigger: CaseTrigger) -> None:
        case = Case(state=state)
        if (state, trigger) in CASE_LIFE:
            case.advance(trigger)
            assert case.state is CASE_LIFE[state, trigger]
        else:
            with pytest.raises(Refusal):
                case.advance(trigger)
