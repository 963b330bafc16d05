from datetime import date, timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot, LotState
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from tests.valuation.stage import (
    APPLICANT,
    OFFICER,
    STRANGER,
    Stage,
    agency,
    made,
    report_draft,
)
from valuation.assignment import Assignment
from valuation.commands import reports
from valuation.report import AppraisalMethod, Check, ObjectionGround, Signer


async def settle(stage: Stage) -> None:
    commission = await stage.commission()
    async with stage.by(SYSTEM) as work:
        await reports.settle_reference_price(work, commission.id)


async def object_to(stage: Stage, report_id, actor=APPLICANT) -> None:
    async with stage.by(actor) as work:
        await reports.raise_objection(
            work,
            report_id,
            objection_id=made("objection"),
            ground=ObjectionGround.RESULT,
            reasons="明显低于市价",
        )


async def answer(stage: Stage, *, is_upheld: bool) -> None:
    async with stage.by(OFFICER) as work:
        await reports.answer_objection(
            work, made("objection"), is_upheld=is_upheld, answer="已由机构书面说明"
        )


class TestCommission:
    async def test_only_the_drawn_agency_can_answer(self, stage):
        await stage.held()
        commission = await stage.commission()
        own = await stage.staff_of(commission)
        other = next(agency(n) for n in range(1, 13) if agency(n) != own)
        with pytest.raises(Refusal, match="not_found"):
            async with stage.by(other) as work:
                await reports.accept_commission(work, commission.id)

    async def test_a_decline_turns_to_the_second_agency_of_the_draw(self, stage):
        await stage.held()
        first = await stage.commission()
        async with stage.by(await stage.staff_of(first)) as work:
            await reports.decline_commission(work, first.id, ground="与被执行人有利害关系")
        second = await stage.commission(2)
        assert second.credit_code == ((await stage.draw()).result or "").split()[1]

    async def test_a_late_agency_is_replaced_but_not_before(self, stage):
        await stage.held()
        first = await stage.commission()
        with pytest.raises(Refusal, match=r"report\.not_late"):
            async with stage.by(SYSTEM) as work:
                await reports.replace_late_agency(work, first.id)
        stage.clock.advance(timedelta(days=40))
        async with stage.by(SYSTEM) as work:
            await reports.replace_late_agency(work, first.id)
        assert (await stage.commission(2)).state == "offered"

    async def test_when_all_three_are_out_nobody_is_asked(self, stage):
        await stage.held()
        for rank in (1, 2, 3):
            commission = await stage.commission(rank)
            async with stage.by(await stage.staff_of(commission)) as work:
                await reports.decline_commission(work, commission.id, ground="回避")
        assert (await stage.commission(3)).state == "declined"


class TestReport:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"methods": (AppraisalMethod.MARKET,) * 2}, "report.too_few_methods"),
            ({"signers": (Signer("甲", "1"), Signer("乙", "1"))}, "report.too_few_signers"),
            ({"signers": (Signer("甲", "1"), Signer(" ", "2"))}, "report.too_few_signers"),
            ({"value": Money(0)}, "report.value_missing"),
            ({"based_on": date(2027, 1, 1)}, "report.base_date_ahead"),
            ({"valid_until_on": date(2027, 3, 2)}, "report.validity_wrong"),
            ({"valid_until_on": date(2026, 3, 1)}, "report.validity_wrong"),
        ],
    )
    async def test_one_that_cannot_stand_is_refused(self, stage, changes, code):
        await stage.held()
        commission = await stage.commission()
        staff = await stage.staff_of(commission)
        async with stage.by(staff) as work:
            await reports.accept_commission(work, commission.id)
        with pytest.raises(Refusal) as no:
            async with stage.by(staff) as work:
                await reports.submit_report(
                    work, commission.id, report_id=made("r"), draft=report_draft(**changes)
                )
        assert no.value.code == code

    async def test_a_faulty_one_goes_back_and_comes_again_as_the_next_edition(self, stage):
        report_id = await stage.reported()
        async with stage.by(OFFICER) as work:
            await reports.check_report(work, report_id, faults=[Check.SCOPE], remark="遗漏地下车位")
        commission = await stage.commission()
        assert commission.state == "correcting"
        async with stage.by(await stage.staff_of(commission)) as work:
            again = await reports.submit_report(
                work, commission.id, report_id=made("second"), draft=report_draft()
            )
            assert again.edition == 2

    async def test_an_unchecked_one_is_not_served(self, stage):
        report_id = await stage.reported()
        with pytest.raises(Refusal, match=r"report\.not_checked"):
            async with stage.by(OFFICER) as work:
                await reports.serve_report(work, report_id)

    async def test_service_goes_to_every_party(self, stage):
        await stage.served()
        async with stage.database.reading() as session:
            rows = await session.scalars(
                select(Notice).where(Notice.kind == NoticeKind.REPORT_SERVICE)
            )
            addressees = {row.addressee_person_id for row in rows}
        assert addressees == {made("applicant"), made("respondent")}


class TestPrice:
    async def test_it_is_fixed_when_the_time_to_object_is_over(self, stage):
        await stage.served()
        with pytest.raises(Refusal, match=r"objection\.window_open"):
            await settle(stage)
        stage.clock.advance(timedelta(days=10))
        await settle(stage)
        async with stage.database.reading() as session:
            lot = await session.get(Lot, stage.lot_id)
            assignment = await session.get(Assignment, stage.assignment_id)
        assert lot is not None
        assert assignment is not None
        assert lot.state is LotState.PRICED
        assert lot.reference_price is not None
        assert lot.reference_price.amount == Money.yuan(1_000_000)
        assert lot.reference_price.method == "appraisal"
        assert assignment.state == "fixed"

    async def test_it_waits_until_the_papers_have_arrived(self, stage):
        report_id = await stage.reported()
        async with stage.by(OFFICER) as work:
            await reports.check_report(work, report_id, faults=[], remark="")
        async with stage.by(OFFICER) as work:
            await reports.serve_report(work, report_id)
        stage.clock.advance(timedelta(days=10))
        with pytest.raises(Refusal, match=r"report\.not_yet_served"):
            await settle(stage)

    async def test_an_open_objection_holds_it_until_it_is_dismissed(self, stage):
        report_id = await stage.served()
        await object_to(stage, report_id)
        stage.clock.advance(timedelta(days=10))
        with pytest.raises(Refusal, match=r"objection\.open"):
            await settle(stage)
        await answer(stage, is_upheld=False)
        await settle(stage)

    async def test_an_upheld_objection_sends_the_report_back(self, stage):
        report_id = await stage.served()
        await object_to(stage, report_id)
        await answer(stage, is_upheld=True)
        assert (await stage.commission()).state == "correcting"

    async def test_a_late_objection_is_refused(self, stage):
        report_id = await stage.served()
        stage.clock.advance(timedelta(days=10))
        with pytest.raises(Refusal, match=r"objection\.too_late"):
            await object_to(stage, report_id)

    async def test_a_stranger_cannot_object(self, stage):
        report_id = await stage.served()
        with pytest.raises(Refusal, match=r"objection\.not_a_party"):
            await object_to(stage, report_id, STRANGER)
