"""Personal data in full: a reason, a fresh proof, an entry in the journal, twenty a day."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases import policy as of_cases
from auction.cases.disclosure import view_party
from auction.kernel.actor import Permission
from auction.kernel.ids import PartyId
from auction.kernel.refusal import Refusal
from auction.ledger import policy as of_ledger
from auction.ledger.orders import view_order
from auction.ledger.statement import view_line
from auction.people import policy as of_people
from auction.people.disclosure import view_person
from auction.store.full_views import REASON_MAX, VIEWS_MAX, Viewed, record_refused_view
from auction.store.unit import Unit
from web.forms import read_form
from web.i18n import n_
from web.views import render
from web.wiring import actor_of, path_id, require_of, unit

Facts = list[tuple[str, str]]
Look = Callable[[Unit, Request, str], Awaitable[Facts]]


class Asking(msgspec.Struct, frozen=True):
    """Why somebody must see it."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_MAX)]


async def _party(work: Unit, request: Request, reason: str) -> Facts:
    found = await view_party(work, PartyId(path_id(request)), reason=reason)
    return [
        (n_("姓名或者名称"), found.name),
        (n_("联系方式"), found.contact),
        (n_("户名"), found.payout_name),
        (n_("开户行"), found.payout_bank),
        (n_("账号"), found.payout_account),
    ]


async def _line(work: Unit, request: Request, reason: str) -> Facts:
    found = await view_line(work, path_id(request), reason=reason)
    return [
        (n_("对方户名"), found.counterparty_name),
        (n_("对方账号"), found.counterparty_account),
        (n_("附言"), found.remark),
    ]


async def _order(work: Unit, request: Request, reason: str) -> Facts:
    found = await view_order(work, str(request.path_params["number"]), reason=reason)
    return [
        (n_("指令编号"), found.order_number),
        (n_("收款人"), found.payee_name),
        (n_("收款账号"), found.payee_account),
    ]


async def _person(work: Unit, request: Request, reason: str) -> Facts:
    found = await view_person(work, path_id(request), reason=reason)
    return [
        (n_("用户名"), found.username),
        (n_("姓名"), found.name),
        (n_("证件号码"), found.identity_number),
    ]


def _routes(
    path: str, what: Viewed, permission: Permission, look: Look, *, back: str
) -> list[BaseRoute]:
    """The page that asks for the reason, and the one that shows; nothing is shown twice.

    Both lead back to a page that needs no reason.
    """

    def page(request: Request, told: Facts | None) -> Response:
        place = back.format_map(request.path_params)
        return render(request, "account/full_view.html", most=VIEWS_MAX, told=told, back=place)

    async def ask_page(request: Request) -> Response:
        """Say what is going to happen, and ask why."""
        require_of(request, permission, actor_of(request).court_id)
        return page(request, None)

    async def show(request: Request) -> Response:
        """Note the look, then show."""
        form = await read_form(request, Asking)
        try:
            async with unit(request) as work:
                told = await look(work, request, form.reason)
        except Refusal as refusal:
            if refusal.code == "view.too_many":
                async with unit(request) as work:
                    await record_refused_view(work, what)
            raise
        return page(request, told)

    return [Route(path, ask_page), Route(path, show, methods=["POST"])]


ROUTES: list[BaseRoute] = [
    *_routes(
        "/court/parties/{id}/full", Viewed.PARTY, of_cases.VIEW_PARTY, _party, back="/court/cases"
    ),
    *_routes(
        "/finance/lines/{id}/full",
        Viewed.LINE,
        of_ledger.VIEW_PAYMENT,
        _line,
        back="/finance/lines/{id}",
    ),
    *_routes(
        "/finance/orders/{number}/full",
        Viewed.ORDER,
        of_ledger.VIEW_PAYMENT,
        _order,
        back="/finance/orders",
    ),
    *_routes(
        "/admin/people/{id}/full",
        Viewed.PERSON,
        of_people.VIEW_PERSON,
        _person,
        back="/admin/people/{id}",
    ),
]
