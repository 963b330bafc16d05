"""The pictures of an asset: shown without their metadata, their originals sealed."""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import AssetId
from auction.kernel.refusal import Refusal
from auction.kernel.sealed_file import WRAPPED_BYTES, open_file, seal_file
from auction.lots import photographs, policy, queries
from auction.lots.asset import Photograph
from web.downloads import file_answer
from web.forms import form_pictures, read_form
from web.i18n import n_
from web.pages.court.own import court_of
from web.views import see_other
from web.wiring import path_id, reading, require_of, unit

PHOTOS_MAX = 20


class OpenOriginal(msgspec.Struct, frozen=True):
    """Which original somebody wants to see, and why."""

    photograph: UUID
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


async def add_photos(request: Request) -> Response:
    """Add pictures: made anew without their metadata, stored, and named by a row after."""
    asset_id = AssetId(path_id(request))
    async with reading(request) as session:
        asset = await queries.asset(session, asset_id)
    require_of(request, policy.PHOTOGRAPH, asset.court_id)
    files, stored = request.state.files, []
    pictures = await form_pictures(request, "photos", PHOTOS_MAX)
    public = bytes.fromhex((await request.state.keys.ask("original.public"))["public_key"])
    for given, shown in pictures:
        box = await asyncio.to_thread(seal_file, public, given.data)
        stored.append((await files.put(shown), sha256_hex(given.data), await files.put(box)))
    async with unit(request) as work:
        for digest, original, sealed in stored:
            await photographs.add_photograph(
                work, asset_id, digest=digest, original_digest=original, sealed_digest=sealed
            )
    return see_other(f"/court/assets/{asset_id}#photos", said=n_("已添加照片"))


async def photo(request: Request) -> Response:
    """A picture, for the staff of its court."""
    court_id = court_of(request)
    async with reading(request) as session:
        found = await session.get(Photograph, path_id(request))
        asset = await queries.asset(session, found.asset_id) if found else None
    if found is None or asset is None or asset.court_id != court_id:
        raise Refusal("not_found", what="photographs", id=str(path_id(request)))
    return file_answer(await request.state.files.get(found.digest), "photo")


async def open_original(request: Request) -> Response:
    """Hand out an original: the reason is committed before the keeper lends the file's key."""
    asset_id = AssetId(path_id(request))
    form = await read_form(request, OpenOriginal)
    async with unit(request) as work:
        opening = await photographs.record_opening(
            work, asset_id, photograph_id=form.photograph, reason=form.reason
        )
    box = await request.state.files.get(opening.sealed_digest)
    lent = await request.state.keys.ask(
        "original.open", opening_id=str(opening.id), wrapped_key=box[:WRAPPED_BYTES].hex()
    )
    content = await asyncio.to_thread(
        open_file, bytes.fromhex(lent["key"]), box, digest=opening.original_digest
    )
    return file_answer(content, f"original-{form.photograph}", is_shown=False)


ROUTES: list[BaseRoute] = [
    Route("/court/assets/{id}/photos", add_photos, methods=["POST"]),
    Route("/court/assets/{id}/originals", open_original, methods=["POST"]),
    Route("/court/photos/{id}", photo),
]
