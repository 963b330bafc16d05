"""Orders to the bank: what is to be paid, the file that takes them there, what came of them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.commands import fail_release
from auction.distribution.payouts import fail_disbursement
from auction.kernel.actor import Role
from auction.kernel.refusal import Refusal
from auction.ledger.commands import fail_line_refund, send_orders
from auction.ledger.orderfile import OrderLine, write_orders
from auction.ledger.orders import OrderKind, OrderState, PaymentOrder, find_order
from auction.ledger.queries import orders_of_court
from web.i18n import n_
from web.pages.finance.desk import own_court
from web.views import render, see_other
from web.wiring import actor_of, reading, unit


async def orders_page(request: Request) -> Response:
    """Every order with its state."""
    court_id = own_court(request)
    async with reading(request) as session:
        orders = await orders_of_court(session, court_id)
    waiting = [order for order in orders if order.state is OrderState.ORDERED]
    me = actor_of(request).person_id
    sendable = [order for order in waiting if order.ordered_by != me]
    sent = [order for order in orders if order.state is OrderState.SENT]
    return render(
        request,
        "finance/orders.html",
        orders=orders,
        waiting=len(waiting),
        sent=len(sent),
        may_send=bool(sendable),
        may_fail=Role.FINANCE_CLERK in actor_of(request).roles,
    )


async def send(request: Request) -> Response:
    """Take the waiting orders to the bank: from now on they stand in the file."""
    court_id = own_court(request)
    async with unit(request) as work:
        await send_orders(work, court_id=court_id)
    return see_other("/finance/orders", said=n_("指令已列入银行文件，请下载后提交银行"))


async def order_file(request: Request) -> Response:
    """The file of all orders that the bank has yet to carry out."""
    court_id = own_court(request)
    async with reading(request) as session:
        orders = await orders_of_court(session, court_id)
    content = write_orders([_line(order) for order in orders if order.state is OrderState.SENT])
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="orders.csv"'},
    )


async def fail(request: Request) -> Response:
    """The bank sent a payment back: its money is where it was, to be ordered anew."""
    own_court(request)
    number = str(request.path_params["number"])
    async with unit(request) as work:
        order = await find_order(work.session, number)
        if order is None:
            raise Refusal("not_found", what="payment_orders", id=number)
        match order.kind:
            case OrderKind.DEPOSIT_REFUND:
                await fail_release(work, order_number=number)
            case OrderKind.DISBURSEMENT:
                await fail_disbursement(work, order_number=number)
            case OrderKind.LINE_REFUND:
                await fail_line_refund(work, order_number=number)
    return see_other("/finance/orders", said=n_("已登记退汇，款项恢复原状，可以重新开出指令"))


def _line(order: PaymentOrder) -> OrderLine:
    return OrderLine(order.order_number, order.payee_name, order.payee_account, order.amount)


ROUTES: list[BaseRoute] = [
    Route("/finance/orders", orders_page),
    Route("/finance/orders/send", send, methods=["POST"]),
    Route("/finance/orders/file", order_file),
    Route("/finance/orders/{number}/fail", fail, methods=["POST"]),
]
