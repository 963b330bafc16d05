"""What anybody may see of listings: cards for lists, filters, and the published page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.ids import CourtId, ListingId, LotId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.listings.grams import EXACT_MAX, folded, sought_grams
from auction.listings.items import ITEMS
from auction.listings.listing import Listing, ListingItem, ListingState, WarningShown
from auction.listings.round import Round
from auction.lots.asset import Asset, AssetKind, Photograph
from auction.lots.lot import Lot
from auction.people.organisation import Court

NEVER_PUBLISHED = frozenset({ListingState.DRAFT, ListingState.APPROVED})
CARDS_MAX = 200
_OF_LISTING = (
    Listing.id, Listing.lot_id, Listing.court_id, Listing.title, Listing.round, Listing.state,
    Listing.starting_price, Listing.increment, Listing.deposit, Listing.opens_at,
    Listing.closes_at, Listing.published_at, Listing.concluded_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a visitor filters by; None and empty are no filter."""

    words: str = ""
    kind: AssetKind | None = None
    round: Round | None = None
    states: frozenset[ListingState] = frozenset()
    court_id: str = ""
    price_min: Money | None = None
    price_max: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingCard:
    """One published listing as lists show it."""

    id: ListingId
    lot_id: LotId
    court_id: CourtId
    court_name: str
    title: str
    kind: AssetKind
    round: Round
    state: ListingState
    starting_price: Money
    increment: Money
    deposit: Money
    reference_price: Money | None
    price_method: str
    opens_at: datetime
    closes_at: datetime
    published_at: datetime | None
    concluded_at: datetime | None
    """When the court recorded how it ended, or took it back."""
    location: str
    photo_id: UUID | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """One of the eleven published items (网拍13)."""

    key: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class PublishedView:
    """A published listing with what its page must say."""

    card: ListingCard
    balance_days: int
    ground: str
    asset_id: UUID
    description: str
    items: tuple[ItemView, ...]
    warnings: tuple[str, ...]
    conditions: tuple[str, ...]
    rounds: tuple[ListingCard, ...]
    """Every published round of the same lot, this one too, oldest first."""


async def cards(session: AsyncSession, sought: Sought) -> Sequence[ListingCard]:
    """Published listings that fit, those that open soonest first."""
    return await _cards(session, *_conditions(sought))


async def published(session: AsyncSession, listing_id: UUID) -> PublishedView:
    """One published listing, or refuse with `not_found`; nobody sees a draft."""
    row = await session.get(Listing, listing_id)
    if row is None or row.published_at is None:
        raise Refusal("not_found", what="listings", id=str(listing_id))
    lot = await session.get_one(Lot, row.lot_id)
    asset = await session.get_one(Asset, lot.asset_id)
    rounds = await _cards(session, Listing.lot_id == row.lot_id)
    items = await session.scalars(select(ListingItem).where(ListingItem.listing_id == listing_id))
    warnings = await session.scalars(
        select(WarningShown.key).where(WarningShown.listing_id == listing_id)
    )
    return PublishedView(
        card=next(card for card in rounds if card.id == row.id),
        balance_days=row.balance_days,
        ground=row.ground,
        asset_id=asset.id,
        description=asset.description,
        items=_in_order(items.all()),
        warnings=tuple(warnings),
        conditions=tuple(row.conditions),
        rounds=tuple(rounds),
    )


async def published_photo(session: AsyncSession, photo_id: UUID) -> str:
    """Digest of a photograph that stands on a published page, or refuse with `not_found`."""
    digest = await session.scalar(
        select(Photograph.digest)
        .join(Lot, Lot.asset_id == Photograph.asset_id)
        .join(Listing, Listing.lot_id == Lot.id)
        .where(Photograph.id == photo_id, Listing.published_at.is_not(None))
        .limit(1)
    )
    if digest is None:
        raise Refusal("not_found", what="photographs", id=str(photo_id))
    return digest


async def published_photos(session: AsyncSession, asset_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Id and caption of each photograph of an asset, in order."""
    rows = await session.execute(
        select(Photograph.id, Photograph.caption)
        .where(Photograph.asset_id == asset_id)
        .order_by(Photograph.position)
    )
    return [(row.id, row.caption) for row in rows]


async def published_file(session: AsyncSession, listing_id: UUID, key: str) -> str:
    """Digest of the file published as one of the eleven items, or refuse with `not_found`."""
    digest = await session.scalar(
        select(ListingItem.digest)
        .join(Listing, Listing.id == ListingItem.listing_id)
        .where(
            ListingItem.listing_id == listing_id,
            ListingItem.key == key,
            Listing.published_at.is_not(None),
        )
    )
    if not digest:
        raise Refusal("not_found", what="listing_items", id=str(listing_id))
    return digest


async def listing_courts(session: AsyncSession) -> Sequence[tuple[str, str]]:
    """Code and name of every court that has published."""
    rows = await session.execute(
        select(Court.id, Court.name)
        .join(Listing, Listing.court_id == Court.id)
        .where(Listing.published_at.is_not(None))
        .distinct()
        .order_by(Court.id)
    )
    return [(row.id, row.name) for row in rows]


def _in_order(rows: Sequence[ListingItem]) -> tuple[ItemView, ...]:
    """The items in the order of the article."""
    by_key = {row.key: row for row in rows}
    found = (by_key[item.key] for item in ITEMS if item.key in by_key)
    return tuple(ItemView(row.key, row.text, row.digest) for row in found)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    found = _worded(sought.words)
    if sought.kind is not None:
        of_kind = select(Lot.id).join(Asset, Asset.id == Lot.asset_id)
        found.append(Listing.lot_id.in_(of_kind.where(Asset.kind == sought.kind)))
    if sought.round is not None:
        found.append(Listing.round == sought.round)
    if sought.states:
        found.append(Listing.state.in_(sought.states))
    if sought.court_id:
        found.append(Listing.court_id == sought.court_id)
    if sought.price_min is not None:
        found.append(Listing.starting_price >= sought.price_min)
    if sought.price_max is not None:
        found.append(Listing.starting_price <= sought.price_max)
    return found


def _worded(words: str) -> list[ColumnElement[bool]]:
    """Every word stands in the title or the place; grams find it, longer words are read again."""
    found: list[ColumnElement[bool]] = []
    for word in folded(words).split():
        found.append(Listing.search_grams.contains(sought_grams(word)))
        if len(word) > EXACT_MAX:
            found.append(Listing.search_text.contains(word, autoescape=True))
    return found


async def _cards(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[ListingCard]:
    """Choose the listings first, then fetch what stands on their cards and no more."""
    chosen = (
        select(Listing.id)
        .where(Listing.published_at.is_not(None), *conditions)
        .order_by(Listing.opens_at, Listing.id)
        .limit(CARDS_MAX)
    )
    photo = (
        select(Photograph.id)
        .where(Photograph.asset_id == Asset.id)
        .order_by(Photograph.position)
        .limit(1)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            *_OF_LISTING, Court.name.label("court_name"), Asset.kind, Asset.location,
            Lot.price.label("reference_price"), Lot.price_method, photo.label("photo_id"),
        )
        .join(Lot, Lot.id == Listing.lot_id)
        .join(Asset, Asset.id == Lot.asset_id)
        .join(Court, Court.id == Listing.court_id)
        .where(Listing.id.in_(chosen))
        .order_by(Listing.opens_at, Listing.id)
    )  # fmt: skip
    return [ListingCard(**row) for row in rows.mappings()]
