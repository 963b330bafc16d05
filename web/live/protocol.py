"""The messages of the live hall, version 1: what a client may say and what it is told.

Every message is one JSON text frame of at most 4 KiB from a client; `type` says which it is.
A client's message with a field that its type does not have is not understood as a whole: a
condition with its name misspelt must never become an offer without one.
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

Who says hello to the listing of zeros gets a practice hall of his own (`web/live/practice.py`).

The page /hall/protocol is made from these types, in both languages: their docstrings and
descriptions are its words, and a test asks for the Chinese of each. `FAULTS` and `CLOSES` say
what a client does about a no.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

import msgspec

from auction.kernel.money import FEN_MAX
from bidding.hall.receipt import Receipt

VERSION = 1
MESSAGE_BYTES_MAX = 4096
DETAIL_MAX: Final = 200
"""Characters of a fault's detail: it names parts of the client's own message."""
COME_BACK_SECONDS_MAX: Final = 3
"""After a restart clients come back at a random moment of so many seconds, not all at once."""

_BID_ID = "The number that the client gave the bid: a UUID."
_NOW = "The server's time as this was written."
_PING_SENT = "The client's own time; it comes back as it was."
_CLOSES_AT = "When the session ends, after this bid."

Fen = Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
Now = Annotated[int, msgspec.Meta(description=_NOW)]
BidNumber = Annotated[UUID, msgspec.Meta(description=_BID_ID)]


class Hello(msgspec.Struct, frozen=True, tag="hello", forbid_unknown_fields=True):
    """The first message: which room, and with a ticket as whom."""

    listing: Annotated[UUID, msgspec.Meta(description="The listing, as in the page's address.")]
    ticket: Annotated[
        Annotated[str, msgspec.Meta(max_length=100)] | None,
        msgspec.Meta(description="A one-time ticket; left out by who only watches."),
    ] = None


class Ping(msgspec.Struct, frozen=True, tag="ping", forbid_unknown_fields=True):
    """What time is it?"""

    sent: Annotated[int | float, msgspec.Meta(description=_PING_SENT)]


class Bid(msgspec.Struct, frozen=True, tag="bid", forbid_unknown_fields=True):
    """An offer. It is binding once the verdict says accepted."""

    bid_id: BidNumber
    amount_fen: Annotated[
        int, msgspec.Meta(ge=1, le=FEN_MAX, description="How much is offered, in whole fen.")
    ]
    only_if_price: Annotated[
        Fen | None,
        msgspec.Meta(description="Bid only if this is still the price; 0 stands for no bid yet."),
    ] = None


class Fate(msgspec.Struct, frozen=True, tag="fate", forbid_unknown_fields=True):
    """What became of my bid?"""

    bid_id: BidNumber


class Fetch(msgspec.Struct, frozen=True, tag="fetch", forbid_unknown_fields=True):
    """Tell the bids after an entry."""

    from_seq: Annotated[
        int, msgspec.Meta(ge=0, le=2**53, description="The last entry that the client knows.")
    ]


Said = Hello | Ping | Bid | Fate | Fetch
"""Everything a client may say."""


class NotUnderstood(msgspec.Struct, frozen=True):
    """A client's message that is none of these: why not, and which bid it named, if any."""

    detail: str
    bid_id: UUID | None = None


class _Naming(msgspec.Struct):
    """The one thing that is read of a message that is none."""

    bid_id: UUID | None = None


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """The server's time."""

    sent: Annotated[int | float, msgspec.Meta(description=_PING_SENT)]
    now: Now


class BidShown(msgspec.Struct, frozen=True):
    """An accepted bid, as everybody sees it."""

    seq: Annotated[int, msgspec.Meta(description="The number of the entry in the session.")]
    code: Annotated[str, msgspec.Meta(description="The bidder's code; nobody's name.")]
    amount_fen: Annotated[int, msgspec.Meta(description="The amount of the bid.")]
    entered_at: Annotated[int, msgspec.Meta(description="When its last byte arrived.")]
    is_extended: Annotated[bool, msgspec.Meta(description="Whether it moved the end.")]
    closes_at: Annotated[int, msgspec.Meta(description=_CLOSES_AT)]


