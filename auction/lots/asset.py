"""The seized asset 财产: what it is, its seizure, what was found out about it, its photographs."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import AssetId, CaseId, CourtId, PersonId
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class AssetKind(StrEnum):
    HOME = "home"
    COMMERCIAL = "commercial"
    LAND = "land"
    VEHICLE = "vehicle"
    GOODS = "goods"
    EQUITY = "equity"
    OTHER_RIGHT = "other_right"

    @property
    def is_movable(self) -> bool:
        """Movables have the shorter periods (网拍12); every other right counts as immovable."""
        return self in {AssetKind.VEHICLE, AssetKind.GOODS}

    @property
    def seizure_rule(self) -> str:
        """The key of the longest term that one seizure may run (民诉解释485)."""
        return "seizure.max_movable" if self.is_movable else "seizure.max_immovable_other"


class Asset(Sealed, Base):
    """One thing or right of the debtor that the court has taken hold of."""

    __tablename__ = "assets"
    __table_args__ = (states_check("kind", AssetKind),)

    id: Mapped[AssetId] = mapped_column(primary_key=True)
    case_id: Mapped[CaseId] = mapped_column(ForeignKey("cases.id"), index=True)
    court_id: Mapped[CourtId]
    kind: Mapped[AssetKind] = state_column(AssetKind)
    title: Mapped[str]
    description: Mapped[str]
    location: Mapped[str]
    registry_number: Mapped[str]
    """不动产权证号, 车架号 or the like: what the register knows it by."""
    area_m2: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    owner_name_sealed: Mapped[bytes]
    owner_name = SealedText()
    """As the register names him; shown to the parties and the registry only."""
    seized_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def is_movable(self) -> bool:
        """Whether the periods of movables apply."""
        return self.kind.is_movable

    @property
    def stream(self) -> str:
        """An asset's facts belong to its case's chain."""
        return f"case:{self.case_id}"


class Seizure(Base):
    """One seizure or its renewal (查封/扣押/冻结). Rows are only added: the last one counts."""

    __tablename__ = "seizures"
    __table_args__ = (CheckConstraint("expires_on > seized_on", name="term"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[AssetId] = mapped_column(ForeignKey("assets.id"), index=True)
    ruling_number: Mapped[str]
    seized_on: Mapped[date]
    expires_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class InvestigationSubject(StrEnum):
    """What must be looked into before a price is fixed (参考价3)."""

    OWNERSHIP = "ownership"
    ENCUMBRANCES = "encumbrances"
    OCCUPANCY = "occupancy"
    ARREARS = "arrears"
    DEFECTS = "defects"


class InvestigationStatus(StrEnum):
    CHECKED = "checked"
    NOT_CHECKED = "not_checked"
    """Nobody looked; the page says so."""
    UNKNOWN = "unknown"
    """Somebody looked and could not find out."""


SUBJECTS: Final = tuple(InvestigationSubject)
SUBJECT_NAMES: Final[Mapping[InvestigationSubject, str]] = {
    InvestigationSubject.OWNERSHIP: "权属",
    InvestigationSubject.ENCUMBRANCES: "权利负担",
    InvestigationSubject.OCCUPANCY: "占有使用",
    InvestigationSubject.ARREARS: "欠缴费用",
    InvestigationSubject.DEFECTS: "瑕疵",
}


class InvestigationItem(Base):
    """What was found out about one subject."""

    __tablename__ = "investigation_items"
    __table_args__ = (
        states_check("subject", InvestigationSubject),
        states_check("status", InvestigationStatus),
        CheckConstraint("status <> 'checked' OR finding <> ''", name="checked_says_what"),
    )

    asset_id: Mapped[AssetId] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    subject: Mapped[InvestigationSubject] = state_column(InvestigationSubject, primary_key=True)
    status: Mapped[InvestigationStatus] = state_column(InvestigationStatus)
    finding: Mapped[str]
    looked_at: Mapped[datetime] = mapped_column(Instant)
    looked_by: Mapped[PersonId]


class Photograph(Base):
    """One picture of the asset, in the file store under its digest, free of place and device."""

    __tablename__ = "photographs"
    __table_args__ = (UniqueConstraint("asset_id", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    asset_id: Mapped[AssetId] = mapped_column(ForeignKey("assets.id"))
    digest: Mapped[str]
    original_digest: Mapped[str]
    """Of the picture as it was handed over: evidence."""
    sealed_digest: Mapped[str | None]
    """The file that holds it, sealed to the keeper of originals; None: handed in before sealing
    began, and sealed by the worker."""
    caption: Mapped[str]
    position: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(Instant)


class OriginalOpening(Base):
    """Who opened an original, and why. Rows are only ever added."""

    __tablename__ = "original_openings"
    __table_args__ = (CheckConstraint("reason <> ''", name="has_reason"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    photograph_id: Mapped[UUID] = mapped_column(ForeignKey("photographs.id"), index=True)
    opened_by: Mapped[PersonId]
    reason: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Instant)
