"""What the certificate 竞价系统运行记录证明 of one session says, and what it rests on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case
from auction.kernel.clock import BEIJING
from auction.listings.listing import Listing
from auction.listings.papers import PLATFORM_NAME, ROUND_NAMES, THE_PUBLIC
from auction.notices.notice import NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people.queries import court
from auction.store.journal import FIRST_PREV, JournalHead
from bidding.availability.queries import Incident, ServiceRecord
from bidding.availability.service import Service, percent
from bidding.desk.alerts import StandstillGround
from bidding.hall.board import Board

STREAM: Final = "platform:service"
"""Where every change that a probe found is journaled."""
NO_INCIDENT: Final = "竞价期间平台没有因技术原因停止计时。"
NOT_MEASURED: Final = "竞价期间没有测量"
GROUNDS: Final[Mapping[StandstillGround, str]] = {
    StandstillGround.HOME_LOST: "竞价进程失去联系",
    StandstillGround.CLOCK_DRIFT: "服务器时钟偏差过大",
    StandstillGround.LISTING_SUSPENDED: "拍卖被中止",
    StandstillGround.OTHER: "其他技术原因",
}


async def certificate(
    session: AsyncSession, listing: Listing, board: Board, record: ServiceRecord
) -> NoticeDraft:
    """The paper to everybody; `record` is final."""
    case = await session.get_one(Case, listing.case_id)
    facts: dict[str, object] = {
        "court_name": (await court(session, listing.court_id)).name,
        "case_number": case.number,
        "lot_title": listing.title,
        "round_name": ROUND_NAMES[listing.round],
        "platform_name": PLATFORM_NAME,
        "session_id": str(board.session_id),
        "opened_at": record.from_at.isoformat(),
        "ended_at": record.until_at.isoformat(),
        "answered_share": percent(record.share) or NOT_MEASURED,
        "incidents": sentences(record.incidents, record.until_at),
    }
    for state in Service:
        facts[f"time_{state.value}"] = span_words(record.lasted[state])
    for name, stream in (("session", f"session:{board.session_id}"), ("probe", STREAM)):
        entries, last = await _head(session, stream)
        facts |= {f"{name}_entries": entries, f"{name}_hash": last.hex()}
    return NoticeDraft(
        kind=NoticeKind.SERVICE_RECORD,
        court_id=listing.court_id,
        case_id=listing.case_id,
        lot_id=listing.lot_id,
        addressee_name=THE_PUBLIC,
        facts=facts,
    )


def sentences(incidents: Sequence[Incident], ended_at: datetime) -> list[str]:
    """A sentence for each incident, or the one that there was none."""
    told = [
        f"{number}. 自{_instant_words(one.from_at)}至{_instant_words(one.until_at or ended_at)}，"
        f"停止计时，原因：{GROUNDS[one.ground]}。"
        for number, one in enumerate(incidents, 1)
    ]
    return told or [NO_INCIDENT]


def span_words(span: timedelta) -> str:
    """A length of time in whole seconds, as the page shows it."""
    minutes, seconds = divmod(span // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}小时{minutes}分{seconds}秒"


def _instant_words(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日{local:%H时%M分%S秒}"


async def _head(session: AsyncSession, stream: str) -> tuple[int, bytes]:
    """How long a chain is and the hash of its last entry, which covers all before it."""
    head = await session.scalar(select(JournalHead).where(JournalHead.stream == stream))
    return (head.seq, head.hash) if head else (0, FIRST_PREV)
