import json
import logging
import sys
from collections.abc import Iterator

import pytest

from auction.kernel.logs import JsonLines, correlated, correlation, log_as_json
from auction.kernel.refusal import Refusal

SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


def told(message: str, *facts: object, wrong: BaseException | None = None) -> dict[str, str]:
    info = (type(wrong), wrong, wrong.__traceback__) if wrong else None
    record = logging.LogRecord("web", logging.WARNING, "x", 1, message, facts, info)
    line = JsonLines("web").format(record)
    assert "\n" not in line
    read: dict[str, str] = json.loads(line)
    return read


def test_a_message_is_one_line_whatever_it_holds() -> None:
    said = told("asked for %s", 'a\n{"level": "forged"}')
    assert said["message"] == 'asked for a\n{"level": "forged"}'
    assert (said["level"], said["process"], said["logger"]) == ("warning", "web", "web")


def test_an_exception_is_told_in_the_same_line_by_its_kind_and_place_alone() -> None:
    def fails(typed: str) -> None:
        try:
            int(typed)
        except ValueError as first:
            raise Refusal("form.not_valid", field="name", typed=typed) from first

    with pytest.raises(Refusal) as raised:
        fails("张" + "三")
    said = told("failed", wrong=raised.value)["exception"]
    assert "Refusal form.not_valid(field=name, typed=…)" in said
    assert "ValueError" in said
    assert "test_logs.py" in said
    assert "张三" not in said


def test_what_is_done_for_one_question_carries_its_id() -> None:
    with correlated("outer"):
        with correlated("inner"):
            assert told("said")["correlation"] == "inner"
        assert told("said")["correlation"] == "outer"
    assert correlation() == ""
    assert "correlation" not in told("said")


@pytest.fixture
def loggers() -> Iterator[None]:
    """The loggers of this process, put back as they were."""
    known = [logging.getLogger(name) for name in (None, *SERVERS)]
    before = [(one, one.level, list(one.handlers), one.propagate) for one in known]
    hook = sys.excepthook
    logging.getLogger().handlers.clear()  # the suite's own stay open while another is set
    yield
    logging.captureWarnings(capture=False)
    sys.excepthook = hook
    for one, level, handlers, propagate in before:
        one.setLevel(level)
        one.handlers[:], one.propagate = handlers, propagate


@pytest.mark.usefixtures("loggers")
def test_a_process_writes_everything_as_json_lines_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger("uvicorn.access").addHandler(logging.NullHandler())
    log_as_json("live", logging.WARNING)
    logging.getLogger("uvicorn.access").warning("asked")
    logging.getLogger("bidding").info("too quiet to be told")
    (line,) = capsys.readouterr().err.splitlines()
    told_once = json.loads(line)
    assert (told_once["process"], told_once["logger"]) == ("live", "uvicorn.access")
    assert told_once["message"] == "asked"


@pytest.mark.usefixtures("loggers")
def test_the_bug_that_ends_a_process_is_told_in_a_line_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_as_json("live")
    sys.excepthook(ValueError, ValueError("张" + "三"), None)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"] == "ValueError"
