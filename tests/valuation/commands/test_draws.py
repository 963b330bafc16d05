from dataclasses import replace

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Role
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice
from auction.store import journal
from auction.store.journal import JournalEntry
from tests.staff import employ
from tests.valuation.stage import (
    APPLICANT,
    OFFICER,
    RESPONDENT,
    STRANGER,
    SUPERVISOR,
    Stage,
    made,
    nonce,
)
from valuation.commands import draws
from valuation.drawing import DrawContribution, DrawProof, course_of, transcript_of
from valuation.verifying import is_good, verify


async def kinds_of(stage: Stage) -> list[str]:
    async with stage.database.reading() as session:
        rows = await session.scalars(
            select(JournalEntry.kind)
            .where(JournalEntry.stream == f"draw:{stage.draw_id}")
            .order_by(JournalEntry.seq)
        )
        return list(rows)


async def transcript(stage: Stage):
    draw = await stage.draw()
    async with stage.database.reading() as session:
        given = await session.scalars(select(DrawContribution))
        proofs = await session.scalars(select(DrawProof))
        return transcript_of(draw, course_of(draw, given.all(), proofs.all()))


class TestTheWholeDraw:
    async def test_its_messages_stand_in_the_journal_in_their_order(self, stage):
        await stage.held()
        assert await kinds_of(stage) == [
            "draw.open",
            "draw.commit",
            "draw.commit",
            "draw.commit_close",
            "draw.reveal",
            "draw.reveal",
            "draw.reveal_close",
            "draw.proof",
            "draw.proof",
            "draw.result",
        ]
        async with stage.database.reading() as session:
            assert (await journal.verify(session)).is_sound

    async def test_its_transcript_stands_the_public_verification(self, stage):
        await stage.held()
        said = await transcript(stage)
        assert is_good(verify(said))
        assert len(said.result) == 3

    async def test_the_first_agency_is_asked_and_both_sides_are_told(self, stage):
        await stage.held()
        draw = await stage.draw()
        assert (await stage.commission()).credit_code == (draw.result or "").split()[0]
        async with stage.database.reading() as session:
            notices = (await session.scalars(select(Notice))).all()
        assert {notice.addressee_person_id for notice in notices} == {
            made("applicant"),
            made("respondent"),
        }
        assert [row["rank"] for row in notices[0].facts["agencies"]] == [1, 2, 3]


class TestContributing:
    async def test_a_stranger_to_the_case_is_refused(self, stage):
        await stage.announced()
        with pytest.raises(Refusal, match=r"draw\.not_a_contributor"):
            await stage.commit(STRANGER, "applicant")

    async def test_a_second_different_commitment_is_refused_and_the_first_kept(self, stage):
        await stage.announced()
        await stage.commit(APPLICANT, "applicant")
        with pytest.raises(Refusal, match=r"draw\.commit\.conflict"):
            await stage.commit(APPLICANT, "applicant", "11" * 32)
        await stage.commit(APPLICANT, "applicant")
        assert await kinds_of(stage) == ["draw.open", "draw.commit"]

    async def test_what_is_no_digest_is_refused(self, stage):
        await stage.announced()
        for digest in ("12", "Z" * 64, "AB" * 32):
            with pytest.raises(Refusal, match=r"draw\.not_a_digest"):
                await stage.commit(APPLICANT, "applicant", digest)

    async def test_commitments_do_not_close_before_their_time(self, stage):
        await stage.announced()
        await stage.commit(APPLICANT, "applicant")
        with pytest.raises(Refusal, match=r"draw\.too_early"):
            async with stage.by(SYSTEM) as work:
                await draws.close_commits(work, stage.draw_id)

    async def test_commitments_stay_open_until_somebody_from_outside_has_given_one(self, stage):
        await stage.announced()
        await stage.commit(OFFICER, "officer")
        with pytest.raises(Refusal, match=r"draw\.no_outside_contributor"):
            await stage.close_commits()
        await stage.commit(RESPONDENT, "respondent")
        await stage.close_commits()
        assert (await stage.draw()).state == "revealing"

    async def test_a_late_commitment_is_refused(self, stage):
        await stage.revealing()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            await stage.commit(RESPONDENT, "respondent")

    async def test_a_wrong_number_reveals_nothing(self, stage):
        await stage.revealing()
        with pytest.raises(Refusal, match=r"draw\.reveal_opens_nothing"):
            async with stage.by(APPLICANT) as work:
                await draws.place_reveal(work, stage.draw_id, nonce=nonce("officer"))

    async def test_a_reveal_sent_twice_is_journaled_once(self, stage):
        await stage.revealing()
        await stage.reveal(APPLICANT, "applicant")
        await stage.reveal(APPLICANT, "applicant")
        assert (await kinds_of(stage)).count("draw.reveal") == 1

    async def test_reveals_do_not_close_before_their_time(self, stage):
        await stage.revealing()
        with pytest.raises(Refusal, match=r"draw\.too_early"):
            async with stage.by(SYSTEM) as work:
                await draws.close_reveals(work, stage.draw_id)


