"""Notices as their addressees, the court and anybody with the code may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.kernel.actor import Actor, Role
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice, NoticeState
from auction.notices.wording import TITLES, NoticeKind

PUBLIC_KINDS = frozenset(
    {
        NoticeKind.AUCTION_ANNOUNCEMENT,
        NoticeKind.DRAW_RECORD,
        NoticeKind.SALE_CONFIRMATION,
        NoticeKind.SERVICE_RECORD,
    }
)
"""Papers that the law publishes (网拍12, 参考价16, 网拍22), and how the platform ran (网拍8(3)).

The others are for their addressee.
"""

_STAFF = frozenset({Role.OFFICER, Role.PANEL, Role.SUPERVISOR})
_DELIVERED = (NoticeState.SERVED, NoticeState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice as its addressee or its court reads it."""

    id: UUID
    code: str
    kind: NoticeKind
    title: str
    state: NoticeState
    court_id: str
    court_name: str
    case_id: UUID
    case_number: str
    lot_title: str
    addressee_name: str
    facts: Mapping[str, object]
    digest: str | None
    issued_at: datetime
    served_at: datetime | None
    acknowledged_at: datetime | None
    answer: Mapping[str, object] | None

    @property
    def file_name(self) -> str:
        """What a downloaded paper is called."""
        return f"{self.title}-{self.code}.pdf"


@dataclass(frozen=True, slots=True)
class Proof:
    """What anybody who holds a paper may learn from its code: nothing that is not on it."""

    id: UUID
    code: str
    kind: NoticeKind
    title: str
    state: NoticeState
    court_name: str
    case_number: str
    issued_at: datetime
    served_at: datetime | None
    digest: str | None
    unsigned_digest: str | None
    signed_under: str | None
    is_public: bool


async def inbox(session: AsyncSession, actor: Actor) -> Sequence[NoticeView]:
    """What was served on a person or on the organisation it acts for, newest first."""
    to_them = []
    if actor.person_id is not None:
        to_them.append(Notice.addressee_person_id == actor.person_id)
    if actor.organisation_id is not None:
        to_them.append(Notice.addressee_organisation_id == actor.organisation_id)
    if not to_them:
        return []
    rows = await session.scalars(
        select(Notice)
        .where(or_(*to_them), Notice.state.in_(_DELIVERED))
        .order_by(Notice.served_at.desc(), Notice.id)
    )
    return [_view(row) for row in rows]


async def notices_of_case(session: AsyncSession, case_id: UUID) -> Sequence[NoticeView]:
    """Every notice of a case in the order in which they were issued; for its court."""
    rows = await session.scalars(
        select(Notice).where(Notice.case_id == case_id).order_by(Notice.issued_at, Notice.id)
    )
    return [_view(row) for row in rows]


async def notices_of_kind(
    session: AsyncSession, case_id: UUID, kind: NoticeKind
) -> Sequence[NoticeView]:
    """Those of one kind, in the order in which they were issued."""
    rows = await session.scalars(
        select(Notice)
        .where(Notice.case_id == case_id, Notice.kind == kind)
        .order_by(Notice.issued_at, Notice.id)
    )
    return [_view(row) for row in rows]


async def notice_for(session: AsyncSession, actor: Actor, notice_id: UUID) -> NoticeView:
    """One notice, for those who may read it; to others it does not exist."""
    row = await session.get(Notice, notice_id)
    if row is None or not _may_read(row, actor):
        raise Refusal("not_found", what="notice", id=str(notice_id))
    return _view(row)


async def proof(session: AsyncSession, code: str) -> Proof:
    """What is public about the notice that carries a code; refuse with `notice.unknown_code`."""
    written = tidy_code(code)
    row = await session.scalar(select(Notice).where(Notice.code == written))
    if row is None:
        raise Refusal("notice.unknown_code", typed=written)
    return Proof(
        id=row.id,
        code=row.code,
        kind=row.kind,
        title=TITLES[row.kind],
        state=row.state,
        court_name=str(row.facts["court_name"]),
        case_number=str(row.facts["case_number"]),
        issued_at=row.issued_at,
        served_at=row.served_at,
        digest=row.digest,
        unsigned_digest=row.unsigned_digest,
        signed_under=row.signed_under,
        is_public=row.kind in PUBLIC_KINDS,
    )


def tidy_code(typed: str) -> str:
    """A code as people type it off a paper: lower case, no hyphens, O for 0, I and L for 1."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())[:15]
    signs = signs.translate(str.maketrans("OIL", "011"))
    return "-".join(signs[i : i + 5] for i in range(0, len(signs), 5))


def _may_read(row: Notice, actor: Actor) -> bool:
    if row.kind in PUBLIC_KINDS and row.digest is not None:
        return True
    if actor.roles & _STAFF and actor.court_id == row.court_id:
        return True
    if row.state not in _DELIVERED:
        return False
    by_person = actor.person_id is not None and row.addressee_person_id == actor.person_id
    return by_person or (
        actor.organisation_id is not None and row.addressee_organisation_id == actor.organisation_id
    )


def _view(row: Notice) -> NoticeView:
    return NoticeView(
        id=row.id,
        code=row.code,
        kind=row.kind,
        title=TITLES[row.kind],
        state=row.state,
        court_id=row.court_id,
        court_name=str(row.facts["court_name"]),
        case_id=row.case_id,
        case_number=str(row.facts["case_number"]),
        lot_title=str(row.facts.get("lot_title", "")),
        addressee_name=row.addressee_name,
        facts=row.facts,
        digest=row.digest,
        issued_at=row.issued_at,
        served_at=row.served_at,
        acknowledged_at=row.acknowledged_at,
        answer=row.answer,
    )
