"""What a keeper of keys can be asked: one function an operation, text in and text out."""

from collections.abc import Awaitable, Callable, Mapping

from workers.signers.key_folder import KeyFolder

ANSWER_SECONDS_MAX = 5.0
"""So long PostgreSQL may take to answer a keeper; who asked the keeper waits twice as long."""

Question = Mapping[str, str]
Answer = Mapping[str, str]
Operation = Callable[[KeyFolder, Question], Answer]
"""Raises Refusal or ValueError on a no; the asker sees the code only."""
ReadingOperation = Callable[[KeyFolder, str, Question], Awaitable[Answer]]
"""The same for a keeper that believes no caller: it reads the database at the URL given itself."""


def hex_field(question: Question, name: str, *, bytes_max: int = 1 << 16) -> bytes:
    """A field of hex digits as bytes; raise ValueError when it is anything else."""
    data = bytes.fromhex(question.get(name, ""))
    if name not in question or len(data) > bytes_max:
        raise ValueError(f"{name} is missing or too long")
    return data
