"""The hash-chained, append-only journal: one chain a stream, written in the fact's own commit.

An entry's leaf is canonical JSON (LOG/1); its hash is SHA-256(0x00 || leaf), the leaf hash
of a Merkle tree (RFC 9162), so that batches and the public log can be built over entries.
Each leaf names the hash of the one before it in its stream: removing, changing or swapping
an entry breaks the chain. One chain per stream, since with one for all every bid on the
platform would queue behind one row.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.canonical import canon
from auction.kernel.merkle import leaf_hash
from auction.store.base import Base
from auction.store.columns import Instant

VERSION = "LOG/1"
FIRST_PREV = b"\x00" * 32
LEAF_BYTES_MAX = 65_535


StoredLink = tuple[int, str, bytes, bytes]
"""seq, kind, leaf, hash of a stored entry."""


class JournalEntry(Base):
    """One fact. Rows are only ever added."""

    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("stream", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stream: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalHead(Base):
    """Where a stream's chain stands; locked while entries are added to it."""

    __tablename__ = "journal_head"

    stream: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to be journaled, before it has its place in a chain."""

    id: UUID
    kind: str
    stream: str
    body: dict[str, object]


class Body(msgspec.Struct, frozen=True):
    """What entries of one kind say, where many are written at once.

    The fields of a subclass are integers, texts, identifiers and None, in the order of their
    names: written as they stand they are canonical.
    """


class Head(NamedTuple):
    """Where a stream's chain stands, read under its lock."""

    stream: str
    seq: int
    hash: bytes


class Link(NamedTuple):
    """One entry's identifier, its bytes, and their hash."""

    id: UUID
    leaf: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A journaled fact with its place and its bytes."""

    stream: str
    seq: int
    leaf: bytes
    hash: bytes


def instant_text(moment: datetime) -> str:
    """A moment as leaves write it: UTC, microseconds, Z."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:-6] + "Z"


def make_leaf(fact: Fact, *, seq: int, prev: bytes, actor: str, at: datetime) -> bytes:
    """The bytes of an entry (TRUST.md 2.3 with our names)."""
    leaf = canon(
        {
            "v": VERSION,
            "kind": fact.kind,
            "id": str(fact.id),
            "at": instant_text(at),
            "by": actor,
            "stream": fact.stream,
            "seq": seq,
            "prev": prev.hex(),
            "body": fact.body,
        }
    )
    if len(leaf) > LEAF_BYTES_MAX:
        raise ValueError(f"journal entry of {len(leaf)} bytes; {LEAF_BYTES_MAX} is the most")
    return leaf


class _Written(msgspec.Struct, frozen=True):
    """A leaf as it is written: its fields in the order of their names."""

    at: str
    body: Body
    by: str
    id: UUID
    kind: str
    prev: str
    seq: int
    stream: str
    v: str = VERSION


_ENCODER: Final = msgspec.json.Encoder()


def chain(
    head: Head, said: Iterable[tuple[UUID, str, Body]], *, actor: str, at: datetime
) -> list[Link]:
    """The entries of one stream that follow its head, each of an id, a kind and a body; pure.

    Their bytes are those of `make_leaf`. Text in other letters than ASCII is left to it, since
    not all of that has a canonical form.
    """
    stream, seq, prev = head
    when, links = instant_text(at), list[Link]()
    for fact_id, kind, body in said:
        seq += 1
        written = _Written(when, body, actor, fact_id, kind, prev.hex(), seq, stream)
        leaf = _ENCODER.encode(written)
        if not leaf.isascii():
            leaf = canon(msgspec.to_builtins(written))
        prev = leaf_hash(leaf)
        links.append(Link(fact_id, leaf, prev))
    return links


async def append(
    session: AsyncSession, facts: Sequence[Fact], *, actor: str, at: datetime
) -> list[Entry]:
    """Chain `facts` to their streams, in order; return their entries in the same order.

    Heads are locked in the order of their names, so that two commands never wait for
    each other. The caller commits.
    """
    if not facts:
        return []
    heads = await _lock_heads(session, sorted({fact.stream for fact in facts}))
    entries: list[Entry] = []
    for fact in facts:
        seq, prev = heads[fact.stream]
        leaf = make_leaf(fact, seq=seq + 1, prev=prev, actor=actor, at=at)
        entry = Entry(fact.stream, seq + 1, leaf, leaf_hash(leaf))
        heads[fact.stream] = (entry.seq, entry.hash)
        entries.append(entry)
    await _write(session, facts, entries, heads, at)
    return entries


async def _lock_heads(session: AsyncSession, streams: list[str]) -> dict[str, tuple[int, bytes]]:
    if len(streams) > 1:  # all are there before the first is locked, so that the order holds
        await begin(session, streams)
    heads = await _locked(session, streams)
    if len(heads) < len(streams):
        await begin(session, streams)
        heads = await _locked(session, streams)
    return heads


async def begin(session: AsyncSession, streams: list[str]) -> None:
    """Give streams that have no entries yet their heads."""
    fresh = {"streams": streams, "first": FIRST_PREV}
    await (await session.connection()).execute(_BEGIN, fresh)


