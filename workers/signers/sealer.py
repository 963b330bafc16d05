"""The sealer: it alone can say whose a bidder code is: after the close, or to two supervisors.

It believes no caller: before it issues or opens, it reads the registration, the code and the
session in PostgreSQL by a connection and a role of its own. When it issues a code, the code
leaves it only in a box for the bidder, and the one row written, its own, holds a keyed digest.
"""

import hmac
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from uuid import UUID

import asyncpg

from auction.kernel.refusal import Refusal
from bidding import sealing
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import ANSWER_SECONDS_MAX, Answer, Question, ReadingOperation

KEY_NAME = "sealer"
CODES_MAX = 200
"""So many are opened by one question."""
_REGISTRATION = "SELECT listing_id, state, public_key FROM registration WHERE id = $1"
_SESSION = (
    "SELECT state, EXISTS (SELECT FROM journal WHERE kind = 'session.closed'"
    " AND stream = 'session:' || sessions.id) AS is_journaled"
    " FROM sessions WHERE listing_id = $1"
)
"""The state alone would be believed to whoever can write a row; a journal's entry stays."""
_HOLD = (
    "INSERT INTO code_holder (listing_id, tag, registration_id) VALUES ($1, $2, $3)"
    " ON CONFLICT DO NOTHING RETURNING registration_id"
)
_HOLDER = "SELECT registration_id FROM code_holder WHERE listing_id = $1 AND tag = $2"
_OPENING = (
    "SELECT listing_id, code FROM identity_opening WHERE id = $1"
    " AND EXISTS (SELECT FROM approval_request WHERE action = 'identity.open'"
    " AND subject = $1 AND state = 'spent')"
    " AND EXISTS (SELECT FROM journal WHERE kind = 'identity.opened'"
    " AND stream = 'opening:' || $1::text)"
)
"""The database itself lets a request be spent only with the yes of a second supervisor."""
_BOX = (
    "SELECT sealed_registration FROM hall_code"
    " WHERE listing_id = $1 AND code = $2 AND sealed_registration IS NOT NULL"
)

_CLOSED = frozenset({"sold", "passed_in"})


async def issue(keys: KeyFolder, database_url: str, question: Question) -> Answer:
    """Make an unguessable code for a registration whose deposit is held, for its bidder's eyes.

    Asked again before the registration has its box, it makes another: the first opens nowhere.
    """
    registration_id = UUID(question.get("registration_id", ""))
    code = sealing.code_of(secrets.token_bytes(sealing.CODE_LENGTH))
    async with _looking(database_url) as database:
        row = await _row(database, _REGISTRATION, registration_id)
        if row["state"] != "deposit_held" or row["public_key"] is None:
            raise Refusal("sealer.registration_not_ready")
        listing_id = row["listing_id"]
        await _row(database, _HOLD, listing_id, _tag(keys, listing_id, code), registration_id)
    box = sealing.seal(
        bytes(row["public_key"]),
        code.encode(),
        about=sealing.about_code(str(listing_id), str(registration_id)),
        ephemeral=secrets.token_bytes(sealing.KEY_BYTES),
    )
    return {"sealed_code": box.hex()}


async def unseal(keys: KeyFolder, database_url: str, question: Question) -> Answer:
    """Say whose a code is, once the session of its listing is closed (网拍18(2), 22)."""
    listing_id, code = UUID(question.get("listing_id", "")), question.get("code", "")
    async with _looking(database_url) as database:
        return {"registration_id": await _unsealed(database, keys, listing_id, code)}


async def unseal_all(keys: KeyFolder, database_url: str, question: Question) -> Answer:
    """Say whose many codes are, each as `unseal` does; one that may not be told refuses all.

    `codes` is a JSON list of [listing_id, code]; the answer is the list of their registrations.
    """
    wanted = _pairs(question.get("codes", ""))
    found: list[str] = []
    async with _looking(database_url) as database:
        for listing_id, code in wanted:
            found.append(await _unsealed(database, keys, listing_id, code))
    return {"registration_ids": json.dumps(found)}


async def unseal_approved(keys: KeyFolder, database_url: str, question: Question) -> Answer:
    """Say whose a code is before the close, to whoever names an opening of two supervisors."""
    opening_id = UUID(question.get("opening_id", ""))
    async with _looking(database_url) as database:
        opening = await database.fetchrow(_OPENING, opening_id)
        if opening is None:
            raise Refusal("sealer.opening_not_approved")
        whose = await _holder(database, keys, opening["listing_id"], opening["code"])
    return {"registration_id": str(whose)}


async def _unsealed(
    database: asyncpg.Connection, keys: KeyFolder, listing_id: UUID, code: str
) -> str:
    session = await _row(database, _SESSION, listing_id)
    if session["state"] not in _CLOSED or not session["is_journaled"]:
        raise Refusal("sealer.session_not_closed")
    return str(await _holder(database, keys, listing_id, code))


def _pairs(text: str) -> list[tuple[UUID, str]]:
    """What is asked for, or ValueError."""
    told = json.loads(text)
    if not isinstance(told, list) or len(told) > CODES_MAX:
        raise ValueError("codes are a list, and not too many")
    if not all(isinstance(one, list) and list(map(type, one)) == [str, str] for one in told):
        raise ValueError("each code is [listing_id, code]")
    return [(UUID(listing_id), code) for listing_id, code in told]


async def _holder(
    database: asyncpg.Connection, keys: KeyFolder, listing_id: UUID, code: str
) -> UUID:
    held = await database.fetchval(_HOLDER, listing_id, _tag(keys, listing_id, code))
    return held or _boxed(keys, await _row(database, _BOX, listing_id, code), listing_id, code)


def _boxed(keys: KeyFolder, row: asyncpg.Record, listing_id: UUID, code: str) -> UUID:
    """Whose a code is that was issued with a box in the hall, before the sealer had its table."""
    about = sealing.about_registration(str(listing_id), code)
    try:
        plain = sealing.unseal(
            keys.secret(KEY_NAME), bytes(row["sealed_registration"]), about=about
        )
    except sealing.SealBroken as broken:
        raise Refusal("sealer.box_broken") from broken
    return UUID(bytes=plain)


def _tag(keys: KeyFolder, listing_id: UUID, code: str) -> bytes:
    """The code as the sealer's table names it; only who has the key can make it."""
    about = sealing.about_registration(str(listing_id), code)
    return hmac.digest(keys.secret(KEY_NAME), b"luochui code tag 1\n" + about, "sha256")


OPERATIONS: Mapping[str, ReadingOperation] = MappingProxyType(
    {
        "code.issue": issue,
        "code.open": unseal,
        "code.open_all": unseal_all,
        "code.open_approved": unseal_approved,
    }
)


@asynccontextmanager
async def _looking(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    try:
        connection = await asyncpg.connect(
            database_url, timeout=ANSWER_SECONDS_MAX, command_timeout=ANSWER_SECONDS_MAX
        )
    except (OSError, asyncpg.PostgresError) as away:
        raise Refusal("sealer.database_away") from away
    try:
        yield connection
    except (OSError, asyncpg.InterfaceError) as silent:
        connection.terminate()  # its line is dead: there is nobody to say goodbye to
        raise Refusal("sealer.database_away") from silent
    except asyncpg.PostgresError as no:
        raise Refusal("sealer.database_refused") from no
    finally:
        await connection.close()


async def _row(database: asyncpg.Connection, statement: str, *arguments: object) -> asyncpg.Record:
    row = await database.fetchrow(statement, *arguments)
    if row is None:
        raise Refusal("sealer.not_found")
    return row
