"""Photographs of an asset; their originals are sealed evidence, each opening on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import AssetId, PersonId
from auction.kernel.refusal import Refusal
from auction.lots import policy
from auction.lots.asset import Asset, OriginalOpening, Photograph
from auction.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Opening:
    """A recorded opening, and the sealed file that it is about."""

    id: UUID
    original_digest: str
    sealed_digest: str


@dataclass(frozen=True, slots=True)
class OpeningView:
    """Who opened which picture of an asset, when and why."""

    position: int
    opened_at: datetime
    opened_by: PersonId
    reason: str


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A picture whose original still lies open in the file store."""

    photograph_id: UUID
    original_digest: str


async def add_photograph(
    work: Unit,
    asset_id: AssetId,
    *,
    digest: str,
    original_digest: str,
    sealed_digest: str,
    caption: str = "",
) -> Photograph:
    """Add a picture that is in the file store, as its sealed original is; the same twice is one."""
    asset = await work.lock(Asset, asset_id)
    work.require(policy.PHOTOGRAPH, asset.court_id)
    known = await work.session.scalar(
        select(Photograph).where(Photograph.asset_id == asset_id, Photograph.digest == digest)
    )
    if known is not None:
        return known
    last = await work.session.scalar(
        select(func.max(Photograph.position)).where(Photograph.asset_id == asset_id)
    )
    photograph = Photograph(
        id=work.new_id(),
        asset_id=asset.id,
        digest=digest,
        original_digest=original_digest,
        sealed_digest=sealed_digest,
        caption=caption.strip(),
        position=(last or 0) + 1,
        added_at=work.now,
    )
    work.add(photograph)
    work.record(
        "asset.photographed",
        stream=asset.stream,
        asset=str(asset.id),
        digest=digest,
        original=original_digest,
        sealed=sealed_digest,
    )
    return photograph


async def record_opening(
    work: Unit, asset_id: AssetId, *, photograph_id: UUID, reason: str
) -> Opening:
    """Put on record who wants to see an original and why, before anything is opened."""
    asset = await work.lock(Asset, asset_id, share=True)
    work.require(policy.OPEN_ORIGINAL, asset.court_id)
    photograph = await work.load(Photograph, photograph_id)
    if photograph.asset_id != asset.id:
        raise Refusal("not_found", what="photographs", id=str(photograph_id))
    if work.actor.person_id is None:
        raise Refusal("forbidden", action="photograph.open_original")
    if not reason.strip():
        raise Refusal("case.field_empty", field="reason")
    if photograph.sealed_digest is None:
        raise Refusal("photograph.not_sealed_yet")
    opening = OriginalOpening(
        id=work.new_id(),
        photograph_id=photograph.id,
        opened_by=work.actor.person_id,
        reason=reason.strip(),
        opened_at=work.now,
    )
    work.add(opening)
    work.record(
        "photograph.original_opened",
        stream=asset.stream,
        asset=str(asset.id),
        opening=str(opening.id),
        original=photograph.original_digest,
    )
    return Opening(opening.id, photograph.original_digest, photograph.sealed_digest)


async def record_sealing(work: Unit, photograph_id: UUID, *, sealed_digest: str) -> None:
    """Note that an original handed in before sealing began is sealed; once is enough."""
    photograph = await work.lock(Photograph, photograph_id)
    work.require(policy.SEAL_ORIGINAL)
    if photograph.sealed_digest is not None:
        return
    asset = await work.load(Asset, photograph.asset_id)
    photograph.sealed_digest = sealed_digest
    work.record(
        "photograph.original_sealed",
        stream=asset.stream,
        asset=str(asset.id),
        original=photograph.original_digest,
        sealed=sealed_digest,
    )


async def unsealed(session: AsyncSession, *, most: int) -> Sequence[Unsealed]:
    """Originals that lie open: those handed in before sealing began."""
    found = await session.execute(
        select(Photograph.id, Photograph.original_digest)
        .where(Photograph.sealed_digest.is_(None))
        .order_by(Photograph.id)
        .limit(most)
    )
    return [Unsealed(photograph_id, digest) for photograph_id, digest in found]


async def openings(session: AsyncSession, asset_id: AssetId) -> Sequence[OpeningView]:
    """Every opening of an original of the asset, the latest first."""
    found = await session.execute(
        select(Photograph.position, OriginalOpening)
        .join(OriginalOpening, OriginalOpening.photograph_id == Photograph.id)
        .where(Photograph.asset_id == asset_id)
        .order_by(OriginalOpening.opened_at.desc(), OriginalOpening.id.desc())
    )
    return [
        OpeningView(position, opening.opened_at, opening.opened_by, opening.reason)
        for position, opening in found
    ]
