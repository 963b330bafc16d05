"""The messages of the live hall, version 1: what a client may say and what it is told.

Every message is one JSON text frame of at most 4 KiB from a client; `type` says which it is.
Amounts are whole fen. Instants are whole milliseconds since 1970 in UTC; `now` is the
server's time as the message was written, and the session ends by that clock alone.

The way of a conversation:

1. The client connects with the exact Origin of the pages and says `hello` with the listing,
   and with a one-time `ticket` if it is to bid. The ticket comes from the page and lives 30 s.
2. It is told a `snapshot`: the whole state, the last bids, and `seq`, the number of the last
   entry. From then on it is told a `frame` at most every 100 ms when something changed.
3. A frame covers entries `from_seq` to `seq`. When `from_seq` is above the last `seq` known
   plus one, something was missed: the client says `fetch` and is told those bids in a frame.
   A frame with a lower `version` than one seen already is old and to be ignored.
4. A bidder says `bid` with a `bid_id` that it makes itself (a UUID). It is told a `verdict`
   once the bid is durable. The same `bid_id` again never bids twice: the first verdict comes
   back, byte for byte. A bid refused is recorded as one accepted is, with its reason.
5. After a cut, the client says `fate` of its last `bid_id` before it bids again. A `fate`
   without a verdict means that the bid never came in.
6. `ping` is answered by `pong` with the server's time. Half the round trip is the error.

The server closes with 1008 what breaks these rules, with 1009 a message that is too long,
with 1012 when it restarts (come back after 0 to 3 s), with 1013 a client that does not read.
"""

from typing import Annotated
from uuid import UUID

import msgspec

from auction.kernel.money import FEN_MAX
from bidding.hall.receipt import Receipt

VERSION = 1
MESSAGE_BYTES_MAX = 4096

Fen = Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first message: which room, and with a ticket as whom."""

    listing: UUID
    ticket: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """What time is it? `sent` comes back as it was."""

    sent: int | float


class Bid(msgspec.Struct, frozen=True, tag="bid"):
    """An offer. It is binding once the verdict says accepted."""

    bid_id: UUID
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=FEN_MAX)]
    only_if_price: Fen | None = None
    """Bid only if this is still the price; 0 stands for no bid yet."""


class Fate(msgspec.Struct, frozen=True, tag="fate"):
    """What became of my bid?"""

    bid_id: UUID


class Fetch(msgspec.Struct, frozen=True, tag="fetch"):
    """Tell the bids after entry `from_seq`."""

    from_seq: Seq


Said = Hello | Ping | Bid | Fate | Fetch
"""Everything a client may say."""


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    sent: int | float
    now: int


class BidShown(msgspec.Struct, frozen=True):
    """An accepted bid, as everybody sees it."""

    seq: int
    code: str
    amount_fen: int
    entered_at: int
    is_extended: bool
    closes_at: int


class State(msgspec.Struct, frozen=True):
    """The whole session as everybody sees it; each one replaces the one before."""

    version: int
    seq: int
    state: str
    """scheduled, open, paused, suspended, sold, passed_in or stopped."""
    price_fen: int | None
    """None before the first bid."""
    price_words: str
    """The price in 大写."""
    leader: str | None
    leader_rank: int
    """The leader's order of pre-emption; 0 for an ordinary bidder."""
    least_fen: int
    """The least that an ordinary bidder may offer now."""
    starting_fen: int
    increment_fen: int
    opens_at: int
    closes_at: int
    extensions: int
    pause_ground: str
    watchers: int


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """Where everything stands as the client comes in."""

    now: int
    session: UUID
    listing: UUID
    code: str | None
    """Under which code this client bids; None for a watcher."""
    is_over: bool
    state: State
    bids: tuple[BidShown, ...]
    v: int = VERSION


class Frame(msgspec.Struct, frozen=True, tag="frame"):
    """What changed: the new state, and the accepted bids among entries `from_seq` to `seq`."""

    now: int
    from_seq: int
    seq: int
    state: State
    bids: tuple[BidShown, ...]


class Verdict(msgspec.Struct, frozen=True, tag="verdict"):
    """What became of a bid; `now` is when it was decided, so that it never reads differently."""

    now: int
    bid_id: UUID
    seq: int
    is_accepted: bool
    reason: str
    """Empty when accepted; else a code such as below_next_price, off_ladder or late."""
    amount_fen: int
    entered_at: int
    decided_at: int
    is_extended: bool
    is_self_overbid: bool
    closes_at: int
    receipt: Receipt


class FateTold(msgspec.Struct, frozen=True, tag="fate"):
    """The verdict on a bid, or None when it never came in."""

    now: int
    bid_id: UUID
    verdict: Verdict | None


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Something could not be done; `code` says what.

    not_understood, hello_first, ticket_not_valid, no_session, not_a_bidder, too_fast,
    home_elsewhere (with the origin to go to), moved (ask the fate of the bid there), unknown
    (ask the fate of the bid).
    """

    now: int
    code: str
    bid_id: UUID | None = None
    origin: str = ""


Told = Pong | Snapshot | Frame | Verdict | FateTold | Fault
"""Everything a client may be told."""

_decoder = msgspec.json.Decoder(Said)
_encoder = msgspec.json.Encoder()


def read_said(data: bytes) -> Said:
    """Read a client's message; raise msgspec.DecodeError on anything else."""
    said: Said = _decoder.decode(data)
    return said


def write_told(message: Told) -> bytes:
    """Write a message as the bytes of its frame."""
    return _encoder.encode(message)
