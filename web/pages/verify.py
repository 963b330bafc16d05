"""Anybody who holds a paper can check it: by its code, and by comparing the file itself."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal
from auction.notices.queries import proof, tidy_code
from web.forms import form_file, read_form
from web.views import render, see_other
from web.wiring import reading

if TYPE_CHECKING:
    from auction.notices.signing import SignatureFacts


class FindNotice(msgspec.Struct, frozen=True):
    """The code as it stands beside the QR code."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


async def find_page(request: Request) -> Response:
    """Where a code is typed by hand."""
    return render(request, "verify/find.html")


async def find(request: Request) -> Response:
    """Go to the page of a code."""
    form = await read_form(request, FindNotice)
    code = tidy_code(form.code)
    async with reading(request) as session:
        await proof(session, code)  # an unknown code is said beside the field
    return see_other(f"/verify/{code}")


async def proof_page(request: Request) -> Response:
    """What is public about one notice."""
    async with reading(request) as session:
        found = await proof(session, str(request.path_params["code"]))
    return render(request, "verify/proof.html", proof=found, uploaded="", signature=None)


async def compare(request: Request) -> Response:
    """Say whether an uploaded file is, byte for byte, the notice of this code."""
    async with reading(request) as session:
        found = await proof(session, str(request.path_params["code"]))
    given = await form_file(request, "file")
    uploaded = sha256_hex(given.data)
    signature = None
    if uploaded == found.digest:  # a stranger's file is digested, never opened
        signature = await _signature(request, given.data)
    return render(request, "verify/proof.html", proof=found, uploaded=uploaded, signature=signature)


async def authority(request: Request) -> Response:
    """The certificate with which a paper's signature can be checked without us."""
    told = await request.state.keys.ask("document.certificates")
    answer = Response(told["authority"], media_type="application/x-x509-ca-cert")
    answer.headers["Content-Disposition"] = 'attachment; filename="luochui-documents.cer"'
    return answer


async def _signature(request: Request, pdf: bytes) -> "SignatureFacts | None":
    """The signature in our own paper; None while the keeper of the keys is silent."""
    try:
        told = await request.state.keys.ask("document.certificates")
    except Refusal:
        return None
    return await asyncio.to_thread(_read, pdf, told["authority"].encode())


def _read(pdf: bytes, authority: bytes) -> "SignatureFacts | None":
    # 20 MB of memory and a second of loading, for the few who compare a file
    from auction.notices.signing import read_signature  # noqa: PLC0415

    return read_signature(pdf, authority)


ROUTES: list[BaseRoute] = [
    Route("/verify", find_page, methods=["GET"]),
    Route("/verify", find, methods=["POST"]),
    Route("/verify/authority.cer", authority, methods=["GET"]),
    Route("/verify/{code}", proof_page, methods=["GET"]),
    Route("/verify/{code}", compare, methods=["POST"]),
]
