"""Structured logs: one JSON object a line on standard error, the same for every process.

Every line written while a request, a job or a timer's look is being done carries its
correlation id, so that one question can be followed from the page to the worker.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

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


def log_as_json(process: str, level: int = logging.INFO) -> None:
    """Send every logger of this process through one handler. Called once, at its start."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