class State(msgspec.Struct, frozen=True):
    """The whole session as everybody sees it; each one replaces the one before."""

    version: Annotated[int, msgspec.Meta(description="Grows with every change; older is ignored.")]
    seq: Annotated[int, msgspec.Meta(description="The number of the last entry.")]
    state: Annotated[
        str,
        msgspec.Meta(description="scheduled, open, paused, suspended, sold, passed_in or stopped."),
    ]
    price_fen: Annotated[int | None, msgspec.Meta(description="None before the first bid.")]
    price_words: Annotated[str, msgspec.Meta(description="The price in Chinese characters.")]
    leader: Annotated[str | None, msgspec.Meta(description="The code of who leads.")]
    leader_rank: Annotated[
        int,
        msgspec.Meta(description="The leader's order of pre-emption; 0 for an ordinary bidder."),
    ]
    least_fen: Annotated[
        int, msgspec.Meta(description="The least that an ordinary bidder may offer now.")
    ]
    starting_fen: Annotated[int, msgspec.Meta(description="The starting price.")]
    increment_fen: Annotated[
        int, msgspec.Meta(description="A price is the starting price and whole increments.")
    ]
    opens_at: Annotated[int, msgspec.Meta(description="When bidding begins.")]
    closes_at: Annotated[int, msgspec.Meta(description="When it ends, as things stand.")]
    extensions: Annotated[int, msgspec.Meta(description="How often the end has moved.")]
    pause_ground: Annotated[
        str, msgspec.Meta(description="Why it stands still or was withdrawn; else empty.")
    ]
    watchers: Annotated[int, msgspec.Meta(description="How many sockets this process shows it.")]


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """Where everything stands as the client comes in."""

    now: Now
    session: Annotated[UUID, msgspec.Meta(description="The session; receipts name it.")]
    listing: Annotated[UUID, msgspec.Meta(description="The listing, as in the page's address.")]
    code: Annotated[
        str | None,
        msgspec.Meta(description="Under which code this client bids; None for a watcher."),
    ]
    is_over: Annotated[bool, msgspec.Meta(description="Whether nothing moves any more.")]
    state: Annotated[State, msgspec.Meta(description="The whole session.")]
    bids: Annotated[
        tuple[BidShown, ...], msgspec.Meta(description="The last accepted bids, at most 50.")
    ]
    v: Annotated[int, msgspec.Meta(description="The version of these messages.")] = VERSION


class Frame(msgspec.Struct, frozen=True, tag="frame"):
    """What changed: the new state, and the accepted bids of some entries."""

    now: Now
    from_seq: Annotated[int, msgspec.Meta(description="The first entry that it covers.")]
    seq: Annotated[int, msgspec.Meta(description="The last entry that it covers.")]
    state: Annotated[State, msgspec.Meta(description="The whole session.")]
    bids: Annotated[
        tuple[BidShown, ...], msgspec.Meta(description="The accepted bids among them, in order.")
    ]


class Verdict(msgspec.Struct, frozen=True, tag="verdict"):
    """What became of a bid; told once that is durable, and never told differently."""

    now: Annotated[int, msgspec.Meta(description="When it was decided, not when it was told.")]
    bid_id: BidNumber
    seq: Annotated[int, msgspec.Meta(description="The number of the entry in the session.")]
    is_accepted: Annotated[bool, msgspec.Meta(description="Whether the bid counts.")]
    reason: Annotated[
        str, msgspec.Meta(description="Empty when accepted; else why not: one of those below.")
    ]
    amount_fen: Annotated[int, msgspec.Meta(description="The amount of the bid.")]
    entered_at: Annotated[int, msgspec.Meta(description="When its last byte arrived.")]
    decided_at: Annotated[int, msgspec.Meta(description="When it was decided.")]
    is_extended: Annotated[bool, msgspec.Meta(description="Whether it moved the end.")]
    is_self_overbid: Annotated[
        bool, msgspec.Meta(description="Whether the bidder had led before it.")
    ]
    closes_at: Annotated[int, msgspec.Meta(description=_CLOSES_AT)]
    receipt: Annotated[
        Receipt, msgspec.Meta(description="What proves it, checked with the public key alone.")
    ]


