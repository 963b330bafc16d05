"""`luochui import`: lots as drafts, and records of other houses to be compared."""

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
from auction.lots.commands import import_draft_lots
from auction.lots.importing import Reading, read_lots, report
from auction.store.database import Database
from bidding.records.commands import import_record
from bidding.records.queries import record_of
from bidding.records.reading import ForeignBid, RecordError, read_record
from bidding.replay import ReplayError, read_extension, read_increments, replay_records

_SENTENCES = {
    "import.not_utf8": "The file is not UTF-8 text (byte {byte}).",
    "import.column_missing": "The file has no column {column}.",
    "import.not_csv": "The file is not CSV (line {line}).",
    "import.too_many_rows": "The file has more than {most} rows.",
}


def import_group(settings: Callable[[], Settings]) -> click.Group:
    """Build the command group; `settings` is asked when a command runs."""

    @click.group("import", help="Bring files from elsewhere in.")
    def group() -> None:
        """Bring files from elsewhere in."""

    @group.command("lots")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option(
        "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the report here."
    )
    def lots(file: Path, errors: Path | None) -> None:
        """Make every row a draft lot, or a line of the error report."""
        content = file.read_bytes()
        reading = _read(content)
        added = asyncio.run(_add(settings(), reading, sha256_hex(content)))
        _say(reading, added, errors)

    group.add_command(record_command(settings))
    return group


def _read(content: bytes) -> Reading:
    try:
        return read_lots(content)
    except Refusal as refusal:
        sentence = _SENTENCES.get(refusal.code, refusal.code)
        raise click.ClickException(sentence.format(**refusal.facts)) from refusal


async def _add(settings: Settings, reading: Reading, digest: str) -> int:
    database = Database(settings, application="luochui-import")
    try:
        async with database.unit(SYSTEM) as work:
            return await import_draft_lots(work, rows=reading.rows, file_digest=digest)
    finally:
        await database.close()


def _say(reading: Reading, added: int, errors: Path | None) -> None:
    known = len(reading.rows) - added
    click.echo(
        f"{len(reading.rows) + len(reading.problems)} rows: {added} new draft lots,"
        f" {known} known already, {len(reading.problems)} refused."
    )
    if not reading.problems:
        return
    if errors is None:
        click.echo(report(reading.problems), nl=False)
    else:
        errors.write_text(report(reading.problems), encoding="utf-8")
        click.echo(f"The error report is {errors}.")


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
