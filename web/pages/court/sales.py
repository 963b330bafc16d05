"""The settlement desk: each sale's road from hammer to hand-over, its next act one form."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.distribution.commands import DISTRIBUTABLE
from auction.distribution.queries import plan_of_sale, route
from auction.kernel.actor import Role
from auction.people.organisation import OrganisationKind
from auction.people.queries import organisations
from auction.settlement import commands, policy
from auction.settlement.queries import (
    SaleView,
    papers_of_sale,
    receipts,
    sale,
    sale_of_lot,
    sales_of_court,
    tax_lines,
)
from auction.settlement.rulings import next_number, numbers_used
from auction.settlement.sale import SaleState
from web.forms import read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, path_id, reading, require_of, unit

Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
ROAD = (
    (n_("成交确认"), SaleState.CONFIRMED),
    (n_("缴清余款"), SaleState.AWAITING_BALANCE),
    (n_("核查竞买资格"), SaleState.PAID),
    (n_("作出成交裁定"), SaleState.QUALIFIED),
    (n_("送达裁定，所有权转移"), SaleState.RULED),
    (n_("协助执行与涉税告知"), SaleState.TITLE_PASSED),
    (n_("税费核定"), SaleState.ASSISTANCE_ASKED),
    (n_("完税"), SaleState.TAXES_ASSESSED),
    (n_("办理登记"), SaleState.TAXES_PAID),
    (n_("交付"), SaleState.REGISTERED),
    (n_("办结"), SaleState.DELIVERED),
)
"""What is next in each state. Late payment waits at the balance."""
_LATE = frozenset({SaleState.OVERDUE, SaleState.LAST_NOTICE, SaleState.DEFAULTED})


class Checking(msgspec.Struct, frozen=True):
    """The court's second look at the buyer's qualification."""

    is_qualified: bool
    evidence: Said


class Ruling(msgspec.Struct, frozen=True):
    """The number of the ruling, and the tick without which no ruling is made."""

    confirmed: Literal["on"]
    ruling_number: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Confirming(msgspec.Struct, frozen=True):
    """The tick under what an act cannot take back."""

    confirmed: Literal["on"]


class Assistance(msgspec.Struct, frozen=True):
    """Whom the court asks, and for what."""

    registry: UUID
    bureau: UUID
    requests: Said


class Vouchers(msgspec.Struct, frozen=True):
    """The numbers of the vouchers that prove the taxes paid."""

    vouchers: Said


async def sales_page(request: Request) -> Response:
    """Every sale of the court."""
    court_id = actor_of(request).court_id
    require_of(request, policy.READ, court_id)
    async with reading(request) as session:
        sales = await sales_of_court(session, str(court_id))
    return render(request, "court/sales.html", sales=sales)


async def sale_page(request: Request) -> Response:
    """One sale: where it stands, what comes next, its papers and its money."""
    async with reading(request) as session:
        found = await sale(session, path_id(request))
        require_of(request, policy.READ, found.court_id)
        papers = await papers_of_sale(session, found.id)
        paid = await receipts(session, found.id)
        taxes = await tax_lines(session, found.id)
        plan = await plan_of_sale(session, found.id)
        way = await route(session, found.id)
        registries = await organisations(session, OrganisationKind.REGISTRY)
        bureaus = await organisations(session, OrganisationKind.TAX)
        used = await numbers_used(session, found.case_id)
    is_officer = Role.OFFICER in actor_of(request).roles
    return render(
        request,
        "court/sale.html",
        sale=found,
        road=road_of(found),
        next_ruling=next_number(found.case_number, used),
        papers=papers,
        receipts=paid,
        taxes=taxes,
        plan=plan,
        route=way,
        registries=[(one.id, one.name) for one in registries],
        bureaus=[(one.id, one.name) for one in bureaus],
        is_officer=is_officer,
        can_draft=is_officer and found.state in DISTRIBUTABLE and plan is None,
    )


async def sale_of_a_lot(request: Request) -> Response:
    """Lead from a lot to its sale."""
    async with reading(request) as session:
        found = await sale_of_lot(session, path_id(request))
    require_of(request, policy.READ, found.court_id)
    return see_other(f"/court/sales/{found.id}#next")


def road_of(found: SaleView) -> list[tuple[str, str, str]]:
    """The steps of a sale as the macro draws them."""
    at = SaleState.AWAITING_BALANCE if found.state in _LATE else found.state
    at = SaleState.PAID if at is SaleState.DISQUALIFIED else at
    now = next(n for n, (_, state) in enumerate(ROAD) if state is at)
    last = len(ROAD) - 1
    return [(text, _stage(n, now, last), "") for n, (text, _) in enumerate(ROAD)]


def _stage(n: int, now: int, last: int) -> str:
    if n < now or now == last:
        return "done"
    return "now" if n == now else "next"


async def send_last_notice(request: Request) -> Response:
    """Give the late buyer a last term."""
    async with unit(request) as work:
        await commands.send_last_notice(work, path_id(request))
    return _back(request, n_("已发出限期缴款通知。"))


async def declare_default(request: Request) -> Response:
    """Declare that the buyer defaulted."""
    await read_form(request, Confirming)
    async with unit(request) as work:
        await commands.declare_default(work, path_id(request))
    return _back(request, n_("已认定悔拍，保证金不予退还。"))


async def check_qualification(request: Request) -> Response:
    """Record the second look at the buyer's qualification."""
    form = await read_form(request, Checking)
    async with unit(request) as work:
        await commands.check_qualification(
            work, path_id(request), is_qualified=form.is_qualified, evidence=form.evidence
        )
    return _back(request, n_("已记录资格核查结果。"))