class FateTold(msgspec.Struct, frozen=True, tag="fate"):
    """The verdict on a bid that was asked about."""

    now: Now
    bid_id: BidNumber
    verdict: Annotated[
        Verdict | None, msgspec.Meta(description="The first verdict; None when it never came in.")
    ]


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Something could not be done."""

    now: Now
    code: Annotated[str, msgspec.Meta(description="What could not be: one of those below.")]
    bid_id: Annotated[
        UUID | None, msgspec.Meta(description="The bid that it is about, if about one.")
    ] = None
    origin: Annotated[
        str, msgspec.Meta(description="With home_elsewhere: where the session is to be found.")
    ] = ""
    detail: Annotated[
        str, msgspec.Meta(description="With not_understood: what is wrong, in English.")
    ] = ""


Told = Pong | Snapshot | Frame | Verdict | FateTold | Fault
"""Everything a client may be told."""

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "not_understood": "The message is none of these; detail says why. It had no effect.",
        "hello_first": "Say hello first.",
        "hello_again": "Hello was said on this socket before. It had no effect.",
        "no_session": "There is no session for this listing. The socket is closed.",
        "ticket_not_valid": "The ticket is used, too old, or another room's: fetch a new one.",
        "not_a_bidder": "Who came in without a ticket only watches.",
        "too_fast": "A limit is passed and the message had no effect: say it again a second later.",
        "home_elsewhere": "The session lives in another process: connect to the origin given.",
        "leaving": "This process is about to restart: connect again.",
        "ending": "The session is past its end and about to be closed: connect again.",
        "moved": "The session has just moved: connect again and ask the fate of the bid.",
        "unknown": "It is not certain what became of the bid: ask its fate.",
        "too_many_sockets": "You have too many sockets in this session, or too many watch from your"
        " address. The socket is closed: close another one first.",
        "practice_full": "Too many practise at this moment: come back later.",
        "over": "The session is over: come in without a ticket to see its result.",
    }
)
"""What each code of a fault means, and what a client does about it."""

CLOSES: Mapping[int, str] = MappingProxyType(
    {
        1002: "The frames broke RFC 6455.",
        1003: "Binary messages are not spoken here.",
        1007: "A text was not UTF-8.",
        1008: "A rule of these was broken, the sign-in has ended, or there were far too many.",
        1009: "A message was longer than 4096 bytes.",
        1012: "The process restarts or the session moves: come back after 0 to 3 s, at random.",
        1013: "The client did not read, or the database is away for a moment: come back later.",
    }
)
"""With what code the server closes, and why."""

_decoder = msgspec.json.Decoder(Said)
_naming = msgspec.json.Decoder(_Naming)
_encoder = msgspec.json.Encoder()


def read_said(data: bytes) -> Said | NotUnderstood:
    """Read a client's message, or say what is wrong with it."""
    try:
        said: Said = _decoder.decode(data)
    except msgspec.DecodeError as wrong:
        return NotUnderstood(_plain(str(wrong)), _bid_named(data))
    return said


def _plain(sentence: str) -> str:
    """What names parts of a client's message, fit for a log and a terminal: short, no controls."""
    told = "".join(sign if sign.isprintable() else "?" for sign in sentence[:DETAIL_MAX])
    return told if len(sentence) <= DETAIL_MAX else f"{told}…"


def _bid_named(data: bytes) -> UUID | None:
    """The bid that a message names that is none."""
    try:
        return _naming.decode(data).bid_id
    except msgspec.DecodeError:
        return None


def write_told(message: Told) -> bytes:
    """Write a message as the bytes of its frame."""
    return _encoder.encode(message)
