"""Who contributes to a draw and who is served, as the case's parties stand."""

import pytest
from sqlalchemy import select

from auction.cases.case import Case, Party, PartyRole
from auction.cases.commands import NewParty, add_party, stay_case
from auction.kernel.actor import Actor
from auction.kernel.ids import PartyId
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from tests.valuation.stage import APPLICANT, OFFICER, RESPONDENT, STRANGER, Stage, made
from valuation.drawing import Draw
from valuation.parties import (
    contributor,
    names_of,
    parties_of,
    require_open_case,
    serve_draw_record,
    serve_report_copies,
)
from valuation.report import Report


async def joins(stage: Stage, name: str, role: PartyRole) -> None:
    new = NewParty(id=PartyId(made(f"party {name}")), role=role, name=name, person_id=made(name))
    async with stage.by(OFFICER) as work:
        await add_party(work, made("case"), new=new)


async def notices(stage: Stage, kind: NoticeKind) -> list[Notice]:
    async with stage.database.reading() as session:
        rows = await session.scalars(select(Notice).where(Notice.kind == kind))
        return list(rows)


class TestContributors:
    @pytest.mark.parametrize(
        ("actor", "who"),
        [(OFFICER, "officer"), (APPLICANT, "applicant"), (RESPONDENT, "respondent")],
    )
    async def test_are_the_officer_and_both_sides(
        self, stage: Stage, actor: Actor, who: str
    ) -> None:
        await stage.announced()
        async with stage.by(actor) as work:
            assert await contributor(work, await work.load(Draw, stage.draw_id)) == who

    async def test_are_nobody_else(self, stage: Stage) -> None:
        await stage.announced()
        await joins(stage, "creditor", PartyRole.CREDITOR)
        for actor in (STRANGER, Actor(made("creditor"), APPLICANT.roles)):
            with pytest.raises(Refusal, match=r"draw\.not_a_contributor"):
                async with stage.by(actor) as work:
                    await contributor(work, await work.load(Draw, stage.draw_id))

    def test_a_second_one_of_a_side_is_numbered_and_who_has_no_account_is_left_out(self) -> None:
        parties = [
            Party(role=role, person_id=person)
            for role, person in (
                (PartyRole.RESPONDENT, made("r")),
                (PartyRole.APPLICANT, made("a")),
                (PartyRole.RESPONDENT, None),
                (PartyRole.RESPONDENT, made("r3")),
            )
        ]
        assert names_of(Case(officer_id=made("officer")), parties) == [
            ("officer", made("officer")),
            ("applicant", made("a")),
            ("respondent", made("r")),
            ("respondent-3", made("r3")),
        ]


class TestAnOpenCase:
    async def test_is_needed_for_every_decision(self, stage: Stage) -> None:
        await stage.seized()
        async with stage.by(OFFICER) as work:
            await require_open_case(work, made("case"))
        async with stage.by(OFFICER) as work:
            await stay_case(work, made("case"), ground="暂缓执行")
        with pytest.raises(Refusal, match=r"case\.not_open"):
            async with stage.by(OFFICER) as work:
                await require_open_case(work, made("case"))

    async def test_lists_its_parties_in_the_order_they_were_added(self, stage: Stage) -> None:
        await stage.seized()
        await joins(stage, "creditor", PartyRole.CREDITOR)
        async with stage.by(OFFICER) as work:
            roles = [party.role for party in await parties_of(work, made("case"))]
        assert roles == [PartyRole.APPLICANT, PartyRole.RESPONDENT, PartyRole.CREDITOR]


class TestService:
    async def test_of_a_draw_goes_to_both_sides_with_what_lets_them_check_it(
        self, stage: Stage
    ) -> None:
        await stage.held()
        await joins(stage, "creditor", PartyRole.CREDITOR)
        async with stage.by(OFFICER) as work:
            draw = await work.load(Draw, stage.draw_id)
            await serve_draw_record(work, draw, transcript_digest="ab" * 32)
        told = await notices(stage, NoticeKind.DRAW_RECORD)
        sent = [notice for notice in told if notice.facts["transcript_digest"] == "ab" * 32]
        assert {notice.addressee_person_id for notice in sent} == {
            made("applicant"),
            made("respondent"),
        }
        facts = sent[0].facts
        assert facts["draw_id"] == draw.digest
        assert facts["roster_size"] == 12

    async def test_of_a_report_goes_to_everybody_with_an_interest(self, stage: Stage) -> None:
        report_id = await stage.reported()
        await joins(stage, "creditor", PartyRole.CREDITOR)
        commission = await stage.commission()
        async with stage.by(OFFICER) as work:
            report = await work.load(Report, report_id)
            await serve_report_copies(work, commission, report)
        sent = await notices(stage, NoticeKind.REPORT_SERVICE)
        assert {notice.addressee_person_id for notice in sent} == {
            made("applicant"),
            made("respondent"),
            made("creditor"),
        }
        assert {notice.facts["appraised_value_fen"] for notice in sent} == {100_000_000}
