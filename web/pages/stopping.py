"""Stop an auction, propose to go on, or take it back: from its listing's page and from the desk.

Both pages post to an address right under their own, so that each answer leads back to its page.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from auction.kernel.ids import ListingId
from auction.listings import commands
from auction.listings.stays import propose_resumption
from bidding.hall.standstill import obey_listing
from web.forms import read_form
from web.i18n import n_
from web.views import see_other
from web.wiring import path_id, unit


class Stop(msgspec.Struct, frozen=True):
    """Why the court stops it; published with the stop."""

    ground: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


async def suspend(request: Request) -> Response:
    """Stop a published auction at once, with its ground."""
    listing_id = ListingId(path_id(request))
    form = await read_form(request, Stop)
    async with unit(request) as work:
        await commands.suspend_listing(work, listing_id, ground=form.ground)
        await obey_listing(work, listing_id=listing_id)
    return see_other(_page(request), said=n_("已中止拍卖"))


async def resume(request: Request) -> Response:
    """Propose to go on; a member of the panel resumes, and the time lost is given back."""
    listing_id = ListingId(path_id(request))
    async with unit(request) as work:
        await propose_resumption(work, listing_id)
    return see_other(f"{_page(request)}#resume", said=n_("已提议恢复拍卖，待合议庭成员批准"))


async def withdraw(request: Request) -> Response:
    """Take the offer back: a session ends without a winner."""
    listing_id = ListingId(path_id(request))
    form = await read_form(request, Stop)
    async with unit(request) as work:
        await commands.withdraw_listing(work, listing_id, ground=form.ground)
        await obey_listing(work, listing_id=listing_id)
    return see_other(_page(request), said=n_("已撤回拍卖"))


def _page(request: Request) -> str:
    """The page whose form was sent: all but the last word of its address."""
    return request.url.path.rpartition("/")[0]
