"""Where browsers report what the content security policy refused; counted, never kept."""

import logging
from typing import Final

import msgspec
from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from web.security import CSP_REPORT_PATH, POLICY

OTHER: Final = "other"
REFUSED = Counter(
    "luochui_csp_reports", "What browsers say our policy refused, by directive.", ["directive"]
)

log = logging.getLogger("web")


class _Violation(msgspec.Struct):
    effective_directive: str = msgspec.field(default="", name="effective-directive")
    violated_directive: str = msgspec.field(default="", name="violated-directive")


class _Report(msgspec.Struct):
    """What is read of a report; addresses and samples in it may name somebody, and are not."""

    violation: _Violation = msgspec.field(name="csp-report")


async def report(request: Request) -> Response:
    """Count one report. Anybody may send one, so what is no report is answered alike."""
    try:
        told = msgspec.json.decode(await request.body(), type=_Report)
    except msgspec.DecodeError:
        return Response(status_code=204)
    directive = directive_of(told.violation)
    REFUSED.labels(directive).inc()
    log.warning("a browser refused what %s forbids", directive)
    return Response(status_code=204)


def directive_of(violation: _Violation) -> str:
    """The directive of our own policy that was broken; a stranger's words make no label."""
    said = violation.effective_directive or violation.violated_directive
    name = said.split(" ", maxsplit=1)[0].removesuffix("-elem").removesuffix("-attr")
    return name if name in POLICY else OTHER


ROUTES: list[BaseRoute] = [Route(CSP_REPORT_PATH, report, methods=["POST"])]