class TestProving:
    async def test_a_proof_sent_twice_is_journaled_once(self, stage):
        await stage.proving()
        await stage.prove("platform")
        await stage.prove("platform")
        assert (await kinds_of(stage)).count("draw.proof") == 1

    async def test_a_proof_of_another_key_is_refused(self, stage):
        await stage.proving()
        with pytest.raises(Refusal, match=r"draw\.proof_wrong"):
            async with stage.by(SYSTEM) as work:
                await draws.record_proof(work, stage.draw_id, role="platform", proof="00" * 80)

    async def test_one_proof_is_not_enough(self, stage):
        await stage.proving()
        await stage.prove("platform")
        with pytest.raises(Refusal, match=r"draw\.proof_missing"):
            async with stage.by(SYSTEM) as work:
                await draws.hold_draw(work, stage.draw_id)

    async def test_a_withheld_reveal_does_not_stop_the_draw(self, stage):
        await stage.revealing()
        await stage.reveal(OFFICER, "officer")
        await stage.close_reveals()
        for role in ("platform", "court-supervision"):
            await stage.prove(role)
        async with stage.by(SYSTEM) as work:
            await draws.hold_draw(work, stage.draw_id)
        said = await transcript(stage)
        assert [(one.who, one.reveal is None) for one in said.contrib] == [
            ("applicant", True),
            ("officer", False),
        ]
        assert is_good(verify(said))


class TestVoid:
    async def test_it_takes_two(self, stage):
        await stage.announced()
        with pytest.raises(Refusal, match=r"approval\.not_proposed"):
            async with stage.by(SUPERVISOR) as work:
                await draws.void_draw(work, stage.draw_id, seen="0" * 64)
        await stage.void()
        assert (await stage.draw()).state == "void"

    async def test_is_asked_for_with_a_ground_and_not_twice(self, stage):
        await stage.announced()
        with pytest.raises(Refusal, match=r"valuation\.ground_missing"):
            async with stage.by(OFFICER) as work:
                await draws.ask_void(work, stage.draw_id, ground=" ", ruling_digest="ef" * 32)
        await stage.void()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with stage.by(OFFICER) as work:
                await draws.ask_void(work, stage.draw_id, ground="故障", ruling_digest="ef" * 32)

    async def test_who_asked_does_not_decide(self, stage):
        await stage.announced()
        both = replace(OFFICER, roles=frozenset({Role.OFFICER, Role.SUPERVISOR}))
        await employ(stage.database, both)
        async with stage.by(both) as work:
            asked = await draws.ask_void(
                work, stage.draw_id, ground="故障", ruling_digest="ef" * 32
            )
        with pytest.raises(Refusal, match=r"approval\.same_person"):
            async with stage.by(both) as work:
                await draws.void_draw(work, stage.draw_id, seen=asked.payload_hash)

    async def test_for_another_ground_than_was_read_is_not_decided(self, stage):
        await stage.announced()
        asked = []
        for ground in ("故障", "名单有误"):
            async with stage.by(OFFICER) as work:
                asked.append(
                    await draws.ask_void(
                        work, stage.draw_id, ground=ground, ruling_digest="ef" * 32
                    )
                )
        with pytest.raises(Refusal, match=r"approval\.payload_changed"):
            async with stage.by(SUPERVISOR) as work:
                await draws.void_draw(work, stage.draw_id, seen=asked[0].payload_hash)

    async def test_a_void_draw_ends_its_commissions(self, stage):
        await stage.held()
        await stage.void()
        assert (await stage.commission()).state == "replaced"
