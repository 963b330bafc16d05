"""The book on pages: every amount a link, from account to posting to the bank's line; the flow."""

from collections.abc import Sequence

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.ids import AccountId, CourtId
from auction.kernel.refusal import Refusal
from auction.ledger.book import balance
from auction.ledger.chart import AccountKind
from auction.ledger.queries import (
    AccountView,
    TransferView,
    account_of,
    flow_of,
    lines_of_posting,
    transfers_of_account,
    transfers_of_posting,
)
from auction.ledger.trial import reconcile, trial_balance
from web.pages.finance.desk import own_court
from web.pages.finance.sankey import Stream, sankey
from web.signin import visit_of
from web.views import REF_CHARS, render, word
from web.wiring import path_id, reading


async def ledger_page(request: Request) -> Response:
    """The trial balance: every account with what it holds, and the sums that must be equal."""
    court_id = own_court(request)
    async with reading(request) as session:
        trial = await trial_balance(session, court_id)
        reconciled = await reconcile(session, court_id)
    return render(request, "finance/ledger.html", trial=trial, reconciled=reconciled)


async def account_page(request: Request) -> Response:
    """One account and everything that moved through it."""
    court_id, account_id = own_court(request), path_id(request)
    async with reading(request) as session:
        account = _own(await account_of(session, account_id), court_id)
        transfers = await transfers_of_account(session, account_id)
        held = await balance(session, AccountId(account_id))
    return render(request, "finance/account.html", account=account, transfers=transfers, held=held)


async def posting_page(request: Request) -> Response:
    """One posting: its transfers and the bank's lines that explain it."""
    court_id, posting_id = own_court(request), path_id(request)
    async with reading(request) as session:
        transfers = await transfers_of_posting(session, posting_id)
        lines = await lines_of_posting(session, posting_id)
    if not transfers:
        raise Refusal("not_found", what="postings", id=str(posting_id))
    _own(transfers[0].debit, court_id)
    return render(request, "finance/posting.html", transfers=transfers, lines=lines)


async def flow_page(request: Request) -> Response:
    """Where the money of one account came from and where it went, as a picture and a table."""
    court_id, account_id = own_court(request), path_id(request)
    async with reading(request) as session:
        account = _own(await account_of(session, account_id), court_id)
        moves = await flow_of(session, account_id)
    streams = _streams(request, moves)
    picture = Markup(sankey(streams, word(account.kind, visit_of(request).locale)))  # noqa: S704
    return render(request, "finance/flow.html", account=account, moves=moves, picture=picture)


def _streams(request: Request, moves: Sequence[TransferView]) -> list[Stream]:
    """Money flows from the debited to the credited account; the bank stands at both ends."""
    locale = visit_of(request).locale

    def named(account: AccountView, *, is_source: bool) -> str:
        name = word(account.kind, locale)
        if account.kind is AccountKind.TRUST_BANK:
            return f"{name} {'＋' if is_source else '−'}"
        ref = account.owner_ref.partition(":")[2][-REF_CHARS:]
        return f"{name} {ref}".strip()

    return [
        Stream(
            named(move.debit, is_source=True),
            named(move.credit, is_source=False),
            move.amount.fen,
        )
        for move in moves
    ]


def _own(account: AccountView, court_id: CourtId) -> AccountView:
    if account.court_id != court_id:
        raise Refusal("not_found", what="accounts", id=str(account.id))
    return account


ROUTES: list[BaseRoute] = [
    Route("/finance/ledger", ledger_page),
    Route("/finance/ledger/accounts/{id}", account_page),
    Route("/finance/ledger/postings/{id}", posting_page),
    Route("/finance/ledger/accounts/{id}/flow", flow_page),
]
