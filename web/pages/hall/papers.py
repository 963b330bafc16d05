"""What the hall leaves on paper: the record for anybody, and one's own receipts (网拍20(3))."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import BidderCode, BidId, ListingId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.store.journal import instant_text
from auction.store.keys import KeyHolder
from bidding.admission import admitted_code
from bidding.eligibility.queries import registration_acted_in
from bidding.hall.bid_entry import Decision
from bidding.hall.receipt import write_receipt
from bidding.hall.session import Session
from bidding.hall_code import HallCode
from bidding.queries import (
    BidLine,
    bid_record,
    clock_changes,
    decision,
    decisions_of,
    session_of_listing,
)
from bidding.replay import ClockChange
from web.signin import visit_of
from web.views import render
from web.wiring import database_of, path_id, person_id_of, reading

COLUMNS = (
    "seq", "code", "amount", "entered_at", "decided_at", "verdict", "reason", "closes_at_after",
)  # fmt: skip


async def bids_file(request: Request) -> Response:
    """The record 竞价记录 as CSV: codes and amounts in yuan, instants in UTC, refused bids too."""
    listing_id = ListingId(path_id(request, "listing"))
    async with reading(request) as session:
        board = await session_of_listing(session, listing_id)
        if board is None:
            raise Refusal("not_found", what="session", id=str(listing_id))
        lines = await bid_record(session, board.session_id)
    return Response(
        write_record(lines),
        media_type="text/csv; charset=utf-8",
        headers=_saved_as(f"bids-{listing_id}.csv"),
    )


async def terms_file(request: Request) -> Response:
    """What `luochui replay --format hall --terms` needs to hold the record's auction again."""
    listing_id = ListingId(path_id(request, "listing"))
    async with reading(request) as session:
        board = await session_of_listing(session, listing_id)
        if board is None:
            raise Refusal("not_found", what="session", id=str(listing_id))
        ranked = select(HallCode.code, HallCode.priority_rank).where(
            HallCode.listing_id == listing_id, HallCode.priority_rank.is_not(None)
        )
        ranks = (await session.execute(ranked)).all() if board.is_over else []
        clock = await clock_changes(session, board.session_id)
        own = (await session.get_one(Session, board.session_id)).rules
    told = {
        "start": str(board.starting_price),
        "increment": str(board.increment),
        "opens": instant_text(board.opens_at),
        "end": instant_text(board.scheduled_close_at),
        "extension": f"reset:{int(board.extend_by.total_seconds())}",
        "priority": ",".join(f"{code}={rank}" for code, rank in ranks),
        "window": _seconds(own.window_after_first_bid),
        "clock": [_clock_told(change) for change in clock],
    }
    return JSONResponse(told, headers=_saved_as(f"terms-{listing_id}.json"))


def _seconds(length: timedelta | None) -> str:
    return "" if length is None else str(int(length.total_seconds()))


def _clock_told(change: ClockChange) -> dict[str, int | str | None]:
    return {
        "after_seq": change.after_seq,
        "kind": change.kind,
        "at": instant_text(change.at),
        "ground": change.ground,
        "closes_at": instant_text(change.closes_at) if change.closes_at else None,
    }


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def keys_page(request: Request) -> Response:
    """The public key that receipts are checked with, for people."""
    return render(request, "room/keys.html", key=await _receipt_key(request))


async def keys_file(request: Request) -> Response:
    """The same for programs."""
    return JSONResponse({"receipts": {"algorithm": "Ed25519", "key": await _receipt_key(request)}})


async def _receipt_key(request: Request) -> str:
    keys: KeyHolder = request.state.keys
    return (await keys.ask("receipt.public"))["public_key"]


def write_record(lines: list[BidLine]) -> str:
    """The lines of the record as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow(
            (
                line.seq,
                line.code,
                str(line.amount),
                instant_text(line.entered_at),
                instant_text(line.decided_at),
                line.verdict.value,
                line.reason,
                instant_text(line.closes_at_after),
            )
        )
    return text.getvalue()


@dataclass(frozen=True, slots=True)
class Mine:
    """One's own bids in one listing; without a seat, the code is not known."""

    listing: Listing
    is_qualified: bool
    code: BidderCode | None
    bids: Sequence[Decision]


async def receipts_page(request: Request) -> Response:
    """Every bid of mine, accepted or refused; asks for the 参拍密码 when the code is closed."""
    return render(request, "room/receipts.html", mine=await _mine(request))


async def receipt_file(request: Request) -> Response:
    """One receipt as a file: `luochui receipt verify` checks it with nothing else."""
    listing_id, bid_id = path_id(request, "listing"), path_id(request, "bid")
    mine = await _mine(request)
    if mine.code is None:
        raise Refusal("hall.password_needed")
    async with reading(request) as session:
        board = await session_of_listing(session, ListingId(listing_id))
        found = (
            await decision(session, board.session_id, mine.code, BidId(bid_id)) if board else None
        )
    if found is None:
        raise Refusal("not_found", what="bid", id=str(bid_id))
    headers = _saved_as(f"receipt-{found.seq}-{bid_id}.json")
    return Response(write_receipt(found.receipt), media_type="application/json", headers=headers)


async def _mine(request: Request) -> Mine:
    listing_id, person_id = path_id(request, "listing"), person_id_of(request)
    secret, now = visit_of(request).secret.encode(), database_of(request).clock.now()
    async with reading(request) as session:
        listing = await session.get(Listing, listing_id)
        registration = await registration_acted_in(session, listing_id, person_id)
        if listing is None or registration is None:
            raise Refusal("not_found", what="registration", id=str(listing_id))
        code = await admitted_code(session, listing_id, secret=secret, now=now)
        board = await session_of_listing(session, listing.id)
        bids = await decisions_of(session, board.session_id, code) if board and code else []
    return Mine(listing, registration.password_salt is not None, code, bids)


ROUTES: list[BaseRoute] = [
    Route("/hall/keys", keys_page),
    Route("/hall/keys.json", keys_file),
    Route("/lots/{listing}/bids.csv", bids_file),
    Route("/lots/{listing}/terms.json", terms_file),
    Route("/lots/{listing}/receipts", receipts_page),
    Route("/lots/{listing}/receipts/{bid}", receipt_file),
]
