"""The course of a session as a file anybody may keep: every bid as it entered (网拍20(3))."""

import csv
import io

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import ListingId
from auction.kernel.refusal import Refusal
from auction.store.journal import instant_text
from bidding.queries import BidLine, bid_record, session_of_listing
from web.wiring import path_id, reading

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
        headers={"Content-Disposition": f'attachment; filename="bids-{listing_id}.csv"'},
    )


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


ROUTES: list[BaseRoute] = [Route("/lots/{listing}/bids.csv", bids_file)]
