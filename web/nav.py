"""The links at the top of every page: the public ones, then the desk of each role held."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Match

from auction.kernel.actor import Actor, Role
from auction.people.approvals.action import EVERYBODY
from web.i18n import n_


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `text` is a msgid."""

    path: str
    text: str
    roles: frozenset[Role]


VISITORS = frozenset({Role.VISITOR})
BIDDERS = frozenset({Role.BIDDER})
"""Everybody who signed up; the desks of bidders are hidden from those with a desk of their own."""

APPROVERS = EVERYBODY
"""Whoever has a part in four eyes."""

LINKS = (
    Link("/court", n_("执行工作台"), frozenset({Role.OFFICER, Role.PANEL})),
    Link("/court/live", n_("竞价现场"), frozenset({Role.OFFICER, Role.PANEL})),
    Link("/court/sales", n_("成交交付"), frozenset({Role.OFFICER, Role.PANEL})),
    Link("/court/plans", n_("案款分配"), frozenset({Role.OFFICER, Role.PANEL})),
    Link("/approvals", n_("审批箱"), APPROVERS),
    Link("/supervision", n_("摇号监督"), frozenset({Role.SUPERVISOR})),
    Link("/supervision/openings", n_("查明身份"), frozenset({Role.SUPERVISOR})),
    Link("/agency", n_("评估工作台"), frozenset({Role.AGENCY})),
    Link("/inbox", n_("收到的文书"), frozenset({Role.AGENCY})),
    Link("/court/plans", n_("分配与发放"), frozenset({Role.FINANCE_CLERK, Role.FINANCE_APPROVER})),
    Link("/finance", n_("案款管理"), frozenset({Role.FINANCE_CLERK, Role.FINANCE_APPROVER})),
    Link("/assist", n_("协助事项"), frozenset({Role.REGISTRY, Role.TAX})),
    Link("/oversight", n_("监督"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})),
    Link("/conflicts", n_("回避申报"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})),
    Link("/ops", n_("运维"), frozenset({Role.ADMINISTRATOR})),
    Link("/admin", n_("人员与机构"), frozenset({Role.ADMINISTRATOR})),
    Link("/me", n_("我的竞拍"), BIDDERS),
    Link("/party", n_("我的案件"), BIDDERS),
    Link("/inbox", n_("收到的文书"), BIDDERS),
    Link("/lots", n_("拍卖标的"), VISITORS),
    Link("/calendar", n_("拍卖日历"), VISITORS),
    Link("/draws", n_("摇号公示"), VISITORS),
    Link("/verify", n_("文书查验"), VISITORS),
    Link("/help", n_("帮助"), VISITORS),
)


DESKS = (
    (Role.OFFICER, "/court"),
    (Role.PANEL, "/court"),
    (Role.FINANCE_CLERK, "/finance"),
    (Role.FINANCE_APPROVER, "/finance"),
    (Role.SUPERVISOR, "/supervision"),
    (Role.AGENCY, "/agency"),
    (Role.REGISTRY, "/assist"),
    (Role.TAX, "/assist"),
    (Role.ADMINISTRATOR, "/admin"),
    (Role.BIDDER, "/me"),
)
"""Where each role begins its work; who holds several begins at the first of these."""


def desk_of(actor: Actor) -> str:
    """The page on which a person's own work begins."""
    return next((path for role, path in DESKS if role in actor.roles), "/")


def nav_of(request: Request, actor: Actor) -> list[tuple[Link, bool]]:
    """The links of one visitor, each with whether the page asked for lies under it."""
    held = actor.roles | VISITORS
    if held - VISITORS - BIDDERS:
        held -= BIDDERS
    shown = [link for link in LINKS if link.roles & held and _exists(request, link.path)]
    path = request.url.path
    under = [link.path for link in shown if f"{path}/".startswith(f"{link.path}/")]
    current = max(under, key=len, default="")
    return [(link, link.path == current) for link in shown]


def _exists(request: Request, path: str) -> bool:
    """Whether a page is served there; asked once for each path of an application."""
    known: dict[str, bool] = request.app.state.__dict__.setdefault("paths", {})
    if path not in known:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        routes = request.app.router.routes
        known[path] = any(route.matches(scope)[0] is Match.FULL for route in routes)
    return known[path]
