"""Note what a probe found, a row for each transition; certify the record of what is over."""

from datetime import timedelta

from sqlalchemy import func, select

from auction.kernel.ids import ListingId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.notices.commands import issue_notice
from auction.store.unit import Unit
from bidding.availability import policy
from bidding.availability.certificate import STREAM, certificate
from bidding.availability.interval import ServiceInterval
from bidding.availability.queries import certificate_of, service_record
from bidding.availability.service import Service, judged, measure_of, noted
from bidding.hall.standstill import lock_session
from bidding.queries import session_of_listing


async def note_probe(work: Unit, *, origin: str, answer: timedelta | None) -> Service:
    """Fold one probe of an origin into its record; None means that no answer came in time."""
    key = func.hashtextextended(f"service:{origin}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))
    work.require(policy.NOTE)
    row = await work.session.scalar(
        select(ServiceInterval)
        .where(ServiceInterval.origin == origin)
        .order_by(ServiceInterval.until_at.desc(), ServiceInterval.from_at.desc())
        .limit(1)
    )
    measure = measure_of(work.rules)
    state = judged(answer, measure)
    ended, running = noted(row.interval if row else None, state, work.now, measure)
    if row is not None and ended is not None:
        row.until_at = ended.until_at
    if running != ended:
        work.add(
            ServiceInterval(
                id=work.new_id(), origin=origin, state=running.state,
                from_at=running.from_at, until_at=running.until_at,
            )
        )  # fmt: skip
        millis = -1 if answer is None else answer // timedelta(milliseconds=1)
        work.record("service.changed", STREAM, origin=origin, state=state.value, millis=millis)
    return state


async def certify_service(work: Unit, *, listing_id: ListingId) -> str:
    """Issue the certificate of a session that is over; return its code, the same every time.

    Refuses with `service.not_opened` where bidding never began, with `service.not_over` while
    a probe may still add to what is known of its last seconds.
    """
    listing = await work.load(Listing, listing_id)
    board = await session_of_listing(work.session, listing_id)
    if board is not None:
        board = (await lock_session(work, board.session_id)).board
    work.require(policy.CERTIFY, listing.court_id)
    record = await service_record(work.session, board, work.now) if board else None
    if board is None or record is None:
        raise Refusal("service.not_opened")
    settling = measure_of(work.rules).unmeasured_after
    if not record.is_final or work.now <= record.until_at + settling:
        raise Refusal("service.not_over", seconds=settling.seconds)
    issued = await certificate_of(work.session, listing, board)
    if issued is not None:
        return issued.code
    draft = await certificate(work.session, listing, board, record)
    notice = await issue_notice(work, draft=draft)
    work.record(
        "service.certified",
        f"case:{listing.case_id}",
        session=str(board.session_id),
        notice=str(notice.id),
    )
    return notice.code
