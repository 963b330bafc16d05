"""The sealer: it alone can say whose a bidder code is, and it says so only after the close.

It believes no caller: before it issues or opens, it reads the registration, the code and the
session in PostgreSQL by a connection of its own.
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

import asyncpg

from auction.kernel.refusal import Refusal
from bidding import sealing
from workers.signers.keyring import Keyring
from workers.signers.operation import Answer, Question, ReadingOperation

KEY_NAME = "sealer"
_REGISTRATION = "SELECT listing_id, state, public_key FROM registration WHERE id = $1"
_SESSION = "SELECT state FROM sessions WHERE listing_id = $1"
_CODE = "SELECT sealed_registration FROM hall_code WHERE listing_id = $1 AND code = $2"

_CLOSED = frozenset({"sold", "passed_in"})


async def issue(keys: Keyring, database_url: str, question: Question) -> Answer:
    """Make an unguessable code for a registration whose deposit is held (网拍18)."""
    registration_id = UUID(question.get("registration_id", ""))
    row = await _row(database_url, _REGISTRATION, registration_id)
    if row["state"] != "deposit_held" or row["public_key"] is None:
        raise Refusal("sealer.registration_not_ready")
    listing_id = str(row["listing_id"])
    code = sealing.code_of(secrets.token_bytes(sealing.CODE_LENGTH))
    for_sealer = _box(
        sealing.public_key_of(keys.secret(KEY_NAME)),
        registration_id.bytes,
        about=sealing.about_registration(listing_id, code),
    )
    for_bidder = _box(
        bytes(row["public_key"]),
        code.encode(),
        about=sealing.about_code(listing_id, str(registration_id)),
    )
    return {
        "code": code,
        "sealed_registration": for_sealer.hex(),
        "sealed_code": for_bidder.hex(),
    }


async def unseal(keys: Keyring, database_url: str, question: Question) -> Answer:
    """Say whose a code is, once the session of its listing is closed (网拍18(2), 22)."""
    listing_id, code = UUID(question.get("listing_id", "")), question.get("code", "")
    session = await _row(database_url, _SESSION, listing_id)
    if session["state"] not in _CLOSED:
        raise Refusal("sealer.session_not_closed")
    row = await _row(database_url, _CODE, listing_id, code)
    about = sealing.about_registration(str(listing_id), code)
    try:
        plain = sealing.unseal(
            keys.secret(KEY_NAME), bytes(row["sealed_registration"]), about=about
        )
    except sealing.SealBroken as broken:
        raise Refusal("sealer.box_broken") from broken
    return {"registration_id": str(UUID(bytes=plain))}


OPERATIONS: Mapping[str, ReadingOperation] = MappingProxyType(
    {"code.issue": issue, "code.open": unseal}
)


def _box(public: bytes, plain: bytes, *, about: bytes) -> bytes:
    ephemeral = secrets.token_bytes(sealing.KEY_BYTES)
    return sealing.seal(public, plain, about=about, ephemeral=ephemeral)


async def _row(database_url: str, statement: str, *arguments: object) -> asyncpg.Record:
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except (OSError, asyncpg.PostgresError) as away:
        raise Refusal("sealer.database_away") from away
    try:
        row = await connection.fetchrow(statement, *arguments)
    finally:
        await connection.close()
    if row is None:
        raise Refusal("sealer.not_found")
    return row
