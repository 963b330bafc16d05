"""A worker killed (-9) at one statement of a job after another: in the end, each effect once.

Every attempt dies a few statements or commits later than the one before, so that points all
through the job are tried, with whatever the attempts before left behind; the first attempt that
is through ends it.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import func, select

from auction.deposits.deposit import Deposit, DepositState
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AssetId
from auction.kernel.money import Money
from auction.ledger.orders import PaymentOrder
from auction.ledger.statement import LineState
from auction.ledger.tables import PostingRow, TransferRow
from auction.ledger.trial import trial_balance
from auction.lots.asset import Photograph
from auction.lots.photographs import add_photograph
from auction.notices.notice import Notice, NoticeState
from auction.store import journal
from auction.store.journal import JournalEntry
from auction.store.outbox import OutboxRow, OutboxState
from bidding.registration import Registration, RegistrationState
from tests.bidding.halls import a_hall
from tests.builders import OFFICER, a_case, a_listing, an_asset
from tests.conftest import Server
from tests.finance import DEPOSIT, Desk, pays_in
from tests.workers import mortal
from tests.workers.test_delivery import issued, the, waiting
from tests.workers.test_registrations import PEOPLE, paid
from tests.workers.upkeep.test_sweeping import aged, is_there
from workers import halls
from workers.registrations import qualify_registration
from workers.together import do_some
from workers.upkeep.sweeping import ORPHAN_AGE, sweep_orphans
from workers.wiring import Context

Look = Callable[[], Awaitable[None]]
STATEMENTS_MAX = 200
LEFT_BEHIND = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = 'luochui_app' AND xact_start IS NOT NULL
"""


@pytest.fixture
def desk(context: Context, clock: FrozenClock) -> Desk:
    return Desk(context.database, clock)


async def nothing() -> None:
    """Nothing is looked at between the attempts."""


async def killed_until_done(
    context: Context,
    server: Server,
    told: str,
    *,
    work: mortal.Work = mortal.do_job,
    look: Look = nothing,
    step: int = 1,
) -> int:
    """Kill one attempt after another, each some statements later; return how many were killed."""
    for killed, fatal in enumerate(range(1, STATEMENTS_MAX, step)):
        if await mortal.survives(context, work, told, fatal=fatal):
            return killed
        await _rolled_back(server)
        await look()
    raise AssertionError("the job never ended")


async def _rolled_back(server: Server) -> None:
    """PostgreSQL needs an instant to see that the connections of the killed are gone."""
    connection = await asyncpg.connect(server.owner_url)
    while await connection.fetchval(LEFT_BEHIND):  # noqa: ASYNC110  (nothing tells us)
        await asyncio.sleep(0.01)
    await connection.close()


async def the_job(context: Context, name: str) -> str:
    (row_id,) = await waiting(context, name)
    return str(row_id)


async def recorded(context: Context) -> Counter[str]:
    async with context.database.reading() as session:
        assert (await journal.verify(session)).faults == ()
        return Counter(await session.scalars(select(JournalEntry.kind)))


async def jobs(context: Context) -> Counter[tuple[str, OutboxState]]:
    async with context.database.reading() as session:
        rows = await session.execute(select(OutboxRow.name, OutboxRow.state))
        return Counter((name, state) for name, state in rows)


class TestALedger:
    async def test_a_deposit_is_received_once(
        self, context: Context, server: Server, desk: Desk
    ) -> None:
        deposit = await desk.a_deposit()
        entries = [pays_in(DEPOSIT, deposit.virtual_account), pays_in(Money(5), "")]
        await desk.imports(desk.bank.statement(entries, desk.clock.now()))
        row_id = await the_job(context, "match_lines")
        before = await recorded(context)

        async def no_half() -> None:
            await never_half_booked(context, desk, deposit)

        assert await killed_until_done(context, server, row_id, look=no_half, step=3) > 5
        await mortal.survives(context, mortal.do_job, row_id, fatal=0)
        assert await desk.states() == [LineState.MATCHED, LineState.UNIDENTIFIED]
        told = await recorded(context) - before
        assert told["deposit.received"] == 1
        assert told["posting.made"] == 2
        assert (await desk.deposit(deposit)).state is DepositState.HELD
        assert await counted(context, PostingRow, TransferRow) == [2, 2]
        assert (await jobs(context))["qualify_registration", OutboxState.WAITING] == 1

    async def test_every_deposit_of_a_failed_round_is_ordered_back_once(
        self, context: Context, server: Server, desk: Desk, clock: FrozenClock
    ) -> None:
        listing = await a_listing(context.database)
        deposits = [await desk.a_deposit(listing_id=listing.id, name=f"张{n}") for n in "甲乙"]
        for deposit, name in zip(deposits, ("张甲", "张乙"), strict=True):
            await desk.books(pays_in(DEPOSIT, deposit.virtual_account, name=name))
        await halls.make_sessions(context)
        clock.advance(timedelta(days=90))
        await halls.open_sessions(context)
        await halls.close_sessions(context)
        row_id = await the_job(context, "pass_in_lot")
        assert await killed_until_done(context, server, row_id, step=3) > 5
        await mortal.survives(context, mortal.do_job, row_id, fatal=0)
        told = await recorded(context)
        assert (told["listing.passed_in"], told["deposit.release_ordered"]) == (1, 2)
        assert await counted(context, PaymentOrder) == [2]
        for deposit in deposits:
            assert (await desk.deposit(deposit)).state is DepositState.RELEASE_ORDERED
        async with context.database.reading() as session:
            assert (await trial_balance(session, None)).is_sound

    async def test_a_batch_of_failed_rounds_is_passed_in_as_a_whole(
        self, context: Context, server: Server, desk: Desk, clock: FrozenClock
    ) -> None:
        listing = await a_listing(context.database)
        await desk.a_deposit(listing_id=listing.id)
        await halls.make_sessions(context)
        clock.advance(timedelta(days=90))
        await halls.open_sessions(context)
        await halls.close_sessions(context)
        killed = await killed_until_done(context, server, "pass_in_lot", work=together, step=3)
        assert killed > 3
        told = await recorded(context)
        assert (told["listing.passed_in"], told["deposit.lapsed"]) == (1, 1)
        assert (await jobs(context))["pass_in_lot", OutboxState.DONE] == 1


