"""A listing: one offer of a lot, with its panel's votes, its published items and its notices."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import CaseId, CourtId, ListingId, LotId, NoticeId, PartyId, PersonId
from auction.kernel.money import Money
from auction.kernel.transitions import after
from auction.listings.grams import folded, grams
from auction.listings.round import Round
from auction.listings.terms import Terms
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check


class ListingState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    """The panel approved exactly these figures."""
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    SOLD = "sold"
    PASSED_IN = "passed_in"
    WITHDRAWN = "withdrawn"


class ListingTrigger(StrEnum):
    CHANGE = "change"
    APPROVE = "approve"
    PUBLISH = "publish"
    SUSPEND = "suspend"
    RESUME = "resume"
    SELL = "sell"
    PASS_IN = "pass_in"  # noqa: S105  (流拍, not a password)
    WITHDRAW = "withdraw"


_S, _T = ListingState, ListingTrigger
LISTING_LIFE: Final[Mapping[tuple[ListingState, ListingTrigger], ListingState]] = {
    (_S.DRAFT, _T.CHANGE): _S.DRAFT,
    (_S.APPROVED, _T.CHANGE): _S.DRAFT,  # 网拍27: the panel decided other figures
    (_S.DRAFT, _T.APPROVE): _S.APPROVED,  # 网拍27
    (_S.APPROVED, _T.PUBLISH): _S.PUBLISHED,  # 网拍12、13、14
    (_S.PUBLISHED, _T.SUSPEND): _S.SUSPENDED,  # 网拍28(1)
    (_S.SUSPENDED, _T.RESUME): _S.PUBLISHED,  # 网拍28(4)
    (_S.PUBLISHED, _T.SELL): _S.SOLD,  # 网拍22
    (_S.PUBLISHED, _T.PASS_IN): _S.PASSED_IN,  # 网拍26
    (_S.DRAFT, _T.WITHDRAW): _S.WITHDRAWN,  # 拍变17
    (_S.APPROVED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.PUBLISHED, _T.WITHDRAW): _S.WITHDRAWN,
    (_S.SUSPENDED, _T.WITHDRAW): _S.WITHDRAWN,
}


class Listing(Base):
    """One offer of one lot: the figures, the dates, and where it stands."""

    __tablename__ = "listings"
    __table_args__ = (
        states_check("round", Round),
        states_check("state", ListingState),
        CheckConstraint("starting_price > 0 AND increment > 0 AND deposit > 0", name="amounts"),
        CheckConstraint("closes_at > opens_at", name="window"),
        CheckConstraint("balance_days > 0", name="balance_days"),
        Index("ix_listings_search_grams", "search_grams", postgresql_using="gin"),
    )

    id: Mapped[ListingId] = mapped_column(primary_key=True)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lots.id"), index=True)
    case_id: Mapped[CaseId] = mapped_column(ForeignKey("cases.id"))
    court_id: Mapped[CourtId]
    previous_id: Mapped[ListingId | None] = mapped_column(ForeignKey("listings.id"))
    """The round before this one."""
    round: Mapped[Round] = state_column(Round)
    state: Mapped[ListingState] = state_column(ListingState)
    title: Mapped[str]
    starting_price: Mapped[Money] = mapped_column(MoneyFen)
    """It is the reserve price (网拍10): one field, never two."""
    increment: Mapped[Money] = mapped_column(MoneyFen)
    deposit: Mapped[Money] = mapped_column(MoneyFen)
    opens_at: Mapped[datetime] = mapped_column(Instant, index=True)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    """As announced; extensions belong to the session."""
    balance_days: Mapped[int]
    """The announced term for the balance, in the unit of settle.balance_due (网拍25)."""
    rulebook: Mapped[str]
    drafted_by: Mapped[PersonId]
    drafted_at: Mapped[datetime] = mapped_column(Instant)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    concluded_at: Mapped[datetime | None] = mapped_column(Instant)
    search_text: Mapped[str] = mapped_column(server_default="", deferred=True)
    """Title and place as they are searched; written at publication."""
    search_grams: Mapped[list[str]] = mapped_column(
        ARRAY(String), server_default="{}", deferred=True
    )
    conditions: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    """Keys of what bidders are asked beside the law's own conditions; published with the rest."""
    ground: Mapped[str]
    """Why it was suspended or withdrawn, as published."""
    delay_ground: Mapped[str] = mapped_column(server_default="")
    """Why this round is held later than the law's term; empty while it is in time (网拍26)."""

    @property
    def terms(self) -> Terms:
        """The figures and dates as one value."""
        return Terms(
            starting_price=self.starting_price,
            increment=self.increment,
            deposit=self.deposit,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            balance_days=self.balance_days,
        )

    def take_terms(self, terms: Terms) -> None:
        """Keep other figures and dates."""
        self.starting_price, self.increment = terms.starting_price, terms.increment
        self.deposit, self.balance_days = terms.deposit, terms.balance_days
        self.opens_at, self.closes_at = terms.opens_at, terms.closes_at

    def take_search(self, location: str) -> None:
        """Keep what it is found by: its title and where the asset lies."""
        self.search_text = folded(f"{self.title} {location}")
        self.search_grams = grams(self.search_text)

    def advance(self, trigger: ListingTrigger) -> None:
        """Follow the table, or refuse."""
        self.state = after(LISTING_LIFE, self.state, trigger)

    @property
    def stream(self) -> str:
        """A listing's facts belong to its lot's chain."""
        return f"lot:{self.lot_id}"


class PanelVote(Base):
    """What one member of the panel said of one set of figures (网拍27); append-only."""

    __tablename__ = "panel_votes"

    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    terms_digest: Mapped[str] = mapped_column(primary_key=True)
    """Digest of the figures voted on: a changed figure leaves the vote behind."""
    is_approval: Mapped[bool]
    opinion: Mapped[str]
    voted_at: Mapped[datetime] = mapped_column(Instant)


class ListingItem(Base):
    """One of the eleven items to be published together (网拍13)."""

    __tablename__ = "listing_items"
    __table_args__ = (CheckConstraint("text <> '' OR digest <> ''", name="says_something"),)

    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    digest: Mapped[str]
    """A file in the store, or empty."""
    completed_at: Mapped[datetime] = mapped_column(Instant)


class PartyNotification(Base):
    """That a party was told before the publication, or why not (网拍16); append-only."""

    __tablename__ = "party_notifications"

    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    party_id: Mapped[PartyId] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    terms_digest: Mapped[str] = mapped_column(primary_key=True)
    """Digest of the figures he was told."""
    notice_id: Mapped[NoticeId | None]
    """None where the party could not be reached: the publication then says so."""
    impossible_because: Mapped[str]
    notified_at: Mapped[datetime] = mapped_column(Instant)


class WarningShown(Base):
    """A special warning published with a listing, in the words of a version (网拍14)."""

    __tablename__ = "listing_warnings"

    listing_id: Mapped[ListingId] = mapped_column(ForeignKey("listings.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    completed_at: Mapped[datetime] = mapped_column(Instant)
