import json
import logging

from auction.kernel.logs import JsonLines, correlated, correlation


def told(message: str, *facts: object, wrong: BaseException | None = None) -> dict[str, str]:
    info = (type(wrong), wrong, None) if wrong else None
    record = logging.LogRecord("web", logging.WARNING, "x", 1, message, facts, info)
    line = JsonLines("web").format(record)
    assert "\n" not in line
    read: dict[str, str] = json.loads(line)
    return read


def test_a_message_is_one_line_whatever_it_holds() -> None:
    said = told("asked for %s", 'a\n{"level": "forged"}')
    assert said["message"] == 'asked for a\n{"level": "forged"}'
    assert (said["level"], said["process"], said["logger"]) == ("warning", "web", "web")


def test_an_exception_goes_into_the_same_line() -> None:
    assert "ValueError: broken" in told("failed", wrong=ValueError("broken"))["exception"]


def test_what_is_done_for_one_question_carries_its_id() -> None:
    with correlated("outer"):
        with correlated("inner"):
            assert told("said")["correlation"] == "inner"
        assert told("said")["correlation"] == "outer"
    assert correlation() == ""
    assert "correlation" not in told("said")
