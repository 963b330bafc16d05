"""`luochui journal verify` and `luochui ledger export`: what an outsider would check."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.settings import Settings
from auction.ledger.export import beancount_text, hledger_text
from auction.ledger.queries import book_text
from auction.store.database import Database
from auction.store.journal import verify

Answer = TypeVar("Answer")
_WRITERS = {"hledger": hledger_text, "beancount": beancount_text}


def check_groups(settings: Callable[[], Settings]) -> tuple[click.Group, click.Group]:
    """Build the command groups `journal` and `ledger`; `settings` is asked when one runs."""

    @click.group("journal", help="The hash-chained journal.")
    def journal() -> None:
        """The hash-chained journal."""

    @journal.command("verify")
    def verify_journal() -> None:
        """Check every chain from its first entry; status 1 when one is broken."""
        found = asyncio.run(_ask(settings(), verify))
        for fault in found.faults:
            click.echo(f"{fault.stream} entry {fault.seq}: {fault.sentence}")
        verdict = "every chain holds" if found.is_sound else f"{len(found.faults)} faults"
        click.echo(f"journal: {found.streams} streams, {found.entries} entries, {verdict}")
        if not found.is_sound:
            raise click.exceptions.Exit(1)

    @click.group("ledger", help="The double-entry book.")
    def ledger() -> None:
        """The double-entry book."""

    @ledger.command("export")
    @click.option("--format", "kind", type=click.Choice(sorted(_WRITERS)), default="hledger")
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
    def export(kind: str, out: Path) -> None:
        """Write the whole book as text that another program can audit."""
        book = asyncio.run(_ask(settings(), book_text))
        out.write_text(_WRITERS[kind](book), encoding="utf-8")
        click.echo(f"ledger: written to {out}")

    return journal, ledger


async def _ask(settings: Settings, question: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
    database = Database(settings, application="luochui-check")
    try:
        async with database.reading() as session:
            return await question(session)
    finally:
        await database.close()
