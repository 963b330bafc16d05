import json
import logging

import pytest
from prometheus_client import REGISTRY, generate_latest

from auction.kernel.logs import JsonLines
from tests.web.browser import Browser

SECRET = "01920000-0000-7000-8000-00000000beef"


def _count(route: str, status: str) -> float:
    labels = {"method": "GET", "route": route, "status": status}
    return REGISTRY.get_sample_value("luochui_request_seconds_count", labels) or 0.0


async def test_requests_are_counted_by_the_route_as_written(browser: Browser) -> None:
    before = _count("/lots/{listing}", "404")
    await browser.get(f"/lots/{SECRET}")
    assert _count("/lots/{listing}", "404") == before + 1


async def test_nothing_of_an_address_becomes_a_label(browser: Browser) -> None:
    await browser.get(f"/no/such/{SECRET}?q={SECRET}")
    await browser.client.request(SECRET.replace("-", ""), "/")
    shown = generate_latest(REGISTRY).decode()
    assert SECRET not in shown
    assert SECRET.replace("-", "") not in shown


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(json.loads(JsonLines("web").format(record)))


async def test_a_request_is_logged_by_route_and_correlation_alone(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    lines = Lines()
    logger = logging.getLogger("web")
    logger.addHandler(lines)
    try:
        with caplog.at_level(logging.INFO, logger="web"):
            answered = await browser.get(f"/verify/{SECRET}?q={SECRET}")
    finally:
        logger.removeHandler(lines)
    [line] = lines.said
    assert "/verify/{code}" in line["message"]
    assert SECRET not in line["message"]
    assert line["correlation"] == answered.headers["x-correlation-id"] != ""
