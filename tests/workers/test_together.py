"""Jobs of a crowd: many in one commit, each once, and none kept waiting by a bad one."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.deposits.deposit import Deposit, DepositState
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import LotId, PersonId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.lots.lot import Lot, LotState
from auction.settlement.sale import Sale
from auction.store import outbox
from auction.store.journal import JournalEntry
from auction.store.outbox import OutboxRow, OutboxState
from bidding import sealing
from bidding.commands import close_session, open_session
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from tests.bidding.halls import a_hall, a_placed_bid, place
from tests.conftest import Execute
from tests.finance import COURT, pays_in
from tests.sales import SaleDesk
from workers import halls, together
from workers.relay import LEASE
from workers.together import TOGETHER, do_some
from workers.wiring import Context

HOUR = timedelta(hours=1)
PRIVATE = bytes(range(32))


@pytest.fixture
async def desk(context: Context, clock: FrozenClock) -> SaleDesk:
    desk = SaleDesk(context.database, clock)
    await desk.found()
    return desk


async def passed_in(context: Context, desk: SaleDesk, as_owner: Execute, many: int) -> list[LotId]:
    """Lots for which nobody bid: their sessions are closed, and each has its job."""
    lots = []
    for number in range(many):
        offered = await desk.a_listing(number=number + 1)
        place_of = (offered.listing_id, offered.lot_id)
        hall = await a_hall(
            context.database, as_owner, offered=place_of, lasts=HOUR, has_home=False
        )
        async with context.database.unit(SYSTEM) as work:
            await open_session(work, session_id=hall.session_id)
        lots.append(offered.lot_id)
    desk.clock.advance(2 * HOUR)
    await halls.close_sessions(context)
    return lots


async def sold(
    context: Context, desk: SaleDesk, as_owner: Execute, number: int = 1
) -> tuple[UUID, UUID]:
    """A lot with one bidder and one who paid in vain; their registrations."""
    offered = await desk.a_listing(number=number)
    deposits = [await desk.a_deposit(listing_id=offered.listing_id) for _ in range(2)]
    await desk.books(*(pays_in(one.amount, one.virtual_account) for one in deposits))
    won, lost = deposits
    async with context.database.unit(SYSTEM) as work:
        work.add(
            Registration(
                id=RegistrationId(won.registration_id),
                subject_key=await work.subject_key(won.person_id), listing_id=offered.listing_id,
                court_id=COURT, person_id=PersonId(won.person_id),
                state=RegistrationState.DEPOSIT_HELD, capacity=Capacity.SELF, applied_at=work.now,
                priority=PriorityState.NONE, priority_ground="",
                public_key=sealing.public_key_of(PRIVATE),
            )
        )  # fmt: skip
    told = await context.keys.ask("code.issue", registration_id=str(won.registration_id))
    about = sealing.about_code(str(offered.listing_id), str(won.registration_id))
    code = sealing.unseal(PRIVATE, bytes.fromhex(told["sealed_code"]), about=about).decode()
    hall = await a_hall(
        context.database, as_owner, offered=(offered.listing_id, offered.lot_id), lasts=HOUR
    )
    await as_owner(
        "INSERT INTO hall_code (listing_id, code, issued_on_hour)"
        f" VALUES ('{offered.listing_id}', '{code}', now())"
    )
    await place(context.database, hall, a_placed_bid(context.database, 100_000, code))
    desk.clock.advance(2 * HOUR)
    async with context.database.unit(SYSTEM) as work:
        await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
    return won.registration_id, lost.registration_id


async def rows(context: Context, name: str) -> list[OutboxRow]:
    async with context.database.reading() as session:
        found = await session.scalars(select(OutboxRow).where(OutboxRow.name == name))
        return list(found)


async def recorded(context: Context) -> Counter[str]:
    async with context.database.reading() as session:
        return Counter(await session.scalars(select(JournalEntry.kind)))


async def states(context: Context, lots: list[LotId]) -> list[LotState]:
    async with context.database.reading() as session:
        return [(await session.get_one(Lot, lot)).state for lot in lots]


class TestACrowd:
    async def test_of_lots_is_passed_in_within_one_commit(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        lots = await passed_in(context, desk, as_owner, 3)
        assert not await do_some(context, "pass_in_lot")
        assert await states(context, lots) == [LotState.FIRST_PASSED_IN] * 3
        done = await rows(context, "pass_in_lot")
        assert {row.state for row in done} == {OutboxState.DONE}
        assert len({row.done_at for row in done}) == 1

    async def test_asks_for_more_as_long_as_batches_are_full(
        self, context: Context, desk: SaleDesk, as_owner: Execute, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crowd = together.Crowd(halls.pass_in_lots, most=2)
        monkeypatch.setattr(together, "TOGETHER", {"pass_in_lot": crowd})
        lots = await passed_in(context, desk, as_owner, 3)
        assert await do_some(context, "pass_in_lot")
        assert (await recorded(context))["listing.passed_in"] == 2
        await together.doing("pass_in_lot")(context)
        assert await states(context, lots) == [LotState.FIRST_PASSED_IN] * 3

    async def test_is_done_once_by_two_workers(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        await passed_in(context, desk, as_owner, 3)
        await asyncio.gather(*(do_some(context, "pass_in_lot") for _ in range(3)))
        assert (await recorded(context))["listing.passed_in"] == 3

    async def test_leaves_a_bad_one_to_the_relay_and_does_the_others(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        lots = await passed_in(context, desk, as_owner, 3)
        await as_owner(f"UPDATE lots SET held_ground = 'stayed' WHERE id = '{lots[1]}'")
        await do_some(context, "pass_in_lot")
        passed, held = LotState.FIRST_PASSED_IN, LotState.FIRST_AUCTION
        assert await states(context, lots) == [passed, held, passed]
        [left] = [row for row in await rows(context, "pass_in_lot") if row.state != "done"]
        assert (left.state, left.attempts) == (OutboxState.WAITING, 1)
        desk.clock.advance(HOUR)
        assert not await do_some(context, "pass_in_lot")
        async with context.database.unit(SYSTEM) as work:
            claimed = await outbox.claim_due(
                work.session, work.now, lease=LEASE, most=50, but_fresh=TOGETHER
            )
        assert left.id in {due.id for due in claimed}

    async def test_is_not_handed_out_by_the_relay_before_one_failed(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        await passed_in(context, desk, as_owner, 1)
        async with context.database.unit(SYSTEM) as work:
            claimed = await outbox.claim_due(
                work.session, work.now, lease=LEASE, most=50, but_fresh=TOGETHER
            )
        assert "pass_in_lot" not in {due.name for due in claimed}

    async def test_of_hammers_is_made_sales_of_the_right_buyers(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        ended = [await sold(context, desk, as_owner, number) for number in (1, 2)]
        await do_some(context, "confirm_sale")
        async with context.database.reading() as session:
            bought = set(await session.scalars(select(Sale.registration_id)))
            deposits = await session.execute(select(Deposit.registration_id, Deposit.state))
            where = dict(deposits.all())
        assert bought == {won for won, _ in ended}
        for won, lost in ended:
            assert where[won] is DepositState.APPLIED
            assert where[lost] is DepositState.RELEASE_ORDERED
        assert {row.state for row in await rows(context, "confirm_sale")} == {OutboxState.DONE}

    async def test_whose_codes_the_sealer_may_not_open_is_refused_as_a_whole(
        self, context: Context, desk: SaleDesk, as_owner: Execute
    ) -> None:
        await sold(context, desk, as_owner)
        await as_owner("UPDATE sessions SET state = 'open'")
        async with context.database.reading() as session:
            jobs = await outbox.fresh(session, "confirm_sale", context.clock.now(), most=5)
        with pytest.raises(Refusal, match=r"sealer\.session_not_closed"):
            await halls.confirm_sales(context, jobs)
