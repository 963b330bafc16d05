"""The keeper of originals: photographs as handed in, sealed to it, opened for a reason on record.

It believes no caller: it lends the key of one file only for an opening that is committed in
PostgreSQL, with its person and its reason, and only for the picture which that opening names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

import asyncpg

from auction.kernel.refusal import Refusal
from auction.kernel.sealed_file import public_half, unwrap_key
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import (
    ANSWER_SECONDS_MAX,
    Answer,
    Operation,
    Question,
    ReadingOperation,
    hex_field,
)

KEY_NAME = "originals"
_OPENING = """
    SELECT photographs.original_digest
    FROM original_openings JOIN photographs ON photographs.id = original_openings.photograph_id
    WHERE original_openings.id = $1
"""


def public(keys: KeyFolder, _: Question) -> Answer:
    """The key that originals are sealed to."""
    return {"public_key": public_half(keys.secret(KEY_NAME)).hex()}


async def lend_key(keys: KeyFolder, database_url: str, question: Question) -> Answer:
    """The key of the sealed original that a recorded opening names."""
    opening_id = UUID(question.get("opening_id", ""))
    wrapped = hex_field(question, "wrapped_key")
    digest = await _digest_of(database_url, opening_id)
    return {"key": unwrap_key(keys.secret(KEY_NAME), wrapped, digest=digest).hex()}


OPERATIONS: Mapping[str, Operation] = MappingProxyType({"original.public": public})
READING_OPERATIONS: Mapping[str, ReadingOperation] = MappingProxyType({"original.open": lend_key})


async def _digest_of(database_url: str, opening_id: UUID) -> str:
    try:
        connection = await asyncpg.connect(
            database_url, timeout=ANSWER_SECONDS_MAX, command_timeout=ANSWER_SECONDS_MAX
        )
    except (OSError, asyncpg.PostgresError) as away:
        raise Refusal("originals.database_away") from away
    try:
        digest = await connection.fetchval(_OPENING, opening_id)
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as away:
        connection.terminate()  # its line may be dead: there may be nobody to say goodbye to
        raise Refusal("originals.database_away") from away
    finally:
        await connection.close()
    if digest is None:
        raise Refusal("originals.no_opening")
    return str(digest)
