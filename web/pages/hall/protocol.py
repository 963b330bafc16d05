"""The messages of the live hall for those who write programs: made from the types themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import inspect
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bidding.engine import Reason
from bidding.hall.receipt import Receipt
from web.live import protocol
from web.live.connection import UNSENT_BYTES_MAX
from web.live.fanout import FRAME_SECONDS
from web.live.limits import FLOOD_FACTOR, Limits
from web.signin import cookie_name
from web.views import FOLDER, render

EXAMPLE = Path(FOLDER) / "static" / "formats" / "receipt.json"
LISTING = UUID("01900000-0000-7000-8000-000000000001")
SESSION = UUID("01900000-0000-7000-8000-000000000002")
BID = UUID("01900000-0000-7000-8000-000000000011")
NOON = 1_778_032_800_000
TICKET_REFUSALS = ("form.forged", "not_found", "hall.password_needed", "session.not_open")
"""Why a program gets no ticket: its token or Origin, no registration, no seat, no session."""


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field of a message; `about` is a msgid."""

    name: str
    kind: str
    is_needed: bool
    about: str


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A message, or a part of one; `about` is a msgid, `tag` is empty for a part."""

    name: str
    tag: str
    about: str
    fields: Sequence[FieldShown]


def shown(kind: type) -> MessageShown:
    """A type of the protocol as the page tells it."""
    told = inspect.type_info(kind)
    if not isinstance(told, inspect.StructType):
        raise TypeError(f"{kind} is no message")
    fields = [
        FieldShown(field.encode_name, _kind(field.type), field.required, _description(field.type))
        for field in told.fields
    ]
    return MessageShown(kind.__name__, str(told.tag or ""), str(kind.__doc__), fields)


def _kind(told: inspect.Type) -> str:
    """A type in the words of JSON."""
    match told:
        case inspect.Metadata():
            return _kind(told.type)
        case inspect.UnionType():
            return " | ".join(_kind(one) for one in told.types)
        case inspect.StructType():
            return told.cls.__name__
        case inspect.VarTupleType():
            return f"[{_kind(told.item_type)}]"
        case _:
            return _plain(told)


def _plain(told: inspect.Type) -> str:
    if isinstance(told, inspect.IntType):
        return "int" if told.ge is None else f"int {told.ge} … {told.le}"
    if isinstance(told, inspect.StrType):
        return f"text ≤ {told.max_length}" if told.max_length else "text"
    return _PLAIN[type(told)]


_PLAIN = {
    inspect.UUIDType: "UUID",
    inspect.FloatType: "number",
    inspect.BoolType: "true | false",
    inspect.NoneType: "null",
}


def _description(told: inspect.Type) -> str:
    schema = told.extra_json_schema if isinstance(told, inspect.Metadata) else None
    return str((schema or {}).get("description", ""))


SAID = (protocol.Hello, protocol.Ping, protocol.Bid, protocol.Fate, protocol.Fetch)
TOLD = (
    protocol.Snapshot, protocol.Frame, protocol.Verdict, protocol.FateTold, protocol.Pong,
    protocol.Fault,
)  # fmt: skip
PARTS = (protocol.State, protocol.BidShown)


@cache
def conversation() -> Sequence[tuple[bool, str]]:
    """An example: whether the client says it, and the message as it goes over the line."""
    receipt = msgspec.json.decode(EXAMPLE.read_bytes(), type=Receipt)
    leaf = msgspec.json.decode(receipt.leaf)
    code, amount = str(leaf["body"]["code"]), int(leaf["body"]["amount_fen"])
    first = protocol.State(
        version=3, seq=0, state="open", price_fen=None, price_words="", leader=None,
        leader_rank=0, least_fen=amount, starting_fen=amount, increment_fen=500_000,
        opens_at=NOON, closes_at=NOON + 86_400_000, extensions=0, pause_ground="", watchers=2,
    )  # fmt: skip
    after = msgspec.structs.replace(
        first, version=4, seq=1, price_fen=amount, leader=code,
        price_words="壹佰贰拾叁万肆仟伍佰陆拾柒元整", least_fen=amount + 500_000,
    )  # fmt: skip
    bid = protocol.BidShown(1, code, amount, NOON + 1000, False, first.closes_at)
    verdict = protocol.Verdict(
        now=NOON + 1004, bid_id=BID, seq=1, is_accepted=True, reason="", amount_fen=amount,
        entered_at=NOON + 1000, decided_at=NOON + 1004, is_extended=False, is_self_overbid=False,
        closes_at=first.closes_at, receipt=receipt,
    )  # fmt: skip
    messages: tuple[tuple[bool, protocol.Said | protocol.Told], ...] = (
        (True, protocol.Hello(LISTING, "x7Jw…")),
        (False, protocol.Snapshot(NOON, SESSION, LISTING, code, False, first, ())),
        (True, protocol.Ping(512.5)),
        (False, protocol.Pong(512.5, NOON + 400)),
        (True, protocol.Bid(BID, amount, 0)),
        (False, verdict),
        (False, protocol.Frame(NOON + 1004, 1, 1, after, (bid,))),
        (True, protocol.Bid(UUID(int=BID.int + 1), amount + 100)),
        (False, protocol.Fault(NOON + 2000, "too_fast", UUID(int=BID.int + 1))),
        (True, protocol.Fate(UUID(int=BID.int + 1))),
        (False, protocol.FateTold(NOON + 3000, UUID(int=BID.int + 1), None)),
    )
    return [(is_said, msgspec.json.encode(one).decode()) for is_said, one in messages]


async def protocol_page(request: Request) -> Response:
    """What a client may say and what it is told, the limits, and an example."""
    return render(
        request,
        "room/protocol.html",
        version=protocol.VERSION,
        origin=request.state.settings.live_origin,
        web_origin=request.state.settings.web_origin,
        sign_in_cookie=cookie_name(request.state.settings, "signin"),
        ticket_refusals=TICKET_REFUSALS,
        messages_said=[shown(kind) for kind in SAID],
        messages_told=[shown(kind) for kind in TOLD],
        parts=[shown(kind) for kind in PARTS],
        faults=protocol.FAULTS,
        closes=protocol.CLOSES,
        reasons=list(Reason),
        limits=Limits.of(request.state.settings),
        sockets_by_bidder=request.state.settings.live_sockets_by_bidder,
        sockets_by_address=request.state.settings.live_sockets_by_address,
        flood=FLOOD_FACTOR,
        message_bytes=protocol.MESSAGE_BYTES_MAX,
        unsent_kilobytes=UNSENT_BYTES_MAX // 1024,
        frame_milliseconds=int(FRAME_SECONDS * 1000),
        come_back_seconds=protocol.COME_BACK_SECONDS_MAX,
        conversation=conversation(),
    )


async def protocol_file(_: Request) -> Response:
    """The same types as JSON Schema, for programs."""
    schema = {
        "said": msgspec.json.schema(protocol.Said),
        "told": msgspec.json.schema(protocol.Told),
        "v": protocol.VERSION,
    }
    return Response(
        msgspec.json.format(msgspec.json.encode(schema), indent=1), media_type="application/json"
    )


ROUTES: list[BaseRoute] = [
    Route("/hall/protocol", protocol_page),
    Route("/hall/protocol.json", protocol_file),
]
