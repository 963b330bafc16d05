"""Orders to the bank: what is to be paid, the file that takes them there, what came of them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.commands import fail_release
from auction.kernel.refusal import Refusal
from auction.ledger.commands import send_orders
from auction.ledger.orderfile import OrderLine, write_orders
from auction.ledger.orders import OrderKind, OrderState, PaymentOrder, find_order
from auction.ledger.queries import orders_of_court
from web.i18n import n_
from web.pages.finance.desk import own_court
from web.views import render, see_other
from web.wiring import reading, unit


async def orders_page(request: Request) -> Response:
    """Every order with its state."""
    court_id = own_court(request)
    async with reading(request) as session:
        orders = await orders_of_court(session, court_id)
    waiting = [order for order in orders if order.state is OrderState.ORDERED]
    sent = [order for order in orders if order.state is OrderState.SENT]
    return render(
        request, "finance/orders.html", orders=orders, waiting=len(waiting), sent=len(sent)
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
    """The bank sent a refund back: it is held again, to be ordered anew."""
    own_court(request)
    number = str(request.path_params["number"])
    async with unit(request) as work:
        order = await find_order(work.session, number)
        if order is None or order.kind is not OrderKind.DEPOSIT_REFUND:
            raise Refusal("not_found", what="payment_orders", id=number)
        await fail_release(work, order_number=number)
    return see_other("/finance/orders", said=n_("已登记退汇，保证金恢复为已冻结"))


def _line(order: PaymentOrder) -> OrderLine:
    return OrderLine(order.order_number, order.payee_name, order.payee_account, order.amount)


ROUTES: list[BaseRoute] = [
    Route("/finance/orders", orders_page),
    Route("/finance/orders/send", send, methods=["POST"]),
    Route("/finance/orders/file", order_file),
    Route("/finance/orders/{number}/fail", fail, methods=["POST"]),
]
