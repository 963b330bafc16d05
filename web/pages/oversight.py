"""Oversight: the journal's chains with their verification, the book's sums, and both as files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import msgspec
from sqlalchemy import Select, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.refusal import Refusal
from auction.ledger import policy
from auction.ledger.export import BookText, beancount_text, hledger_text
from auction.ledger.queries import book_text
from auction.ledger.trial import reconcile, trial_balance
from auction.people.queries import person
from auction.store.full_views import lookers
from auction.store.journal import JournalEntry, streams, verify
from web.views import render
from web.wiring import actor_of, database_of, reading, require_of

ENTRIES_MAX = 500
EXPORTS: dict[str, Callable[[BookText], str]] = {
    "hledger": hledger_text,
    "beancount": beancount_text,
}


async def oversight_page(request: Request) -> Response:
    """Every stream of the journal, whether its chain holds, and the trial balance."""
    require_of(request, policy.SEE_JOURNAL)
    court_id = actor_of(request).court_id
    async with reading(request) as session:
        heads = await streams(session)
        verification = await verify(session)
        trial = await trial_balance(session, court_id)
        reconciled = await reconcile(session, court_id) if court_id else None
        looked = await lookers(session, database_of(request).clock.now())
        named = [(looker, await person(session, looker.viewer_id)) for looker in looked]
    return render(
        request,
        "oversight/oversight.html",
        heads=heads,
        verification=verification,
        broken={fault.stream for fault in verification.faults},
        trial=trial,
        reconciled=reconciled,
        lookers=named,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the journal, taken apart for a reader."""

    seq: int
    recorded_at: datetime
    kind: str
    actor: str
    body: Mapping[str, object]
    hash: str

    @classmethod
    def of(cls, entry: JournalEntry) -> "Told":
        """What the hashed bytes say."""
        leaf: dict[str, object] = msgspec.json.decode(entry.leaf, type=dict[str, object])
        body = leaf["body"]
        return cls(
            seq=entry.seq,
            recorded_at=entry.recorded_at,
            kind=entry.kind,
            actor=str(leaf["by"]),
            body=body if isinstance(body, dict) else {},
            hash=entry.hash.hex(),
        )


async def stream_page(request: Request) -> Response:
    """The entries of one stream, oldest first, for a reader."""
    require_of(request, policy.SEE_JOURNAL)
    stream = str(request.path_params["stream"])
    async with reading(request) as session:
        rows = await session.scalars(_of_stream(stream).limit(ENTRIES_MAX + 1))
        entries = rows.all()
    if not entries:
        raise Refusal("not_found", what="journal", id=stream)
    return render(
        request,
        "oversight/stream.html",
        stream=stream,
        entries=[Told.of(entry) for entry in entries[:ENTRIES_MAX]],
        is_cut=len(entries) > ENTRIES_MAX,
    )


async def stream_file(request: Request) -> Response:
    """The entries of one stream: bytes as they were hashed, a line each."""
    require_of(request, policy.SEE_JOURNAL)
    stream = str(request.path_params["stream"])
    async with reading(request) as session:
        rows = await session.scalars(_of_stream(stream))
        entries = rows.all()
    if not entries:
        raise Refusal("not_found", what="journal", id=stream)
    content = b"".join(entry.leaf + b"\n" for entry in entries)
    return _download(content, "application/jsonl", f"{stream.replace(':', '-')}.jsonl")


def _of_stream(stream: str) -> Select[JournalEntry]:
    return select(JournalEntry).where(JournalEntry.stream == stream).order_by(JournalEntry.seq)


async def journal_file(request: Request) -> Response:
    """The whole journal, one leaf a line: what `luochui` and anybody else can verify."""
    require_of(request, policy.SEE_JOURNAL)
    async with reading(request) as session:
        leaves = await session.scalars(
            select(JournalEntry.leaf).order_by(JournalEntry.stream, JournalEntry.seq)
        )
        content = b"".join(leaf + b"\n" for leaf in leaves)
    return _download(content, "application/jsonl", "journal.jsonl")


async def ledger_file(request: Request) -> Response:
    """The book as text for hledger or beancount."""
    actor = actor_of(request)
    require_of(request, policy.SEE_LEDGER, actor.court_id)
    write = EXPORTS.get(str(request.path_params["program"]))
    if write is None:
        raise Refusal("not_found", what="page", id=str(request.path_params["program"]))
    async with reading(request) as session:
        text = write(await book_text(session, actor.court_id))
    name = f"ledger.{request.path_params['program']}"
    return _download(text.encode(), "text/plain; charset=utf-8", name)


def _download(content: bytes, kind: str, name: str) -> Response:
    disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=kind, headers=disposition)


ROUTES: list[BaseRoute] = [
    Route("/oversight", oversight_page),
    Route("/oversight/journal.jsonl", journal_file),
    Route("/oversight/ledger.{program}", ledger_file),
    Route("/oversight/journal/{stream}.jsonl", stream_file),
    Route("/oversight/journal/{stream}", stream_page),
]