async def together(context: Context, name: str) -> None:
    """Do a batch of jobs of one name."""
    await do_some(context, name)


async def never_half_booked(context: Context, desk: Desk, deposit: Deposit) -> None:
    """Whatever a killed attempt left: the line, the deposit and the money agree."""
    is_matched = (await desk.states())[0] is LineState.MATCHED
    is_held = (await desk.deposit(deposit)).state is DepositState.HELD
    told = await recorded(context)
    assert is_matched == is_held == (told["deposit.received"] == 1)


async def counted(context: Context, *entities: type) -> list[int]:
    async with context.database.reading() as session:
        return [
            await session.scalar(select(func.count()).select_from(entity)) or 0
            for entity in entities
        ]


class TestCodes:
    async def test_each_bidder_is_qualified_once(
        self, context: Context, server: Server, as_owner: Callable[[str], Awaitable[None]]
    ) -> None:
        hall = await a_hall(context.database, as_owner)
        for id_ in await paid(context.database, hall):
            async with context.database.unit(SYSTEM) as work:
                await qualify_registration(context, work, registration_id=str(id_))
        row_id = str((await waiting(context, "issue_codes"))[0])
        assert await killed_until_done(context, server, row_id) > 5
        assert (await recorded(context))["registration.qualified"] == len(PEOPLE)
        async with context.database.reading() as session:
            found = list(await session.scalars(select(Registration)))
        assert {one.state for one in found} == {RegistrationState.QUALIFIED}
        assert len({one.sealed_code for one in found}) == len(PEOPLE)


class TestFiles:
    """Bytes are on disk before the row that names them commits: both are there, or an orphan."""

    async def test_a_paper_is_rendered_once_and_what_crashes_left_is_swept(
        self, context: Context, server: Server, clock: FrozenClock
    ) -> None:
        key = await issued(context)
        row_id = await the_job(context, "render_notice")
        orphans: set[int] = set()

        async def named_is_there() -> None:
            orphans.add(len(files_of(context)))
            digest = (await the(context, key)).digest
            assert digest is None or await is_there(context, digest)

        assert await killed_until_done(context, server, row_id, look=named_is_there) > 5
        assert max(orphans) > 1
        told = await recorded(context)
        assert (told["notice.issued"], told["notice.rendered"]) == (1, 1)
        assert (await jobs(context))["serve_notice", OutboxState.WAITING] == 1
        await _swept(context, clock)
        async with context.database.reading() as session:
            paper = (await session.scalars(select(Notice))).one()
        assert paper.state is NoticeState.RENDERED
        assert files_of(context) == {paper.digest}

    async def test_a_photograph_is_there_whole_or_not_at_all(
        self, context: Context, server: Server, clock: FrozenClock
    ) -> None:
        asset_id = await an_asset(context.database, await a_case(context.database))

        async def named_are_there() -> None:
            for digest in await photographed(context):
                assert await is_there(context, digest)

        killed = await killed_until_done(
            context, server, str(asset_id), work=photograph, look=named_are_there
        )
        assert killed > 3
        names = await photographed(context)
        assert len(names) == 2
        assert names < files_of(context)
        await _swept(context, clock)
        assert files_of(context) == names


async def photograph(context: Context, asset_id: str) -> None:
    """Hand in a picture as the page does: bytes first, then the row that names them."""
    shown, sealed = [await context.files.put(secrets.token_bytes(99)) for _ in range(2)]
    async with context.database.unit(OFFICER) as work:
        await add_photograph(
            work,
            AssetId(UUID(asset_id)),
            digest=shown,
            original_digest="0" * 64,
            sealed_digest=sealed,
        )


async def photographed(context: Context) -> set[str]:
    """The files that photographs name."""
    async with context.database.reading() as session:
        rows = await session.execute(select(Photograph.digest, Photograph.sealed_digest))
        return {digest for row in rows for digest in row if digest}


def files_of(context: Context) -> set[str]:
    assert context.files.folder is not None
    return {file.name for file in context.files.folder.rglob("*") if file.is_file()}


async def _swept(context: Context, clock: FrozenClock) -> None:
    """Sweep when every file is old enough to be taken."""
    for digest in files_of(context):
        aged(context, digest, timedelta())
    clock.advance(ORPHAN_AGE + timedelta(seconds=1))
    await sweep_orphans(context)
