"""Bringing a file of lots in: every row becomes a draft, or a line of the report."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.canonical import sha256_hex
from auction.lots import policy
from auction.lots.commands import import_draft_lots
from auction.lots.importing import COLUMNS, Reading, read_lots
from auction.lots.queries import count_draft_lots, draft_lots
from web.forms import form_text
from web.views import render
from web.wiring import reading, require_of, unit


async def imports_page(request: Request) -> Response:
    """The form, and the drafts that wait."""
    require_of(request, policy.IMPORT)
    return await _page(request, None, 0)


async def import_file(request: Request) -> Response:
    """Import a file and say what came of it."""
    require_of(request, policy.IMPORT)
    uploaded = await form_text(request, "lots")
    read = read_lots(uploaded.data)
    async with unit(request) as work:
        added = await import_draft_lots(work, rows=read.rows, file_digest=sha256_hex(uploaded.data))
    return await _page(request, read, added)


async def _page(request: Request, read: Reading | None, added: int) -> Response:
    async with reading(request) as session:
        drafts = await draft_lots(session)
        waiting = await count_draft_lots(session)
    return render(
        request,
        "court/imports.html",
        read=read,
        added=added,
        drafts=drafts,
        waiting=waiting,
        columns=COLUMNS,
    )


ROUTES: list[BaseRoute] = [
    Route("/court/imports", imports_page),
    Route("/court/imports", import_file, methods=["POST"]),
]
