"""The service record of one lot, for anybody: how the hall answered, and each incident."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.people.queries import court
from bidding.availability.queries import ServiceRecord, certificate_of, service_record
from bidding.availability.service import Service, measure_of, percent
from bidding.openings.queries import count_opened
from bidding.queries import session_of_listing
from web.views import render
from web.wiring import database_of, path_id, reading

INTERVALS_SHOWN = 500
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lasted:
    """How long one state lasted, as a page says it."""

    state: Service
    seconds: int

    @property
    def text(self) -> str:
        """Hours, minutes and seconds."""
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}"


def lasted(record: ServiceRecord) -> list[Lasted]:
    """How long each state lasted, in whole seconds."""
    return [Lasted(state, span // _SECOND) for state, span in record.lasted.items()]


async def service_page(request: Request) -> Response:
    """The record, which can be printed as it stands."""
    listing_id, now = path_id(request, "listing"), database_of(request).clock.now()
    async with reading(request) as session:
        listing = await session.get(Listing, listing_id)
        if listing is None or listing.published_at is None:
            raise Refusal("not_found", what="listing", id=str(listing_id))
        board = await session_of_listing(session, listing.id)
        record = await service_record(session, board, now) if board else None
        certificate = await certificate_of(session, listing, board) if board else None
        openings = await count_opened(session, listing.id)
        court_name = (await court(session, listing.court_id)).name
    return render(
        request,
        "live/service.html",
        listing=listing,
        court_name=court_name,
        record=record,
        certificate=certificate,
        openings=openings,
        lasted=lasted(record) if record else [],
        percent=(percent(record.share) if record else None) or "—",
        intervals=record.told[-INTERVALS_SHOWN:][::-1] if record else [],
        measure=measure_of(request.state.rules),
    )


ROUTES: list[BaseRoute] = [Route("/lots/{listing}/service", service_page)]
