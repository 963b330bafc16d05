import socket
import urllib.request

import msgspec
from prometheus_client import Counter

from auction.kernel.settings import Settings
from auction.store.metrics import expose

SEEN = Counter("luochui_test_seen", "Counted by a test.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_metrics_are_answered_on_loopback_when_a_port_is_set(settings: Settings) -> None:
    port = expose(msgspec.structs.replace(settings, metrics_port=_free_port()))
    SEEN.inc()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answered:
        assert b"luochui_test_seen_total 1.0" in answered.read()


def test_without_a_port_nothing_answers(settings: Settings) -> None:
    assert expose(settings) == 0
