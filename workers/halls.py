"""The hall's errands: sessions made, opened, closed on time, and what the hammer brings about."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from auction.deposits.commands import release_all
from auction.kernel.actor import SYSTEM
from auction.kernel.ids import BidderCode, PersonId, RegistrationId, SessionId
from auction.kernel.logs import correlated
from auction.kernel.money import Money
from auction.kernel.refusal import unreachable
from auction.law.rulebook import BY_NAME
from auction.listings.commands import pass_all_in
from auction.listings.listing import Listing, ListingState
from auction.listings.round import Round
from auction.settlement import commands as settlement
from auction.settlement.sale import Hammer
from auction.store import outbox
from auction.store.columns import Moment
from auction.store.outbox import Due
from auction.store.unit import Unit
from bidding import queries
from bidding.commands import close_session, close_unattended, make_session, open_session
from bidding.eligibility.queries import joint_buyers_of
from bidding.engine import Extension, Ladder, Rules
from bidding.hall import clock_jump
from bidding.hall.board import LIVE, SessionState
from bidding.hall.session import Session, SessionTerms
from bidding.hall.standstill import SUSPENDABLE, stop_session, suspend_session
from bidding.registration import Registration
from workers.wiring import URGENT_SECONDS_MAX, Context

BATCH = 50
ENDING_BATCH = 200

_SUSPENDED = (Listing.state == ListingState.SUSPENDED, Session.state.in_(SUSPENDABLE))
_WITHDRAWN = (
    Listing.state == ListingState.WITHDRAWN,
    Session.state.in_({*LIVE, SessionState.SCHEDULED}),
)
"""Sessions that do not follow their listing yet."""


def has_unmade(_: Moment) -> ColumnElement[bool]:
    """Whether a published listing has no session yet."""
    return exists().where(_is_unmade())


def has_due_to_open(now: Moment) -> ColumnElement[bool]:
    """Whether a session is due to open."""
    return exists().where(queries.is_due_to_open(now))


def has_due_to_close(now: Moment) -> ColumnElement[bool]:
    """Whether a session without a home is due to close."""
    return exists().where(queries.is_due_without_home(now))


def has_unfollowed(_: Moment) -> ColumnElement[bool]:
    """Whether a session does not follow its listing yet."""
    is_same = Session.listing_id == Listing.id
    return or_(exists().where(is_same, *_SUSPENDED), exists().where(is_same, *_WITHDRAWN))


def _is_unmade() -> ColumnElement[bool]:
    made = exists().where(Session.listing_id == Listing.id)
    return and_(Listing.state == ListingState.PUBLISHED, ~made)


async def make_sessions(context: Context) -> None:
    """Give every published listing its session."""
    async with context.database.reading() as session:
        found = await session.scalars(
            select(Listing).where(_is_unmade()).order_by(Listing.opens_at).limit(BATCH)
        )
        terms = [terms_of(listing) for listing in found]
    for one in terms:
        async with context.database.unit(SYSTEM) as work:
            await make_session(work, terms=one)


def terms_of(listing: Listing) -> SessionTerms:
    """What a listing and the rulebook that it pinned say about its session (网拍20)."""
    book = BY_NAME[listing.rulebook]
    is_sell_off = listing.round is Round.SELL_OFF
    window = book.duration("selloff.bid_window_after_first_bid") if is_sell_off else None
    rules = Rules(
        ladder=Ladder.MULTIPLE,
        extension=Extension.RESET,
        starting_price=listing.starting_price,
        increment=listing.increment,
        extend_trigger=book.duration("auction.extend_trigger"),
        extend_by=book.duration("auction.extend_by"),
        window_after_first_bid=window,
    )
    return SessionTerms(
        listing_id=listing.id,
        lot_id=listing.lot_id,
        court_id=listing.court_id,
        opens_at=listing.opens_at,
        closes_at=listing.closes_at,
        rules=rules,
    )


async def open_sessions(context: Context) -> None:
    """Open what is due."""
    async with context.database.reading(seconds_max=URGENT_SECONDS_MAX) as session:
        due = await queries.due_to_open(session, context.clock.now())
    for session_id in due:
        async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
            await open_session(work, session_id=session_id)


async def close_sessions(context: Context) -> None:
    """Close, in batches, what is due and never had a home; a home closes its own.

    Nearly all of a day's sessions end in the same second (10:00): many go in one commit.
    """
    is_more = True
    while is_more:
        async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
            is_more = await close_unattended(work, most=ENDING_BATCH) == ENDING_BATCH
    async with context.database.reading(seconds_max=URGENT_SECONDS_MAX) as session:
        due = await queries.due_without_home(session, context.clock.now())
    for first in range(0, len(due), BATCH):
        async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
            for session_id in due[first : first + BATCH]:
                await close_session(work, session_id=session_id)


async def outlast_jump(context: Context, step: timedelta) -> None:
    """Give back, before the new time is taken, what PostgreSQL's clock is about to jump over."""
    to, is_more = context.clock.now() + step, True
    while is_more:
        async with context.database.unit(SYSTEM, seconds_max=URGENT_SECONDS_MAX) as work:
            is_more = await clock_jump.outlast_jump(work, to=to, most=ENDING_BATCH) == ENDING_BATCH


