"""What a process measures about itself, for Prometheus: on loopback, never about a person.

Labels are route templates, job names and states: nothing that a visitor chose. The numbers
stand beside the code that counts; this module only shows them.
"""

import logging

from prometheus_client import start_http_server

from auction.kernel.settings import Settings

LOOPBACK = "127.0.0.1"

log = logging.getLogger(__name__)


def expose(settings: Settings) -> int:
    """Answer at METRICS_PORT on loopback only; 0, the default, answers nowhere."""
    if not settings.metrics_port:
        return 0
    server, _thread = start_http_server(settings.metrics_port, addr=LOOPBACK)
    log.info("metrics at http://%s:%d/metrics", LOOPBACK, server.server_port)
    return server.server_port
