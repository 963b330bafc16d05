"""`luochui import record FILE --lot ID`: another house's 竞价记录, kept once and decided again."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from auction.kernel.actor import SYSTEM
from auction.kernel.canonical import sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.ids import LotId
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.store.database import Database
from bidding.records.commands import import_record
from bidding.records.queries import record_of
from bidding.records.reading import ForeignBid, RecordError, read_record
from bidding.replay import ReplayError, read_extension, read_increments, replay_records


def record_command(settings: Callable[[], Settings]) -> click.Command:
    """Build the command; `settings` is asked when it runs."""

    @click.command("record")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--lot", "lot_id", type=click.UUID, required=True, help="the lot's id here")
    @click.option("--increment", default="", help="in yuan; with --end: decide the bids again")
    @click.option("--end", type=click.DateTime(), help="nominal end, Beijing time")
    @click.option("--extension", default="reset:300", help="none, reset[:SECONDS]")
    def record(
        file: Path, lot_id: UUID, increment: str, end: datetime | None, extension: str
    ) -> None:
        """Keep another house's 竞价记录 of a lot, each bid once, and compare."""
        content = file.read_bytes()
        try:
            bids = read_record(content)
            added, kept = asyncio.run(_keep(settings(), LotId(lot_id), bids, sha256_hex(content)))
            click.echo(f"{len(bids)} bids: {added} new, {len(bids) - added} known already.")
            if increment and end:
                click.echo(_compared(kept, increment, end.replace(tzinfo=BEIJING), extension))
        except (RecordError, ReplayError) as wrong:
            raise click.ClickException(str(wrong)) from wrong
        except Refusal as no:
            raise click.ClickException(f"There is no lot {lot_id}.") from no

    return record


async def _keep(
    settings: Settings, lot_id: LotId, bids: Sequence[ForeignBid], digest: str
) -> tuple[int, list[ForeignBid]]:
    database = Database(settings, application="luochui-import")
    try:
        async with database.unit(SYSTEM) as work:
            added = await import_record(work, lot_id=lot_id, bids=bids, file_digest=digest)
        async with database.reading() as session:
            return added, await record_of(session, lot_id)
    finally:
        await database.close()


def _compared(bids: Sequence[ForeignBid], increment: str, end: datetime, extension: str) -> str:
    """What our engine makes of the bids, beside what was recorded."""
    rows = [
        {"lot": "1", "bidder": bid.code, "price": str(bid.amount),
         "bid_time": bid.bid_at.isoformat()}
        for bid in bids
    ]  # fmt: skip
    (told,) = replay_records(
        rows, increments=read_increments(f"1={increment}"), end=end,
        extension=read_extension(extension),
    )  # fmt: skip
    last = bids[-1]
    is_same = (told["winner"], told["final_price"]) == (last.code, str(last.amount))
    return (
        f"recorded: {last.code} at {last.amount} yuan; decided again: {told['winner']} at"
        f" {told['final_price']} yuan, {told['accepted']} accepted, {told['refused']} refused,"
        f" {told['extensions']} extensions, end {told['closes_at']};"
        f" {'the same' if is_same else 'NOT the same'}"
    )
