"""Servers and workers die while people bid and pay: nothing is lost, nothing happens twice."""

import asyncio
import json
import os
import signal
from collections import Counter
from contextlib import suppress

import asyncpg
import pytest

from tests.journeys import roads
from tests.journeys.conftest import Platform
from workers.demo.journey import Journey
from workers.demo.statement_file import BankEntry
from workers.demo.steps import finance
from workers.demo.steps.bidding import expect, least, until_little_is_left

pytestmark = [pytest.mark.journey, pytest.mark.long]

KILLS = 4
CATCHING_UP_SECONDS_MAX = 150.0
"""A job of a killed worker is handed out again when its lease is over."""
UNDER_WAY = """
    SELECT count(*) FROM outbox WHERE kind = 'job' AND state = 'waiting' AND due_at > now()
"""
NOT_DONE = "SELECT count(*) FROM outbox WHERE state <> 'done'"
ORDERED_TWICE = """
    SELECT count(*) FROM
        (SELECT 1 FROM payment_orders GROUP BY owner_ref HAVING count(*) > 1) AS twice
"""
ONCE_EACH = (
    "notice.issued", "notice.rendered", "notice.served", "registration.qualified",
    "deposit.received", "deposit.release_ordered", "listing.passed_in", "session.closed",
)  # fmt: skip
"""Facts of which a stream, or one notice of it, has at most one."""


async def count(platform: Platform, statement: str) -> int:
    """A number out of the database, as its owner sees it."""
    connection = await asyncpg.connect(platform.settings.migration_database_url)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


async def caught_up(j: Journey, platform: Platform) -> None:
    """Wait until nothing is on its way any more; nothing may have been given up."""

    async def is_done() -> bool:
        return await count(platform, NOT_DONE) == 0

    await j.until(is_done, "every outbox row to be done", seconds=CATCHING_UP_SECONDS_MAX)


async def facts(j: Journey) -> list[dict[str, object]]:
    """The whole journal, as a supervisor takes it away."""
    page = await (await j.as_("supervisor")).get("/oversight/journal.jsonl")
    return [json.loads(line) for line in page.content.splitlines()]


async def books_hold(j: Journey) -> None:
    """Chains, trial balance and bank agree."""
    said = (await (await j.as_("supervisor")).get("/oversight")).said
    for words in ("全部链条校验通过", "借贷相等，差额 0.00", "账实相符"):
        assert words in said


async def test_bids_and_payments_go_on_while_valkey_is_away(platform: Platform) -> None:
    """Stopped before the opening, killed after the close: all that waited is done then."""
    j = platform.journey("valkey")
    await roads.price_lot(j, 105)
    await roads.offer(j, opens_in=roads.with_bidders(j))
    hall = await roads.join(j, platform, ["bidder4", "bidder5"])
    winner, other = hall["bidder4"], hall["bidder5"]
    valkey = platform.stack.pid_of("valkey")
    os.kill(valkey, signal.SIGSTOP)
    try:
        await roads.bid_once(other)
        await until_little_is_left(winner)
        expect(await winner.bid(least(winner)), "")
        assert winner.number("extensions") == 1
        async with platform.at_bank:
            stranger, account = finance.STRANGER
            stray = BankEntry(is_in=True, amount=finance.STRAY, name=stranger, account=account)
            await finance.take_statement(j, [stray])
        await roads.ended(winner, "sold")
        expect(await other.bid(least(other)), "late")
        assert await count(platform, NOT_DONE) > 0
    finally:
        os.kill(valkey, signal.SIGKILL)
    await finance.all_booked(j, seconds=CATCHING_UP_SECONDS_MAX)
    await roads.sold(j)
    await roads.deposit_says(j, "bidder5", "退还中")
    await roads.pay_balance(j, platform, "bidder4")
    await caught_up(j, platform)
    await books_hold(j)


async def kill_the_worker(j: Journey, platform: Platform) -> None:
    """Kill it as soon as a job is under way, again and again, each time another process."""

    async def is_at_work() -> bool:
        return await count(platform, UNDER_WAY) > 0

    for _ in range(KILLS):
        await j.until(is_at_work, "a job under way", seconds=CATCHING_UP_SECONDS_MAX)
        before = platform.stack.pid_of("worker")
        with suppress(ProcessLookupError):
            os.kill(before, signal.SIGKILL)

        async def is_another(before: int = before) -> bool:
            return platform.stack.pid_of("worker") != before

        await j.until(is_another, "another worker", seconds=CATCHING_UP_SECONDS_MAX)
        await asyncio.sleep(3)  # it has to be at work before it can be killed in the middle of it


async def test_a_worker_killed_in_the_middle_of_its_jobs_does_each_of_them_once(
    platform: Platform,
) -> None:
    """Through notices, deposits, codes and refunds of an auction in which nobody bids."""
    j = platform.journey("killed")
    await roads.price_lot(j, 106)
    killing = asyncio.create_task(kill_the_worker(j, platform))
    await roads.offer(j, opens_in=roads.with_bidders(j))
    for name in ("bidder1", "bidder2"):
        await roads.registration.register(j, name)
    async with platform.at_bank:
        await finance.take_deposits(j, ["bidder1", "bidder2"])
        await finance.all_booked(j, seconds=CATCHING_UP_SECONDS_MAX)
    await roads.lot_says(j, "一拍流拍")
    for name in ("bidder1", "bidder2"):
        await roads.deposit_says(j, name, "退还中")
    await killing
    await caught_up(j, platform)
    told = await facts(j)
    times = Counter(
        (fact["stream"], fact["kind"], str(fact["body"].get("notice")))  # type: ignore[attr-defined]
        for fact in told
        if fact["kind"] in ONCE_EACH
    )
    assert {key: n for key, n in times.items() if n > 1} == {}
    mine = [kind for (stream, kind, _) in times if stream == f"case:{j.text('case_id')}"]
    assert Counter(mine) == dict.fromkeys(ONCE_EACH[:3], 5)  # four parties and the public
    postings = Counter((fact["stream"], str(fact["body"])) for fact in told
                       if fact["kind"] == "posting.made")  # fmt: skip
    assert max(postings.values()) == 1
    assert await count(platform, ORDERED_TWICE) == 0
    await books_hold(j)