async def follow_listings(context: Context) -> None:
    """Do to a session what the court did to its listing: suspended, or withdrawn."""
    suspended = await _sessions(context, *_SUSPENDED)
    for session_id in suspended:
        async with context.database.unit(SYSTEM) as work:
            await suspend_session(work, session_id=session_id, ground="listing_suspended")
    withdrawn = await _sessions(context, *_WITHDRAWN)
    for session_id in withdrawn:
        async with context.database.unit(SYSTEM) as work:
            await stop_session(work, session_id=session_id)


async def _sessions(context: Context, *conditions: ColumnElement[bool]) -> list[SessionId]:
    async with context.database.reading() as session:
        return list(
            await session.scalars(
                select(Session.id)
                .join(Listing, Listing.id == Session.listing_id)
                .where(*conditions)
                .limit(BATCH)
            )
        )


async def confirm_sale(context: Context, row_id: UUID, *, session_id: str) -> None:
    """Have the winner's code opened by the sealer, and make the hammer a sale (网拍22)."""
    async with context.database.reading() as session:
        result = await queries.result(session, SessionId(UUID(session_id)))
    code, _ = _won(result)
    opened = await context.keys.ask("code.open", listing_id=str(result.listing_id), code=code)
    async with context.database.unit(SYSTEM) as work:
        registration = await work.load(Registration, UUID(opened["registration_id"]))
        hammer = await _hammer(work, result, registration)
        await settlement.confirm_sale(work, hammer=hammer)
        await work.finish_job(row_id)


async def confirm_sales(context: Context, jobs: Sequence[Due]) -> int:
    """Make many hammers sales in one commit; return how many were still to be made."""
    async with context.database.reading() as session:
        found = await queries.results(session, list(_sessions_of(jobs).values()))
    results = {job_id: found[session_id] for job_id, session_id in _sessions_of(jobs).items()}
    asked = [(str(one.listing_id), _won(one)[0]) for one in results.values()]
    opened = await context.keys.ask("code.open_all", codes=json.dumps(asked))
    whose = dict(zip(results, map(UUID, json.loads(opened["registration_ids"])), strict=True))
    async with context.database.unit(SYSTEM) as work:
        locked = await outbox.lock_all_waiting(work.session, list(results))
        for job in jobs:
            if job.id in locked:
                with correlated(job.correlation):
                    registration = await work.load(Registration, whose[job.id])
                    hammer = await _hammer(work, results[job.id], registration)
                    await settlement.confirm_sale(work, hammer=hammer)
        await work.finish_jobs(list(locked))
    return len(locked)


def _won(result: queries.Result) -> tuple[BidderCode, Money]:
    code, price = result.code, result.hammer_price
    if code is None or price is None:
        unreachable("a sold session has a winner")
    return code, price


async def _hammer(work: Unit, result: queries.Result, registration: Registration) -> Hammer:
    code, price = _won(result)
    return Hammer(
        listing_id=result.listing_id,
        session_id=result.session_id,
        code=code,
        registration_id=RegistrationId(registration.id),
        buyer_id=PersonId(registration.person_id),
        hammer_price=price,
        closed_at=result.closed_at,
        joint=await joint_buyers_of(work.session, registration.id),
    )


async def pass_in_lot(_context: Context, work: Unit, *, session_id: str) -> None:
    """Nobody bid: the round fails and every deposit goes back (网拍26, 23)."""
    await _pass_in(work, [SessionId(UUID(session_id))])


async def pass_in_lots(context: Context, jobs: Sequence[Due]) -> int:
    """The same for many lots in one commit; return how many were still to be passed in."""
    async with context.database.unit(SYSTEM) as work:
        locked = await outbox.lock_all_waiting(work.session, [job.id for job in jobs])
        sessions = _sessions_of(jobs)
        await _pass_in(work, [sessions[job_id] for job_id in locked])
        await work.finish_jobs(list(locked))
    return len(locked)


async def _pass_in(work: Unit, session_ids: Sequence[SessionId]) -> None:
    found = await queries.results(work.session, session_ids)
    ended: dict[UUID, datetime] = {one.listing_id: one.closed_at for one in found.values()}
    await pass_all_in(work, [one.listing_id for one in found.values()])
    await release_all(work, ended=ended)


def _sessions_of(jobs: Sequence[Due]) -> dict[UUID, SessionId]:
    """The session that each job is about."""
    return {job.id: SessionId(UUID(str(job.body["session_id"]))) for job in jobs}
