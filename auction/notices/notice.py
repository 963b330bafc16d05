"""Notice: a legal document the court addresses to somebody, its life and its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from auction.notices.wording import NoticeKind
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from auction.store.personal.subject_key import Sealed, SealedAnswer, SealedFacts, SealedText


class NoticeState(StrEnum):
    ISSUED = "issued"
    """Decided and worded; its paper is being made."""
    RENDERED = "rendered"
    """Its PDF exists and will never change: the row holds its digest."""
    SERVED = "served"
    """It lies in the addressee's inbox, or is public where it is addressed to everybody."""
    ACKNOWLEDGED = "acknowledged"
    """The addressee said that it has arrived, with an answer where one was asked."""


class NoticeTrigger(StrEnum):
    RENDER = "render"
    SERVE = "serve"
    ACKNOWLEDGE = "acknowledge"


NOTICE_LIFE: Mapping[tuple[NoticeState, NoticeTrigger], NoticeState] = MappingProxyType(
    {
        (NoticeState.ISSUED, NoticeTrigger.RENDER): NoticeState.RENDERED,
        (NoticeState.RENDERED, NoticeTrigger.SERVE): NoticeState.SERVED,  # 民诉法 ch. 7 section 2
        (NoticeState.SERVED, NoticeTrigger.ACKNOWLEDGE): NoticeState.ACKNOWLEDGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """What whoever issues a notice hands over; `wording.REQUIRED` lists the facts of each kind.

    Facts are JSON. Amounts are whole fen under a name ending in `_fen`, instants ISO 8601
    with a zone under `_at`, dates under `_on`; the template gets them in Chinese.
    """

    kind: NoticeKind
    court_id: str
    case_id: UUID
    lot_id: UUID | None = None
    addressee_name: str
    """As it stands at the head of the paper; for an announcement, 社会公众."""
    addressee_person_id: UUID | None = None
    addressee_organisation_id: UUID | None = None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPaper:
    """The paper that a notice became: which file it is and under what it was signed."""

    digest: str
    """SHA-256 of the signed PDF."""
    unsigned_digest: str
    certificate: str
    """SHA-256 of the signer's certificate."""


class Notice(Sealed, Base):
    """One document to one addressee. Its facts never change once it is issued."""

    __tablename__ = "notice"
    __table_args__ = (
        states_check("kind", NoticeKind),
        states_check("state", NoticeState),
        CheckConstraint("(state = 'issued') = (digest IS NULL)", name="digest_when_rendered"),
        CheckConstraint(
            "(unsigned_digest IS NULL) = (signed_under IS NULL)", name="signed_under_a_certificate"
        ),
        Index("ix_notice_case", "case_id"),
        Index("ix_notice_person", "addressee_person_id"),
        Index("ix_notice_organisation", "addressee_organisation_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """What the QR code says and anybody may ask about: unguessable, says nothing itself."""
    kind: Mapped[NoticeKind] = state_column(NoticeKind)
    template: Mapped[str]
    """Name and version of the wording, for example `sale_confirmation.1`."""
    court_id: Mapped[str]
    case_id: Mapped[UUID]
    lot_id: Mapped[UUID | None]
    addressee_name_sealed: Mapped[bytes]
    addressee_name = SealedText()
    addressee_person_id: Mapped[UUID | None]
    addressee_organisation_id: Mapped[UUID | None]
    facts_sealed: Mapped[bytes]
    facts = SealedFacts()
    state: Mapped[NoticeState] = state_column(NoticeState)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    issued_by: Mapped[UUID | None]
    """Empty when the platform issued it by itself."""
    digest: Mapped[str | None]
    """SHA-256 of the signed PDF in hex; also its name in the file store."""
    unsigned_digest: Mapped[str | None]
    """SHA-256 of the PDF before it was signed: the same facts give the same one again."""
    signed_under: Mapped[str | None]
    """SHA-256 of the certificate that it was signed under."""
    rendered_at: Mapped[datetime | None] = mapped_column(Instant)
    served_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_by: Mapped[UUID | None]
    answer_sealed: Mapped[bytes | None]
    answer = SealedAnswer()
    """What the addressee answered; empty until then."""


def verification_code(chance: UUID) -> str:
    """Write the 74 random bits of a UUIDv7 as the code on the paper: XXXXX-XXXXX-XXXXX."""
    bits = ((chance.int >> 64) & 0xFFF) << 62 | chance.int & ((1 << 62) - 1)
    signs = [_SIGNS[bits >> shift & 31] for shift in range(0, 75, 5)]
    return "-".join("".join(signs[i : i + 5]) for i in range(0, 15, 5))


_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
