"""Operations: what waits, what failed, what is dead, whether the worker lives, which rules hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.store import policy
from auction.store.commands import retry_row
from auction.store.outbox import Sought, backlog, names, rows
from auction.store.pulse import Pulse, pulses
from web.i18n import n_
from web.views import render, see_other
from web.wiring import database_of, path_id, reading, require_of, unit

ROWS_MAX = 100
SILENCE_MAX = timedelta(seconds=20)
"""The worker's pulse comes every 5 seconds; after four missed ones it is taken for stopped."""


WORKS: Final[Mapping[str, str]] = {
    "send_letter": n_("寄出信件"),
    "serve_notice": n_("送达文书"),
    "render_notice": n_("制作文书"),
    "qualify_registration": n_("保证金到账后的资格登记"),
    "issue_codes": n_("发放竞买代码"),
    "match_lines": n_("流水入账"),
    "confirm_sale": n_("成交确认"),
    "pass_in_lot": n_("流拍处理"),
    "bids.accepted": n_("通知：出价有效"),
    "session.changed": n_("通知：竞价状态变化"),
    "session.closed": n_("通知：竞价结束"),
    "draw.moved": n_("通知：摇号进展"),
    "reference_price.set": n_("通知：参考价确定"),
}
"""What each row of the outbox is about, by its name: jobs of the worker, then events."""


@dataclass(frozen=True, slots=True)
class Beating:
    """A process with how long ago it was last seen."""

    process: str
    started_at: datetime
    beat_at: datetime
    is_alive: bool


def beating(found: Pulse, now: datetime) -> Beating:
    """Whether a process is at work."""
    return Beating(
        found.process, found.started_at, found.beat_at, now - found.beat_at <= SILENCE_MAX
    )


async def board_page(request: Request) -> Response:
    """The outbox, the worker and the rulebook on one page."""
    require_of(request, policy.SEE_OPERATIONS)
    now = database_of(request).clock.now()
    asked, name = request.query_params.get("show", ""), request.query_params.get("name", "")
    show = Sought(asked) if asked in set(Sought) else Sought.TROUBLED
    async with reading(request) as session:
        waits = await backlog(session, now)
        listed = await rows(session, show, name=name, most=ROWS_MAX + 1)
        known = await names(session)
        seen = [beating(found, now) for found in await pulses(session)]
    oldest = waits.oldest_due_at
    return render(
        request,
        "ops/board.html",
        waits=waits,
        oldest_seconds=max(0, int((now - oldest).total_seconds())) if oldest else None,
        rows=listed[:ROWS_MAX],
        has_more=len(listed) > ROWS_MAX,
        show=show,
        shows=list(Sought),
        name=name,
        names=known,
        works=WORKS,
        processes=seen,
        rulebook=request.state.rules.name,
    )


async def retry(request: Request) -> Response:
    """Give a dead row another chance; the page stays filtered as it was."""
    async with unit(request) as work:
        await retry_row(work, path_id(request))
    page = str((await request.form()).get("_page", ""))
    back = page if page.startswith("/ops?") and page.isprintable() else "/ops"
    return see_other(back, said=n_("已重新交给后台处理"))


ROUTES: list[BaseRoute] = [
    Route("/ops", board_page),
    Route("/ops/outbox/{id}/retry", retry, methods=["POST"]),
]
