"""How a listing stands: what is there, read from the tables for the command and the pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, CaseState, Party
from auction.kernel.ids import ListingId
from auction.kernel.refusal import Refusal
from auction.listings.listing import (
    Listing,
    ListingItem,
    ListingState,
    PartyNotification,
    WarningShown,
)
from auction.listings.readiness import Standing
from auction.listings.round import Round
from auction.listings.terms import Ground
from auction.lots.asset import Asset
from auction.lots.lot import Lot, LotState
from auction.lots.queries import seizure_in_force

_CONCLUDED: Final = (ListingState.SOLD, ListingState.PASSED_IN, ListingState.WITHDRAWN)
_ROUND_AFTER: Final = {
    LotState.PRICED: Round.FIRST_AUCTION,
    LotState.DISPOSAL_APPROVED: Round.FIRST_AUCTION,
    LotState.FIRST_PASSED_IN: Round.SECOND_AUCTION,
    LotState.SECOND_PASSED_IN: Round.SELL_OFF,
}


async def ground(
    session: AsyncSession, lot: Lot, previous: Listing | None, *, current: Listing | None = None
) -> Ground:
    """What the terms of a lot's next offer, or of the current one, rest on."""
    asset = await session.get_one(Asset, lot.asset_id)
    if lot.price is None:
        raise Refusal("listing.no_reference_price")
    this_round = current.round if current else _next_round(lot, previous)
    before = await round_before(session, previous, this_round)
    return Ground(
        round=this_round,
        is_movable=asset.is_movable,
        reference_price=lot.price,
        previous_starting_price=before.starting_price if before else None,
    )


async def round_before(
    session: AsyncSession, previous: Listing | None, this_round: Round
) -> Listing | None:
    """The last listing of an earlier round: a default repeats a round and cuts nothing anew."""
    while previous is not None and previous.round is this_round:
        previous = await listing_before(session, previous)
    return previous


async def previous_listing(session: AsyncSession, lot: Lot) -> Listing | None:
    """The lot's last listing; refuses while it is not over."""
    last = await session.scalar(
        select(Listing)
        .where(Listing.lot_id == lot.id, Listing.state != ListingState.WITHDRAWN)
        .order_by(Listing.drafted_at.desc(), Listing.id.desc())
        .limit(1)
    )
    if last is not None and last.state not in _CONCLUDED:
        raise Refusal("listing.already_open.conflict", listing=str(last.id))
    return last


async def listing_before(session: AsyncSession, listing: Listing) -> Listing | None:
    """The round before this one."""
    return await session.get(Listing, listing.previous_id) if listing.previous_id else None


def _next_round(lot: Lot, previous: Listing | None) -> Round:
    if lot.state is LotState.DEFAULTED and previous is not None:
        return previous.round  # 拍变22: the same round again
    found = _ROUND_AFTER.get(lot.state)
    if found is None:
        raise Refusal("state.not_allowed", state=lot.state.value, trigger="draft_listing")
    return found


async def of(session: AsyncSession, listing: Listing, lot: Lot) -> Standing:
    """Everything that the publication of a listing depends on."""
    seizure = await seizure_in_force(session, lot.asset_id)
    previous = await listing_before(session, listing)
    is_repeated = previous is not None and previous.round is listing.round
    passed_in_at = previous.concluded_at if previous and not is_repeated else None
    waiting = await unnotified_parties(session, listing)
    return Standing(
        round=listing.round,
        is_approved=listing.state is not ListingState.DRAFT,
        items=[item.key for item in await items(session, listing.id)],
        warnings=[shown.key for shown in await warnings_shown(session, listing.id)],
        reference_price=lot.reference_price,
        first_published_at=await _first_published_at(session, listing),
        seizure_expires_on=seizure.expires_on if seizure else None,
        opens_at=listing.opens_at,
        closes_at=listing.closes_at,
        passed_in_at=passed_in_at,
        delay_ground=listing.delay_ground,
        unnotified=len(waiting),
        notified_at=max(
            (told.notified_at for told in await notifications(session, listing)), default=None
        ),
    )


async def items(session: AsyncSession, listing_id: ListingId) -> Sequence[ListingItem]:
    """The published items that are filled in."""
    found = await session.scalars(select(ListingItem).where(ListingItem.listing_id == listing_id))
    return found.all()


async def warnings_shown(session: AsyncSession, listing_id: ListingId) -> Sequence[WarningShown]:
    """The special warnings that the page shows."""
    found = await session.scalars(select(WarningShown).where(WarningShown.listing_id == listing_id))
    return found.all()


async def notifications(session: AsyncSession, listing: Listing) -> Sequence[PartyNotification]:
    """Who was told of exactly these figures, or why not."""
    found = await session.scalars(
        select(PartyNotification)
        .where(
            PartyNotification.listing_id == listing.id,
            PartyNotification.terms_digest == listing.terms.digest,
        )
        .order_by(PartyNotification.notified_at)
    )
    return found.all()


async def unnotified_parties(session: AsyncSession, listing: Listing) -> Sequence[Party]:
    """The parties of the case that nobody told of these figures yet."""
    told = {item.party_id for item in await notifications(session, listing)}
    parties = await session.scalars(Party.standing_in(listing.case_id))
    return [party for party in parties if party.id not in told]


async def _first_published_at(session: AsyncSession, listing: Listing) -> datetime | None:
    """When the lot's first auction was announced (参考价27)."""
    return await session.scalar(
        select(Listing.published_at)
        .where(
            Listing.lot_id == listing.lot_id,
            Listing.round == Round.FIRST_AUCTION,
            Listing.published_at.is_not(None),
        )
        .order_by(Listing.published_at)
        .limit(1)
    )


async def open_case(session: AsyncSession, listing: Listing) -> Case:
    """The case of a listing, held as it is until the commit; nothing goes out while it rests."""
    found = await session.get_one(
        Case, listing.case_id, with_for_update={"read": True}, populate_existing=True
    )
    if found.state is not CaseState.OPEN:
        raise Refusal("case.not_open", state=found.state.value)
    return found
