"""Structured logs: one JSON object a line on standard error, the same for every process.

Every line written while a request, a job or a timer's look is being done carries its
correlation id, so that one question can be followed from the page to the worker. An exception
is told by its kind and its place: what it says quotes values, and values are people's.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

from auction.kernel.refusal import Refusal

SAFE_MARKS = ("sqlstate", "constraint_name")
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_CORRELATION: ContextVar[str] = ContextVar("correlation", default="")


def correlation() -> str:
    """The id of what is being done now; empty when nothing was asked."""
    return _CORRELATION.get()


@contextmanager
def correlated(key: str) -> Iterator[None]:
    """Do something under one correlation id."""
    before = _CORRELATION.set(key)
    try:
        yield
    finally:
        _CORRELATION.reset(before)


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; an exception goes into the same line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        """One line. Whatever a message contains, it cannot begin another line."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation():
            told["correlation"] = correlation()
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)

    def formatException(self, ei: Raised) -> str:  # noqa: N802  (logging's own name)
        """The kind of each exception of the chain and where it was raised, the first cause last."""
        told: list[str] = []
        for error in chain(ei[1]):
            told.append(described(error))
            told += (line.rstrip() for line in traceback.format_tb(error.__traceback__))
        return "\n".join(told)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, then what it came from, to the first cause."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def described(error: BaseException) -> str:
    """An exception in short, without its words: its kind, with what is known not to be a value.

    PostgreSQL quotes rows ("Key (identity_number)=(…) already exists"), Python quotes input;
    a SQLSTATE and the name of a constraint name nobody, and a refusal masks its facts itself.
    """
    if isinstance(error, Refusal):
        return f"Refusal {error}"
    marks = (getattr(error, name, None) for name in SAFE_MARKS)
    return " ".join((type(error).__name__, *(mark for mark in marks if isinstance(mark, str))))


def log_as_json(process: str, level: int = logging.INFO) -> None:
    """Send every logger of this process through one handler. Called once, at its start."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _log_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The last line of a process that a bug ended."""
    logging.getLogger("crash").critical("the process ends", exc_info=(kind, error, trace))
