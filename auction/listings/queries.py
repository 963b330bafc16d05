"""Listings as the calendar, the public page, the hall and the court's desk need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Party, PartyRole
from auction.kernel.ids import CaseId, CourtId, ListingId, LotId, NoticeId, PersonId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.rulebook import BY_NAME
from auction.law.warnings import SPECIAL_WARNINGS, SpecialWarning
from auction.listings import standing
from auction.listings.items import ITEMS, PublishedItem
from auction.listings.listing import Listing, ListingState, PanelVote
from auction.listings.readiness import Missing, missing
from auction.listings.round import Round
from auction.listings.terms import Citation, Limits, Terms, citations, limits
from auction.lots.lot import Lot

PUBLIC: tuple[ListingState, ...] = (
    ListingState.PUBLISHED,
    ListingState.SUSPENDED,
    ListingState.SOLD,
    ListingState.PASSED_IN,
)
"""What the public may see; a withdrawn listing too, if it had been published."""


@dataclass(frozen=True, slots=True)
class ListingView:
    id: ListingId
    lot_id: LotId
    case_id: CaseId
    court_id: CourtId
    previous_id: ListingId | None
    round: Round
    state: ListingState
    title: str
    terms: Terms
    terms_digest: str
    rulebook: str
    drafted_by: PersonId
    approved_at: datetime | None
    published_at: datetime | None
    concluded_at: datetime | None
    ground: str
    delay_ground: str

    @property
    def starting_price(self) -> Money:
        """The reserve price too (网拍10)."""
        return self.terms.starting_price

    @property
    def increment(self) -> Money:
        """The ladder's step."""
        return self.terms.increment

    @property
    def deposit(self) -> Money:
        """What a bidder pays before he takes part (网拍17)."""
        return self.terms.deposit

    @property
    def opens_at(self) -> datetime:
        """When bidding begins."""
        return self.terms.opens_at

    @property
    def closes_at(self) -> datetime:
        """When it ends by the announcement; the session knows its extensions."""
        return self.terms.closes_at

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""
        return self.published_at is not None


@dataclass(frozen=True, slots=True)
class ItemView:
    """One of the eleven items and what is said under it; empty while it is missing."""

    item: PublishedItem
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class WarningView:
    warning: SpecialWarning
    is_shown: bool


@dataclass(frozen=True, slots=True)
class VoteView:
    person_id: PersonId
    is_approval: bool
    opinion: str
    voted_at: datetime


@dataclass(frozen=True, slots=True)
class NotificationView:
    role: PartyRole
    name: str
    notice_id: NoticeId | None
    impossible_because: str
    notified_at: datetime | None
    """None while nobody told him of these figures."""


@dataclass(frozen=True, slots=True)
class DraftView:
    """All that the court's page of one listing shows."""

    listing: ListingView
    citations: Sequence[Citation]
    limits: Limits
    votes: Sequence[VoteView]
    items: Sequence[ItemView]
    warnings: Sequence[WarningView]
    notifications: Sequence[NotificationView]
    missing: Sequence[Missing]


async def listing(session: AsyncSession, listing_id: ListingId) -> ListingView:
    """One listing, or refuse with `not_found`."""
    return _view(await _row(session, listing_id))


async def public_listing(session: AsyncSession, listing_id: ListingId) -> ListingView:
    """One published listing; a draft does not exist for the public."""
    found = _view(await _row(session, listing_id))
    if not found.is_public:
        raise Refusal("not_found", what="listings", id=str(listing_id))
    return found


async def published_listings(session: AsyncSession) -> Sequence[ListingView]:
    """Every listing that is offered now, by its opening."""
    return await _listings(session, (ListingState.PUBLISHED,))


async def calendar(session: AsyncSession, *, most: int = 200) -> Sequence[ListingView]:
    """What the public list shows: offered, sold and passed in, the latest opening first."""
    return (await _listings(session, PUBLIC, latest_first=True))[:most]


async def listings_of_lot(session: AsyncSession, lot_id: LotId) -> Sequence[ListingView]:
    """Every round of a lot, first to last."""
    rows = await session.scalars(
        select(Listing).where(Listing.lot_id == lot_id).order_by(Listing.drafted_at, Listing.id)
    )
    return [_view(row) for row in rows]


