"""What a process measures about itself, for Prometheus: on loopback, never about a person.

Labels are route templates, job names and states: nothing that a visitor chose. The numbers
stand beside the code that counts; this module lists and shows them.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from prometheus_client import Gauge, start_http_server
from sqlalchemy import Pool, event

from auction.kernel.settings import Settings

LOOPBACK = "127.0.0.1"

LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    # pages
    "luochui_request_seconds": ("method", "route", "status"),
    "luochui_csp_reports": ("directive",),
    # halls
    "luochui_sockets": (),
    "luochui_bids_decided": ("verdict",),
    "luochui_batch_bids": (),
    # worker
    "luochui_outbox_waiting": (),
    "luochui_outbox_dead": (),
    "luochui_outbox_oldest_seconds": (),
    "luochui_jobs": ("job", "outcome"),
    # every process
    "luochui_database_connections": ("state",),
}
"""Every metric with its labels. One that is not here is counted nowhere; the suite compares."""

DATABASE_CONNECTIONS = Gauge(
    "luochui_database_connections", "Connections of the pool: open, and lent out.", ["state"]
)


def count_connections(pool: Pool) -> None:
    """Follow a pool's connections as they are opened, lent, given back and closed."""
    is_open = DATABASE_CONNECTIONS.labels("open")
    is_lent = DATABASE_CONNECTIONS.labels("lent")
    for happening, gauge, step in (
        ("connect", is_open, 1),
        ("close", is_open, -1),
        ("checkout", is_lent, 1),
        ("checkin", is_lent, -1),
    ):
        event.listen(pool, happening, partial(_step, gauge, step))


def _step(gauge: Gauge, step: int, *_of_the_pool: object) -> None:
    gauge.inc(step)


log = logging.getLogger(__name__)


def expose(settings: Settings) -> int:
    """Answer at METRICS_PORT on loopback only; 0, the default, answers nowhere."""
    if not settings.metrics_port:
        return 0
    server, _thread = start_http_server(settings.metrics_port, addr=LOOPBACK)
    log.info("metrics at http://%s:%d/metrics", LOOPBACK, server.server_port)
    return server.server_port
