"""The lots anybody may look at: list with filters, calendar, the page of one listing, its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.law.warnings import CONDITIONS, SPECIAL_WARNINGS
from auction.listings.catalogue import (
    ListingCard,
    Sought,
    cards,
    listing_courts,
    published,
    published_file,
    published_photo,
    published_photos,
)
from auction.listings.items import BY_KEY
from auction.listings.listing import ListingState
from auction.listings.round import Round
from auction.lots.asset import AssetKind
from auction.settlement.queries import published_result
from bidding.standing import Standing, standings
from web.downloads import file_answer
from web.kept import KeptPages
from web.pages.court.dossier import dossier
from web.views import render
from web.wiring import database_of, path_id, reading

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


class Stage(StrEnum):
    """Where a listing stands, as a visitor thinks of it."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    """The session is over and the court has not yet confirmed how it ended."""
    SUSPENDED = "suspended"
    SOLD = "sold"
    PASSED_IN = "passed_in"
    WITHDRAWN = "withdrawn"


_STATES = {
    Stage.UPCOMING: ListingState.PUBLISHED,
    Stage.OPEN: ListingState.PUBLISHED,
    Stage.CLOSED: ListingState.PUBLISHED,
    Stage.SUSPENDED: ListingState.SUSPENDED,
    Stage.SOLD: ListingState.SOLD,
    Stage.PASSED_IN: ListingState.PASSED_IN,
    Stage.WITHDRAWN: ListingState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A card with where it stands now."""

    card: ListingCard
    stage: Stage
    price: Money | None
    """The highest bid, if there is one."""
    closes_at: datetime
    """As extensions have moved it; of one that is over, when it ended."""
    extensions: int
    paused_at: datetime | None
    """Since when the clock of its session stands still."""


def stage_of(card: ListingCard, standing: Standing | None, now: datetime) -> Stage:
    """Where a listing stands at an instant."""
    if card.state is not ListingState.PUBLISHED:
        return Stage(card.state.value)
    if now < card.opens_at:
        return Stage.UPCOMING
    return Stage.CLOSED if standing and standing.is_over else Stage.OPEN


async def show(session: AsyncSession, found: Sequence[ListingCard], now: datetime) -> list[Shown]:
    """Cards with where their sessions stand."""
    standing = await standings(session, [card.id for card in found])
    return [_shown(card, standing.get(card.id), now) for card in found]


def _shown(card: ListingCard, standing: Standing | None, now: datetime) -> Shown:
    stage = stage_of(card, standing, now)
    if standing is None:
        return Shown(card, stage, None, card.concluded_at or card.closes_at, 0, None)
    return Shown(
        card, stage, standing.price, standing.closes_at, standing.extensions, standing.paused_at
    )


async def lots_page(request: Request) -> Response:
    """The list of listings; every filter is part of the address."""
    query = request.query_params
    stage = _choice(query, "stage", Stage)
    sought = Sought(
        words=query.get("q", "").strip()[:100],
        kind=_choice(query, "kind", AssetKind),
        round=_choice(query, "round", Round),
        states=frozenset({_STATES[stage]}) if stage else frozenset(),
        court_id=query.get("court", ""),
        price_min=_amount(query.get("min", "")),
        price_max=_amount(query.get("max", "")),
    )
    async with reading(request) as session:
        found = await cards(session, sought)
        courts = await listing_courts(session)
        shown = await show(session, found, database_of(request).clock.now())
    return render(
        request,
        "public/lots.html",
        lots=[item for item in shown if stage is None or item.stage is stage],
        courts=courts,
        kinds=list(AssetKind),
        rounds=list(Round),
        stages=list(Stage),
        query=query,
        is_price_unread=any(query.get(name) and _amount(query[name]) is None for name in _PRICES),
        is_filtered=any(value for name, value in query.items() if name != "lang"),
    )


async def calendar_page(request: Request) -> Response:
    """Sessions by the day on which they open, those to come first."""
    now = database_of(request).clock.now()
    async with reading(request) as session:
        found = await show(session, await cards(session, Sought()), now)
    today = _day(now)
    days = [
        (day, list(items)) for day, items in groupby(found, key=lambda i: _day(i.card.opens_at))
    ]
    return render(
        request,
        "public/calendar.html",
        coming=[(day, items) for day, items in days if day >= today],
        past=[(day, items) for day, items in reversed(days) if day < today],
        today=today,
    )


async def lot_page(request: Request) -> Response:
    """One published listing; a visitor who is not signed in may get what others just got."""
    kept: KeptPages = request.state.kept
    return await kept.answer(request, path_id(request, "listing"), _lot_page)


async def _lot_page(request: Request) -> Response:
    listing_id = path_id(request, "listing")
    async with reading(request) as session:
        view = await published(session, listing_id)
        photos = await published_photos(session, view.asset_id)
        rounds = await show(session, view.rounds, database_of(request).clock.now())
        result = await published_result(session, listing_id)
        behind = await dossier(session, view)
    return render(
        request,
        "public/lot.html",
        result=result,
        listing=view,
        card=view.card,
        shown=next(item for item in rounds if item.card.id == view.card.id),
        photos=photos,
        dossier=behind,
        rounds=rounds,
        titles=BY_KEY,
        warnings=[warning for warning in SPECIAL_WARNINGS if warning.key in view.warnings],
        conditions=[one for one in CONDITIONS if one.key in view.conditions],
    )


async def photo(request: Request) -> Response:
    """A photograph of a published lot."""
    async with reading(request) as session:
        digest = await published_photo(session, path_id(request))
    return file_answer(await request.state.files.get(digest), "photo", is_public=True)


async def item_file(request: Request) -> Response:
    """A file published with a listing, such as the valuation report."""
    key = str(request.path_params["key"])
    async with reading(request) as session:
        digest = await published_file(session, path_id(request, "listing"), key)
    return file_answer(await request.state.files.get(digest), key)


def _choice(query: QueryParams, name: str, kinds: type[ChoiceT]) -> ChoiceT | None:
    text = query.get(name, "")
    return kinds(text) if text in set(kinds) else None


_PRICES = ("min", "max")


def _amount(text: str) -> Money | None:
    try:
        return Money.parse(text)
    except ValueError:
        return None


def _day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


ROUTES: list[BaseRoute] = [
    Route("/lots", lots_page),
    Route("/calendar", calendar_page),
    Route("/lots/{listing}", lot_page),
    Route("/lots/{listing}/files/{key}", item_file),
    Route("/photos/{id}", photo),
]
