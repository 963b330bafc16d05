"""After a storm of endings: how long closing and settling took, and whether all of it is right."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import click

from workers.bench.load.bidding import LoadError
from workers.bench.load.enrolling import Bidder
from workers.bench.load.hot_lot import AHall
from workers.upkeep.nightly import complaints
from workers.wiring import build_context, close_context

_PATIENCE_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.5
_SETTLING: Final = ["confirm_sale", "pass_in_lot"]
"""Jobs that a close sets off; the papers of a sale are set off by these."""
_LEFT: Final = (
    "SELECT (SELECT count(*) FROM sessions WHERE closed_at IS NULL)"
    " + (SELECT count(*) FROM outbox WHERE state = 'waiting')"
)
_ENDED: Final = (
    "SELECT max(done_at) FILTER (WHERE name = ANY ($1)) AS settled_at,"
    " max(done_at) AS served_at, (SELECT max(closed_at) FROM sessions) AS closed_at,"
    " (SELECT count(*) FROM outbox WHERE state <> 'done') AS left FROM outbox"
)
_SOLD: Final = (
    "SELECT sale.listing_id, sale.code, sale.registration_id, sale.deposit,"
    " listings.state AS listing, lots.state AS lot FROM sale"
    " JOIN listings ON listings.id = sale.listing_id JOIN lots ON lots.id = sale.lot_id"
)
_DEPOSITS: Final = (
    "SELECT deposits.listing_id, deposits.registration_id, deposits.state,"
    " orders.state AS ordered, orders.amount = deposits.amount AS is_whole"
    " FROM deposits LEFT JOIN payment_orders orders"
    " ON orders.order_number = deposits.order_number"
)
_NOT_PASSED_IN: Final = (
    "SELECT count(*) FROM sessions JOIN listings ON listings.id = sessions.listing_id"
    " JOIN lots ON lots.id = sessions.lot_id WHERE sessions.state = 'passed_in'"
    " AND (listings.state <> 'passed_in' OR lots.state <> 'first_passed_in')"
)


async def until_settled(hall: AHall, ends_at: datetime) -> float:
    """Wait until every session is closed and no job is left; the seconds until all was settled."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await hall.owner.fetchval(_LEFT):  # noqa: ASYNC110  (it is asked from outside)
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as late:
        raise LoadError("sessions or jobs were left") from late
    row = await hall.owner.fetchrow(_ENDED, _SETTLING)
    if row["left"]:
        raise LoadError(f"{row['left']} jobs were given up")
    taken = {name: (row[f"{name}_at"] - ends_at).total_seconds() for name in _STEPS}
    told = ", ".join(f"{name} after {seconds:.1f} s" for name, seconds in taken.items())
    click.echo(f"  all {told}", err=True)
    return float(taken["settled"])


_STEPS: Final = ("closed", "settled", "served")
"""Every session closed; every sale, deposit and lot settled; every confirmation served."""


async def check_settled(hall: AHall, winners: Mapping[UUID, Bidder]) -> None:
    """Every sale is the right winner's, every other deposit ordered back, and the books hold."""
    sold = {row["listing_id"]: row for row in await hall.owner.fetch(_SOLD)}
    wrong = [listing for listing, row in sold.items() if not _is_sold_to(row, winners.get(listing))]
    if wrong or sold.keys() != winners.keys():
        raise LoadError(f"{len(sold)} sales of {len(winners)}, {len(wrong)} of them wrong")
    deposits = await hall.owner.fetch(_DEPOSITS)
    kept = [row for row in deposits if not _is_settled(row, winners[row["listing_id"]])]
    if kept:
        raise LoadError(f"{len(kept)} of {len(deposits)} deposits are not where they belong")
    if await hall.owner.fetchval(_NOT_PASSED_IN):
        raise LoadError("a session without bids left its lot where it was")
    context = build_context(hall.settings)
    found = await complaints(context)
    await close_context(context)
    if found:
        raise LoadError(found[0])


def _is_sold_to(row: Mapping[str, object], winner: Bidder | None) -> bool:
    return (
        winner is not None
        and (row["code"], row["registration_id"]) == (winner.code, winner.registration_id)
        and (row["listing"], row["lot"]) == ("sold", "sold")
        and bool(row["deposit"])
    )


def _is_settled(row: Mapping[str, object], winner: Bidder) -> bool:
    if row["registration_id"] == winner.registration_id:
        return row["state"] == "applied"
    return (row["state"], row["ordered"], row["is_whole"]) == ("release_ordered", "ordered", True)
