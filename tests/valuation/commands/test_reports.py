from datetime import date, timedelta

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot, LotState
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.people.conflicts.barred import AuxiliaryBody
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
from valuation.report import AppraisalMethod, Check, ObjectionGround, ReportObjection, Signer


async def settle(stage: Stage) -> None:
    commission = await stage.commission()
    async with stage.by(SYSTEM) as work:
        await reports.settle_reference_price(work, commission.id)


async def object_to(
    stage: Stage, report_id, actor=APPLICANT, *, reasons="明显低于市价", name="objection"
) -> None:
    async with stage.by(actor) as work:
        await reports.raise_objection(
            work,
            report_id,
            objection_id=made(name),
            ground=ObjectionGround.RESULT,
            reasons=reasons,
        )


async def answer(
    stage: Stage, *, is_upheld: bool, words="已由机构书面说明", name="objection"
) -> None:
    async with stage.by(OFFICER) as work:
        await reports.answer_objection(work, made(name), is_upheld=is_upheld, answer=words)


class TestCommission:
    async def test_only_the_drawn_agency_can_answer(self, stage):
        await stage.held()
        commission = await stage.commission()
        own = await stage.staff_of(commission)
        other = next(agency(n) for n in range(1, 13) if agency(n) != own)
        with pytest.raises(Refusal, match="not_found"):
            async with stage.by(other) as work:
                await reports.accept_commission(work, commission.id)

    async def test_accepted_twice_it_is_accepted_once(self, stage):
        await stage.held()
        commission = await stage.commission()
        staff = await stage.staff_of(commission)
        for _ in range(2):
            async with stage.by(staff) as work:
                accepted = await reports.accept_commission(work, commission.id)
            due_at = accepted.report_due_at
            stage.clock.advance(timedelta(days=1))
        assert (accepted.state, accepted.report_due_at) == ("accepted", due_at)
        assert accepted.answered_at == stage.clock.now() - timedelta(days=2)
        async with stage.database.reading() as session:
            bodies = (await session.scalars(select(AuxiliaryBody))).all()
        assert [(one.lot_id, one.credit_code) for one in bodies] == [
            (commission.lot_id, commission.credit_code)
        ]

    async def test_a_decline_says_why(self, stage):
        await stage.held()
        commission = await stage.commission()
        with pytest.raises(Refusal, match=r"valuation\.ground_missing"):
            async with stage.by(await stage.staff_of(commission)) as work:
                await reports.decline_commission(work, commission.id, ground=" ")

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

    async def test_filed_twice_it_is_one(self, stage):
        report_id = await stage.reported()
        commission = await stage.commission()
        async with stage.by(await stage.staff_of(commission)) as work:
            again = await reports.submit_report(
                work, commission.id, report_id=report_id, draft=report_draft(value=Money(1))
            )
        assert (again.id, again.edition, again.value) == (report_id, 1, Money.yuan(1_000_000))

    async def test_faults_are_explained_and_a_check_is_made_once(self, stage):
        report_id = await stage.reported()
        with pytest.raises(Refusal, match=r"report\.remark_missing"):
            async with stage.by(OFFICER) as work:
                await reports.check_report(work, report_id, faults=[Check.SCOPE], remark=" ")
        async with stage.by(OFFICER) as work:
            await reports.check_report(work, report_id, faults=[], remark="")
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with stage.by(OFFICER) as work:
                await reports.check_report(work, report_id, faults=[], remark="")

    async def test_served_twice_it_is_served_once(self, stage):
        report_id = await stage.served()
        async with stage.by(OFFICER) as work:
            await reports.serve_report(work, report_id)
        async with stage.database.reading() as session:
            rows = await session.scalars(
                select(Notice).where(Notice.kind == NoticeKind.REPORT_SERVICE)
            )
            assert len(rows.all()) == 2

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

    async def test_without_a_report_there_is_no_price(self, stage):
        await stage.held()
        with pytest.raises(Refusal, match=r"report\.not_checked"):
            await settle(stage)

    async def test_an_objection_sent_twice_is_one(self, stage):
        report_id = await stage.served()
        for _ in range(2):
            await object_to(stage, report_id)
        async with stage.database.reading() as session:
            assert len((await session.scalars(select(ReportObjection))).all()) == 1

    async def test_an_objection_waits_for_the_service_and_says_why(self, stage):
        report_id = await stage.reported()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await object_to(stage, report_id)
        async with stage.by(OFFICER) as work:
            await reports.check_report(work, report_id, faults=[], remark="")
        async with stage.by(OFFICER) as work:
            await reports.serve_report(work, report_id)
        with pytest.raises(Refusal, match=r"valuation\.ground_missing"):
            await object_to(stage, report_id, reasons=" ")

    async def test_an_objection_is_answered_once_and_in_words(self, stage):
        await object_to(stage, await stage.served())
        with pytest.raises(Refusal, match=r"valuation\.ground_missing"):
            await answer(stage, is_upheld=False, words=" ")
        await answer(stage, is_upheld=False)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await answer(stage, is_upheld=True)
        assert (await stage.commission()).state == "served"

    async def test_a_second_objection_upheld_returns_the_report_once(self, stage):
        report_id = await stage.served()
        for name in ("objection", "second"):
            await object_to(stage, report_id, name=name)
        for name in ("objection", "second"):
            await answer(stage, is_upheld=True, name=name)
        assert (await stage.commission()).state == "correcting"

    async def test_a_stranger_cannot_object(self, stage):
        report_id = await stage.served()
        with pytest.raises(Refusal, match=r"objection\.not_a_party"):
            await object_to(stage, report_id, STRANGER)
