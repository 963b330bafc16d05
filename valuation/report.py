"""Report 评估报告 as filed, its check, objections to it, and what a sound one holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import PersonId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.rulebook import Rulebook
from auction.store.base import Base
from auction.store.columns import Instant, MoneyFen, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedText


class AppraisalMethod(StrEnum):
    """评估方法 (资产评估法26)."""

    MARKET = "market"
    INCOME = "income"
    COST = "cost"
    ASSUMED_DEVELOPMENT = "assumed_development"
    BENCHMARK_LAND_PRICE = "benchmark_land_price"


class Signer(msgspec.Struct, frozen=True):
    """A licensed appraiser who signs the report (资产评估法28)."""

    name: str
    licence: str


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What an agency files: structured fields and the digest of the PDF."""

    number: str
    based_on: date
    """评估基准日."""
    methods: tuple[AppraisalMethod, ...]
    value: Money
    valid_until_on: date
    signers: tuple[Signer, ...]
    pdf_digest: str


class Check(StrEnum):
    """The officer's checklist (参考价20)."""

    DATA = "data"
    SCOPE = "scope"
    AGENCY = "agency"
    SIGNERS = "signers"
    OTHER = "other"


class Report(Sealed, Base):
    """One report as it was filed; a corrected one is a new row."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("commission_id", "edition"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commissions.id"))
    edition: Mapped[int]
    number: Mapped[str]
    based_on: Mapped[date]
    methods: Mapped[str]
    """Codes of AppraisalMethod, separated by spaces."""
    value: Mapped[Money] = mapped_column(MoneyFen)
    valid_until_on: Mapped[date]
    signers_sealed: Mapped[bytes]
    signers = SealedText()
    """JSON list of {name, licence}."""
    pdf_digest: Mapped[str]
    filed_at: Mapped[datetime] = mapped_column(Instant)
    filed_by: Mapped[PersonId]
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_by: Mapped[PersonId | None]
    faults: Mapped[str | None]
    """Codes of Check that do not hold, separated by spaces; empty when all do."""
    remark: Mapped[str | None] = mapped_column(Text)

    def read_signers(self) -> list[Signer]:
        """The signers as values."""
        return msgspec.json.decode(self.signers, type=list[Signer])


class ObjectionGround(StrEnum):
    """What a party may object to (参考价22 the first four, 参考价23 the rest)."""

    DATA = "data"
    SCOPE = "scope"
    QUALIFICATION = "qualification"
    PROCEDURE = "procedure"
    STANDARD = "standard"
    METHOD = "method"
    RESULT = "result"


class ObjectionState(StrEnum):
    RAISED = "raised"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class ReportObjection(Sealed, Base):
    """异议 of a party to a served report."""

    __tablename__ = "report_objections"
    __table_args__ = (states_check("state", ObjectionState),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), index=True)
    person_id: Mapped[PersonId]
    ground: Mapped[ObjectionGround] = state_column(ObjectionGround)
    reasons_sealed: Mapped[bytes]
    reasons = SealedText()
    state: Mapped[ObjectionState] = state_column(ObjectionState)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[PersonId | None]


def require_sound(draft: ReportDraft, rules: Rulebook, today: date) -> None:
    """Refuse a report that the law would not let stand, naming the first thing wrong."""
    methods_min = rules.integer("valuation.methods_min")
    signers_min = rules.integer("valuation.signers_min")
    if len(set(draft.methods)) < methods_min:
        raise Refusal("report.too_few_methods", least=methods_min)
    licences = {signer.licence for signer in draft.signers if signer.licence.strip()}
    if len(licences) < signers_min or not _are_named(draft.signers):
        raise Refusal("report.too_few_signers", least=signers_min)
    if draft.value == Money(0):
        raise Refusal("report.value_missing")
    if draft.based_on > today:
        raise Refusal("report.base_date_ahead")
    _require_validity(draft, rules, today)


def _are_named(signers: Sequence[Signer]) -> bool:
    return all(signer.name.strip() for signer in signers)


def _require_validity(draft: ReportDraft, rules: Rulebook, today: date) -> None:
    years = rules.integer("valuation.validity_max")
    longest = _years_after(draft.based_on, years)
    if not today <= draft.valid_until_on <= longest:
        raise Refusal("report.validity_wrong", latest=longest.isoformat(), years=years)


def _years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes the 28th (民法典202)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