async def listings_of_court(session: AsyncSession, court_id: CourtId) -> Sequence[ListingView]:
    """Every listing of a court, newest first."""
    rows = await session.scalars(
        select(Listing).where(Listing.court_id == court_id).order_by(Listing.drafted_at.desc())
    )
    return [_view(row) for row in rows]


async def items(session: AsyncSession, listing_id: ListingId) -> Sequence[ItemView]:
    """The eleven items in the order of the article."""
    said = {row.key: row for row in await standing.items(session, listing_id)}
    return [
        ItemView(item, said[item.key].text, said[item.key].digest)
        if item.key in said
        else ItemView(item, "", "")
        for item in ITEMS
    ]


async def draft(session: AsyncSession, listing_id: ListingId, *, now: datetime) -> DraftView:
    """Everything about one listing that its officer and its panel see."""
    row = await _row(session, listing_id)
    lot = await session.get_one(Lot, row.lot_id)
    rules = BY_NAME[row.rulebook]
    before = await standing.listing_before(session, row)
    ground = await standing.ground(session, lot, before, current=row)
    shown = {item.key for item in await standing.warnings_shown(session, listing_id)}
    return DraftView(
        listing=_view(row),
        citations=citations(rules, ground),
        limits=limits(rules, ground, starting_price=row.starting_price, publish_at=now),
        votes=await _votes(session, row),
        items=await items(session, listing_id),
        warnings=[WarningView(warning, warning.key in shown) for warning in SPECIAL_WARNINGS],
        notifications=await _notifications(session, row),
        missing=missing(rules, await standing.of(session, row, lot), now),
    )


async def public_citations(session: AsyncSession, listing_id: ListingId) -> Sequence[Citation]:
    """Every term of a listing with its article."""
    row = await _row(session, listing_id)
    lot = await session.get_one(Lot, row.lot_id)
    before = await standing.listing_before(session, row)
    ground = await standing.ground(session, lot, before, current=row)
    return citations(BY_NAME[row.rulebook], ground)


async def _row(session: AsyncSession, listing_id: ListingId) -> Listing:
    found = await session.get(Listing, listing_id)
    if found is None:
        raise Refusal("not_found", what="listings", id=str(listing_id))
    return found


async def _listings(
    session: AsyncSession, states: tuple[ListingState, ...], *, latest_first: bool = False
) -> Sequence[ListingView]:
    order = Listing.opens_at.desc() if latest_first else Listing.opens_at
    rows = await session.scalars(
        select(Listing).where(Listing.state.in_(states)).order_by(order, Listing.id)
    )
    return [_view(row) for row in rows]


async def _votes(session: AsyncSession, row: Listing) -> Sequence[VoteView]:
    votes = await session.scalars(
        select(PanelVote)
        .where(PanelVote.listing_id == row.id, PanelVote.terms_digest == row.terms.digest)
        .order_by(PanelVote.voted_at)
    )
    return [
        VoteView(cast.person_id, cast.is_approval, cast.opinion, cast.voted_at) for cast in votes
    ]


async def _notifications(session: AsyncSession, row: Listing) -> Sequence[NotificationView]:
    told = {item.party_id: item for item in await standing.notifications(session, row)}
    parties = await session.scalars(Party.standing_in(row.case_id))
    return [
        NotificationView(
            party.role,
            party.name,
            told[party.id].notice_id if party.id in told else None,
            told[party.id].impossible_because if party.id in told else "",
            told[party.id].notified_at if party.id in told else None,
        )
        for party in parties
    ]


def _view(row: Listing) -> ListingView:
    return ListingView(
        id=row.id,
        lot_id=row.lot_id,
        case_id=row.case_id,
        court_id=row.court_id,
        previous_id=row.previous_id,
        round=row.round,
        state=row.state,
        title=row.title,
        terms=row.terms,
        terms_digest=row.terms.digest,
        rulebook=row.rulebook,
        drafted_by=row.drafted_by,
        approved_at=row.approved_at,
        published_at=row.published_at,
        concluded_at=row.concluded_at,
        ground=row.ground,
        delay_ground=row.delay_ground,
    )
