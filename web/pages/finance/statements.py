"""Bank statements: upload, preview, import; their lines, and what people say about them."""

import hmac
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.deposits.deposit import DepositState
from auction.deposits.queries import DepositView, deposits_of_court
from auction.kernel.ids import CourtId
from auction.kernel.refusal import Refusal
from auction.ledger import policy
from auction.ledger.bankfile import find_gap, read_statement
from auction.ledger.commands import claim_line, import_statement, refund_line
from auction.ledger.queries import (
    last_line,
    lines_of_court,
    new_lines,
    postings_of_line,
    statement_of,
)
from auction.ledger.statement import LineState, StatementLine
from auction.people.proving import FactorKey
from auction.store.files import FileStore
from web.forms import form_text, read_form
from web.i18n import n_
from web.pages.finance.desk import own_court
from web.views import render, see_other
from web.wiring import actor_of, path_id, reading, require_of, unit

CANDIDATES_MAX = 8
NAME_CHARS_MAX = 80
SHOWN_MAX = 500
"""So many lines of a file are shown before it is imported; all of them are read."""
Reason = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class Importing(msgspec.Struct, frozen=True):
    """A previewed file, by its digest, and what shows that this court brought it in."""

    digest: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    seal: Annotated[str, msgspec.Meta(max_length=64)]
    file_name: str = "statement.csv"


class Claiming(msgspec.Struct, frozen=True):
    """What a person says a line is."""

    claimed_as: Annotated[str, msgspec.Meta(min_length=4, max_length=40)]
    reason: Reason


class Refunding(msgspec.Struct, frozen=True):
    """Why a line's money goes back."""

    refund_reason: Reason


async def statements_page(request: Request) -> Response:
    """Upload a statement file: that is the clerk's."""
    own_court(request)
    may_import = bool(actor_of(request).roles & policy.IMPORT_STATEMENT.roles)
    return render(request, "finance/statements.html", may_import=may_import)


async def upload(request: Request) -> Response:
    """Keep the file and show what importing it would do."""
    court_id = _importing(request)
    uploaded = await form_text(request, "statement")
    read_statement(uploaded.data)  # a file that is no statement is refused here
    digest = await _files(request).put(uploaded.data)
    name, seal = quote(uploaded.filename[:NAME_CHARS_MAX]), _seal(request, court_id, digest)
    return see_other(f"/finance/statements/{digest}?seal={seal}&name={name}")


async def preview_page(request: Request) -> Response:
    """What a file holds: new lines, lines known, rows that are wrong."""
    court_id = _importing(request)
    digest, seal = str(request.path_params["digest"]), request.query_params.get("seal", "")
    file = read_statement(await _sealed(request, court_id, digest, seal))
    async with reading(request) as session:
        fresh = await new_lines(session, court_id, file.lines)
        _, closing = await last_line(session, court_id)
    return render(
        request,
        "finance/preview.html",
        digest=digest,
        seal=seal,
        file_name=request.query_params.get("name", "statement.csv"),
        file=file,
        gap=find_gap(fresh, closing),
        shown=file.lines[:SHOWN_MAX],
        fresh={line.digest for line in fresh},
    )


async def import_file(request: Request) -> Response:
    """Import a previewed file."""
    court_id = _importing(request)
    form = await read_form(request, Importing)
    content = await _sealed(request, court_id, form.digest, form.seal)
    async with unit(request) as work:
        await import_statement(
            work,
            court_id=court_id,
            file_name=form.file_name,
            content=content,
            file=read_statement(content),
        )
    return see_other("/finance/lines", said=n_("流水已导入，正在自动匹配"))


async def lines_page(request: Request) -> Response:
    """The bank's lines, all or of one state."""
    court_id = own_court(request)
    asked = request.query_params.get("state", "")
    state = LineState(asked) if asked in set(LineState) else None
    async with reading(request) as session:
        lines = await lines_of_court(session, court_id, state)
    return render(request, "finance/lines.html", lines=lines, state=state, states=list(LineState))


async def line_page(request: Request) -> Response:
    """One line: where it stands in the file, what it explains, what may be done with it."""
    court_id, line_id = own_court(request), path_id(request)
    async with reading(request) as session:
        line = await _own_line(session, line_id, court_id)
        statement = await statement_of(session, line)
        postings = await postings_of_line(session, line)
        candidates = await _candidates(session, line)
    return render(
        request,
        "finance/line.html",
        line=line,
        statement=statement,
        postings=postings,
        candidates=candidates,
        may_claim=bool(actor_of(request).roles & policy.CLAIM_LINE.roles),
    )


async def claim(request: Request) -> Response:
    """Say what an unidentified line is."""
    own_court(request)
    line_id = path_id(request)
    form = await read_form(request, Claiming)
    async with unit(request) as work:
        await claim_line(work, line_id=line_id, claimed_as=form.claimed_as, reason=form.reason)
    return see_other(f"/finance/lines/{line_id}", said=n_("已认领，正在入账"))


async def refund(request: Request) -> Response:
    """Order a line's money back to its payer."""
    own_court(request)
    line_id = path_id(request)
    form = await read_form(request, Refunding)
    async with unit(request) as work:
        await refund_line(work, line_id=line_id, reason=form.refund_reason)
    return see_other("/finance/orders", said=n_("已开出原路退回指令"))


async def _own_line(session: AsyncSession, line_id: UUID, court_id: CourtId) -> StatementLine:
    line = await session.get(StatementLine, line_id)
    if line is None or line.court_id != court_id:
        raise Refusal("not_found", what="statement_lines", id=str(line_id))
    return line


async def _candidates(session: AsyncSession, line: StatementLine) -> list[DepositView]:
    """Awaited deposits of just this amount: the payer's name is checked when it is booked."""
    if line.state is not LineState.UNIDENTIFIED:
        return []
    deposits = await deposits_of_court(session, line.court_id)
    fitting = [
        deposit
        for deposit in deposits
        if deposit.state is DepositState.AWAITED and deposit.amount == line.amount
    ]
    return fitting[:CANDIDATES_MAX]


def _importing(request: Request) -> CourtId:
    """The court of a clerk who imports, or refuse with `forbidden`."""
    court_id = own_court(request)
    require_of(request, policy.IMPORT_STATEMENT, court_id)
    return court_id


def _seal(request: Request, court_id: CourtId, digest: str) -> str:
    key: FactorKey = request.state.factor_key
    return key.upload_seal(court_id, digest)


async def _sealed(request: Request, court_id: CourtId, digest: str, seal: str) -> bytes:
    """A file that this court uploaded: whoever learns a digest reads no other's file by it."""
    if not hmac.compare_digest(seal.encode(), _seal(request, court_id, digest).encode()):
        raise Refusal("file.missing")
    return await _files(request).get(digest)


def _files(request: Request) -> FileStore:
    files: FileStore = request.state.files
    return files


ROUTES: list[BaseRoute] = [
    Route("/finance/statements", statements_page),
    Route("/finance/statements", upload, methods=["POST"]),
    Route("/finance/statements/import", import_file, methods=["POST"]),
    Route("/finance/statements/{digest}", preview_page),
    Route("/finance/lines", lines_page),
    Route("/finance/lines/{id}", line_page),
    Route("/finance/lines/{id}/claim", claim, methods=["POST"]),
    Route("/finance/lines/{id}/refund", refund, methods=["POST"]),
]
