"""`luochui import`: lots as drafts, and records of other houses to be compared."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from auction.kernel.actor import SYSTEM
from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.lots.commands import import_draft_lots
from auction.lots.importing import Reading, read_lots, report
from auction.store.database import Database
from workers.terminal.recording import record_command

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