async def issue_ruling(request: Request) -> Response:
    """Make the ruling; the worker sets and serves it."""
    form = await read_form(request, Ruling)
    async with unit(request) as work:
        await commands.issue_ruling(work, path_id(request), ruling_number=form.ruling_number)
    return _back(request, n_("已作出成交裁定，正在送达买受人。"))


async def ask_assistance(request: Request) -> Response:
    """Send both letters."""
    form = await read_form(request, Assistance)
    async with unit(request) as work:
        await commands.ask_assistance(
            work,
            path_id(request),
            registry_id=form.registry,
            bureau_id=form.bureau,
            requests=form.requests.splitlines(),
        )
    return _back(request, n_("已发出协助执行通知书和涉税信息告知函。"))


async def show_taxes_paid(request: Request) -> Response:
    """Note the vouchers."""
    form = await read_form(request, Vouchers)
    async with unit(request) as work:
        await commands.show_taxes_paid(work, path_id(request), vouchers=form.vouchers)
    return _back(request, n_("已记录完税凭证。"))


async def deliver(request: Request) -> Response:
    """Note the hand-over."""
    async with unit(request) as work:
        await commands.deliver_lot(work, path_id(request))
    return _back(request, n_("已记录交付。"))


def _back(request: Request, said: str) -> Response:
    return see_other(f"/court/sales/{path_id(request)}", said=said)


ROUTES: list[BaseRoute] = [
    Route("/court/sales", sales_page, methods=["GET"]),
    Route("/court/sales/{id}", sale_page, methods=["GET"]),
    Route("/court/lots/{id}/sale", sale_of_a_lot, methods=["GET"]),
    Route("/court/sales/{id}/last-notice", send_last_notice, methods=["POST"]),
    Route("/court/sales/{id}/default", declare_default, methods=["POST"]),
    Route("/court/sales/{id}/qualification", check_qualification, methods=["POST"]),
    Route("/court/sales/{id}/ruling", issue_ruling, methods=["POST"]),
    Route("/court/sales/{id}/assistance", ask_assistance, methods=["POST"]),
    Route("/court/sales/{id}/vouchers", show_taxes_paid, methods=["POST"]),
    Route("/court/sales/{id}/delivery", deliver, methods=["POST"]),
]
