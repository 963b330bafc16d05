"""What a listing's notices say: the announcement and the letters to the parties."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party, PartyRole
from auction.law.rule import Span
from auction.law.rulebook import BY_NAME, Rulebook
from auction.law.warnings import SPECIAL_WARNINGS
from auction.listings.items import BY_KEY, ITEMS
from auction.listings.listing import Listing, ListingItem
from auction.listings.round import Round
from auction.notices.notice import NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people.queries import court

PLATFORM_NAME: Final = "落槌网络司法拍卖平台"
THE_PUBLIC: Final = "社会公众"
ROUND_NAMES: Final = {
    Round.FIRST_AUCTION: "第一次拍卖",
    Round.SECOND_AUCTION: "第二次拍卖",
    Round.SELL_OFF: "变卖",
}
ROLE_NAMES: Final = {
    PartyRole.APPLICANT: "申请执行人",
    PartyRole.RESPONDENT: "被执行人",
    PartyRole.CREDITOR: "债权人",
    PartyRole.PRIORITY_HOLDER: "优先购买权人",
}

SPAN_NAMES: Final[Mapping[Span, str]] = {
    Span.SECOND: "秒",
    Span.MINUTE: "分钟",
    Span.HOUR: "小时",
    Span.DAY: "日",
    Span.COURT_DAY: "个工作日",
    Span.MONTH: "个月",
    Span.YEAR: "年",
}


async def announcement(
    session: AsyncSession, listing: Listing, case: Case, items: Sequence[ListingItem]
) -> NoticeDraft:
    """The 拍卖公告 to everybody, with the eleven items and the seven warnings."""
    said = {item.key: item for item in items}
    facts = await _facts(session, listing, case)
    facts["increment_fen"] = listing.increment.fen
    facts["deposit_fen"] = listing.deposit.fen
    rules = BY_NAME[listing.rulebook]
    facts["extend_trigger"] = length_words(rules, "auction.extend_trigger")
    facts["extend_by"] = length_words(rules, "auction.extend_by")
    facts["items"] = [
        {"heading": BY_KEY[item.key].title, "text": _words(said[item.key])} for item in ITEMS
    ]
    facts["warnings"] = [warning.text for warning in SPECIAL_WARNINGS]
    return NoticeDraft(
        kind=NoticeKind.AUCTION_ANNOUNCEMENT,
        court_id=listing.court_id,
        case_id=listing.case_id,
        lot_id=listing.lot_id,
        addressee_name=THE_PUBLIC,
        facts=facts,
    )


async def party_notice(
    session: AsyncSession, listing: Listing, case: Case, party: Party
) -> NoticeDraft:
    """The 拍卖通知书 to one party or one holder of a right of first refusal (网拍16)."""
    facts = await _facts(session, listing, case)
    facts["addressee_role"] = ROLE_NAMES[party.role]
    return NoticeDraft(
        kind=NoticeKind.PARTY_NOTICE,
        court_id=listing.court_id,
        case_id=listing.case_id,
        lot_id=listing.lot_id,
        addressee_name=party.name,
        addressee_person_id=party.person_id,
        facts=facts,
    )


async def _facts(session: AsyncSession, listing: Listing, case: Case) -> dict[str, object]:
    return {
        "court_name": (await court(session, listing.court_id)).name,
        "case_number": case.number,
        "lot_title": listing.title,
        "round_name": ROUND_NAMES[listing.round],
        "platform_name": PLATFORM_NAME,
        "starting_price_fen": listing.starting_price.fen,
        "opens_at": listing.opens_at.isoformat(),
        "closes_at": listing.closes_at.isoformat(),
    }


def _words(item: ListingItem) -> str:
    return item.text or f"见附件（SHA-256 {item.digest}）"


def length_words(rules: Rulebook, key: str) -> str:
    """A length of time of the rulebook as papers say it: `5分钟`."""
    span = rules.rule(key).span
    return f"{rules.integer(key)}{SPAN_NAMES[span] if span else ''}"