async def _locked(session: AsyncSession, streams: list[str]) -> dict[str, tuple[int, bytes]]:
    locked = await (await session.connection()).execute(_LOCK, {"streams": streams})
    return {stream: (seq, head) for stream, seq, head in locked}


async def _write(
    session: AsyncSession,
    facts: Sequence[Fact],
    entries: Sequence[Entry],
    heads: Mapping[str, tuple[int, bytes]],
    at: datetime,
) -> None:
    """Add the entries and move the heads: one statement, however many there are."""
    moved = {
        "heads": list(heads),
        "head_seqs": [seq for seq, _ in heads.values()],
        "head_hashes": [head for _, head in heads.values()],
    }
    added = {
        "ids": [fact.id for fact in facts],
        "kinds": [fact.kind for fact in facts],
        "streams": [entry.stream for entry in entries],
        "seqs": [entry.seq for entry in entries],
        "leaves": [entry.leaf for entry in entries],
        "hashes": [entry.hash for entry in entries],
        "at": at,
    }
    await (await session.connection()).execute(_WRITE, moved | added)


# Arrays keep each of these one statement, prepared once, whatever the number of entries.
_BEGIN = text(
    "INSERT INTO journal_head (stream, seq, hash) SELECT stream, 0, CAST(:first AS bytea)"
    " FROM unnest(CAST(:streams AS text[])) AS fresh(stream) ON CONFLICT DO NOTHING"
)
_LOCK = text(
    "SELECT stream, seq, hash FROM journal_head WHERE stream = ANY (CAST(:streams AS text[]))"
    " ORDER BY stream FOR UPDATE"
)
_WRITE = text(
    "WITH moved AS (UPDATE journal_head SET seq = head.seq, hash = head.hash"
    " FROM unnest(CAST(:heads AS text[]), CAST(:head_seqs AS bigint[]),"
    " CAST(:head_hashes AS bytea[])) AS head(stream, seq, hash)"
    " WHERE journal_head.stream = head.stream)"
    " INSERT INTO journal (id, stream, seq, kind, recorded_at, leaf, hash)"
    " SELECT id, stream, seq, kind, CAST(:at AS timestamptz), leaf, hash"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:streams AS text[]), CAST(:seqs AS bigint[]),"
    " CAST(:kinds AS text[]), CAST(:leaves AS bytea[]), CAST(:hashes AS bytea[]))"
    " AS entry(id, stream, seq, kind, leaf, hash)"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain breaks, in words."""

    stream: str
    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the journal found."""

    streams: int
    entries: int
    faults: tuple[Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every chain holds."""
        return not self.faults


class _Leaf(msgspec.Struct):
    v: str
    kind: str
    stream: str
    seq: int
    prev: str


def check_chain(stream: str, links: Iterable[StoredLink]) -> list[Fault]:
    """Check one stream's (seq, kind, leaf, hash) in order of seq; pure."""
    faults: list[Fault] = []
    expected, prev = 1, FIRST_PREV
    for seq, kind, leaf, stored in links:
        found = _check_link(stream, expected, prev, (seq, kind, leaf, stored))
        faults += [Fault(stream, seq, sentence) for sentence in found]
        expected, prev = seq + 1, stored
    return faults


def _check_link(stream: str, expected: int, prev: bytes, link: StoredLink) -> list[str]:
    seq, kind, leaf, stored = link
    if leaf_hash(leaf) != stored:
        return ["the entry's bytes do not give its hash"]
    try:
        told = msgspec.json.decode(leaf, type=_Leaf)
    except msgspec.DecodeError:
        return ["the entry cannot be read"]
    checks = {
        f"entry {expected} is missing before it": seq == expected,
        "the entry belongs to another place": (told.stream, told.seq) == (stream, seq),
        "the row tells another kind than the entry": told.kind == kind,
        "the entry does not follow the one before it": told.prev == prev.hex(),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


async def streams(session: AsyncSession) -> list[JournalHead]:
    """Every stream with its head, by name."""
    return list((await session.scalars(select(JournalHead).order_by(JournalHead.stream))).all())


async def verify(session: AsyncSession) -> Verification:
    """Check every chain against its entries and its head."""
    faults: list[Fault] = []
    count = 0
    heads = await streams(session)
    for head in heads:
        links = [link async for link in _links(session, head.stream)]
        count += len(links)
        faults += check_chain(head.stream, links)
        last = (links[-1][0], links[-1][3]) if links else (0, FIRST_PREV)
        if last != (head.seq, head.hash):
            faults.append(Fault(head.stream, head.seq, "the head is not the last entry"))
    headless = await session.scalars(
        select(JournalEntry.stream)
        .where(JournalEntry.stream.not_in(select(JournalHead.stream)))
        .distinct()
    )
    faults += [Fault(stream, 0, "the stream has entries and no head") for stream in headless]
    return Verification(len(heads), count, tuple(faults))


async def _links(session: AsyncSession, stream: str) -> AsyncIterator[StoredLink]:
    rows = await session.execute(
        select(JournalEntry.seq, JournalEntry.kind, JournalEntry.leaf, JournalEntry.hash)
        .where(JournalEntry.stream == stream)
        .order_by(JournalEntry.seq)
    )
    for seq, kind, leaf, stored in rows:
        yield seq, kind, leaf, stored
