"""Delivery: the worker sets the paper, keeps it, serves it; twice is once."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.actor import SYSTEM
from auction.kernel.canonical import sha256_hex
from auction.notices.commands import issue_notice
from auction.notices.notice import Notice, NoticeState
from auction.notices.render import paper_of, render
from auction.store.keys import KeyHolder
from auction.store.outbox import OutboxRow, OutboxState
from tests.auction.notices.test_commands import OFFICER, a_draft
from workers.jobs import run_job
from workers.wiring import Context


async def issued(context: Context) -> UUID:
    async with context.database.unit(OFFICER) as work:
        return (await issue_notice(work, draft=a_draft())).id


async def waiting(context: Context, name: str) -> list[UUID]:
    async with context.database.reading() as session:
        rows = select(OutboxRow.id).where(
            OutboxRow.name == name, OutboxRow.state == OutboxState.WAITING
        )
        return list(await session.scalars(rows))


async def the(context: Context, key: UUID) -> Notice:
    async with context.database.reading() as session:
        return await session.get_one(Notice, key)


async def work_off(context: Context, name: str, times: int = 1) -> None:
    (row,) = await waiting(context, name)
    for _ in range(times):
        await run_job({"context": context}, str(row))


async def test_an_issued_notice_is_rendered_and_served(context: Context) -> None:
    key = await issued(context)
    await work_off(context, "render_notice")
    await work_off(context, "serve_notice")
    notice = await the(context, key)
    assert notice.state is NoticeState.SERVED
    assert notice.digest is not None
    content = await context.files.get(notice.digest)
    assert content.startswith(b"%PDF-1.7")
    assert sha256_hex(content) == notice.digest
    unsigned = render(paper_of(notice), context.settings.web_origin)
    assert content.startswith(unsigned)
    assert sha256_hex(unsigned) == notice.unsigned_digest


async def test_a_paper_waits_while_the_keeper_of_its_key_is_silent(
    context: Context, tmp_path: Path
) -> None:
    key = await issued(context)
    silent = replace(context, keys=KeyHolder(tmp_path / "nobody.sock"))
    (row,) = await waiting(context, "render_notice")
    await run_job({"context": silent}, str(row))
    assert (await the(context, key)).state is NoticeState.ISSUED
    await work_off(context, "render_notice")
    assert (await the(context, key)).state is NoticeState.RENDERED


async def test_a_job_handed_over_twice_renders_once(context: Context) -> None:
    await issued(context)
    await work_off(context, "render_notice", times=3)
    assert len(await waiting(context, "serve_notice")) == 1


async def test_a_paper_that_cannot_be_set_waits_and_says_why(context: Context) -> None:
    draft = a_draft()
    async with context.database.unit(OFFICER) as work:
        notice = await issue_notice(work, draft=draft)
        notice.facts = {**notice.facts, "buyer_name": "\ue000"}
    await work_off(context, "render_notice")
    (row,) = await waiting(context, "render_notice")
    async with context.database.reading() as session:
        assert "notice.cannot_be_set" in (await session.get_one(OutboxRow, row)).error
    assert (await the(context, notice.id)).state is NoticeState.ISSUED


@pytest.mark.parametrize("job", ["render_notice", "serve_notice"])
async def test_a_notice_that_is_not_there_is_a_counted_failure(context: Context, job: str) -> None:
    async with context.database.unit(SYSTEM) as work:
        work.enqueue(job, notice_id=str(UUID(int=5)))
    await work_off(context, job)
    assert len(await waiting(context, job)) == 1
