"""Servers and workers die while people bid and pay; a walk makes the trouble and waits it out."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from tests.journeys import roads
from tests.journeys.conftest import Platform
from workers.demo.journey import Journey
from workers.demo.statement_file import BankEntry
from workers.demo.steps import finance, registration
from workers.demo.steps.bidding import expect, least, until_little_is_left

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
ISSUED = ("notice.issued", "notice.rendered", "notice.served")
ONCE_EACH = (
    *ISSUED, "registration.qualified", "deposit.received", "deposit.release_ordered",
    "listing.passed_in", "session.closed",
)  # fmt: skip
"""Facts of which a stream, or one notice or listing of it, has at most one."""


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


def doubled(told: Sequence[roads.Fact]) -> dict[tuple[str, ...], int]:
    """The facts that happened twice; a posting, by all that its entry says."""
    times = Counter(
        (fact.stream, fact.kind, str(fact.body.get("notice") or fact.body.get("listing")))
        for fact in told
        if fact.kind in ONCE_EACH
    )
    times += Counter(
        (fact.stream, fact.kind, str(fact.body)) for fact in told if fact.kind == "posting.made"
    )
    return {key: n for key, n in times.items() if n > 1}


async def kill_the_worker(j: Journey, platform: Platform) -> None:
    """Kill it as soon as a job is under way, and wait for another process."""

    async def is_at_work() -> bool:
        return await count(platform, UNDER_WAY) > 0

    await j.until(is_at_work, "a job under way", seconds=CATCHING_UP_SECONDS_MAX)
    before = platform.stack.pid_of("worker")
    with suppress(ProcessLookupError):
        os.kill(before, signal.SIGKILL)

    async def is_another() -> bool:
        return platform.stack.pid_of("worker") != before

    await j.until(is_another, "another worker", seconds=CATCHING_UP_SECONDS_MAX)


async def valkey_is_away(j: Journey, platform: Platform) -> None:
    """A worker is killed over the first papers; Valkey stops before the opening of an auction,
    and what waited is done when another one has taken its place after the close.
    """
    await roads.price_lot(j, 105)
    killing = asyncio.create_task(kill_the_worker(j, platform))
    await roads.offer(j, opens_in=roads.with_bidders(j))
    await killing
    hall = await roads.join(j, platform, ["bidder4", "bidder5"])
    winner, other = hall["bidder4"], hall["bidder5"]
    valkey = platform.stack.pid_of("valkey")
    os.kill(valkey, signal.SIGSTOP)
    try:
        await roads.bid_once(other)
        await until_little_is_left(winner)
        expect(await winner.bid(least(winner)), "")
        j.facts["extensions"] = winner.number("extensions")
        async with platform.at_bank:
            stranger, account = finance.STRANGER
            stray = BankEntry(is_in=True, amount=finance.STRAY, name=stranger, account=account)
            await finance.take_statement(j, [stray])
        await roads.ended(winner, "sold")
        j.facts["late"] = (await other.bid(least(other)))["reason"]
        j.facts["waiting"] = await count(platform, NOT_DONE)
    finally:
        os.kill(valkey, signal.SIGKILL)
    await finance.all_booked(j, seconds=CATCHING_UP_SECONDS_MAX)
    await roads.sold(j)
    await roads.deposit_says(j, "bidder5", "退还中")
    await roads.pay_balance(j, platform, "bidder4")
    await caught_up(j, platform)
    await look_back(j, platform)


async def the_worker_dies(j: Journey, platform: Platform) -> None:
    """Killed again and again through notices, deposits, codes and refunds of an auction."""
    await roads.price_lot(j, 106)
    killing = asyncio.create_task(_kill_again_and_again(j, platform))
    await roads.offer(j, opens_in=roads.with_bidders(j))
    for name in ("bidder1", "bidder2"):
        await registration.register(j, name)
    async with platform.at_bank:
        await finance.take_deposits(j, ["bidder1", "bidder2"])
        await finance.all_booked(j, seconds=CATCHING_UP_SECONDS_MAX)
    await roads.lot_says(j, "一拍流拍")
    for name in ("bidder1", "bidder2"):
        await roads.deposit_says(j, name, "退还中")
    await killing
    await caught_up(j, platform)
    await look_back(j, platform)


KILLS = 4


async def _kill_again_and_again(j: Journey, platform: Platform) -> None:
    for _ in range(KILLS):
        await kill_the_worker(j, platform)
        await asyncio.sleep(3)  # it has to be at work before it can be killed in the middle of it


async def look_back(j: Journey, platform: Platform) -> None:
    """What the journal, the orders and the book say when it is over."""
    told = await roads.journal(j)
    stream = f"case:{j.text('case_id')}"
    j.facts["doubled"] = doubled(told)
    j.facts["papers"] = Counter(
        fact.kind for fact in told if fact.stream == stream and fact.kind in ISSUED
    )
    j.facts["named"] = {
        digest
        for fact in told
        if fact.kind in {"notice.rendered", "asset.photographed"}
        for name, digest in fact.body.items()
        if name in {"digest", "sealed"}
    }
    j.facts["kept"] = platform.bucket.digests() if platform.bucket else set()
    j.facts["has_folder"] = platform.settings.files_path.exists()
    j.facts["ordered_twice"] = await count(platform, ORDERED_TWICE)
    j.facts["books"] = (await (await j.as_("supervisor")).get("/oversight")).said
