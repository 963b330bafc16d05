"""Serving a plan on creditors and debtor, and until when each of them may object (民诉解释509)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party, PartyRole
from auction.distribution.plan import Plan, PlanLine
from auction.distribution.waterfall import Rank
from auction.law.periods import ends_at
from auction.law.rulebook import BY_NAME
from auction.lots.lot import Lot
from auction.notices.notice import Notice, NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people import queries as people
from auction.settlement.sale import Sale

WINDOW = "dist.plan_objection"
CONCERNED = frozenset({PartyRole.APPLICANT, PartyRole.CREDITOR, PartyRole.RESPONDENT})
"""各债权人和被执行人: everybody on whom a plan is served and who may object."""

_NUMERALS = "〇一二三四五六七八九"
_UNIT_WORDS = {"day": "日", "second": "秒", "minute": "分钟", "hour": "小时", "month": "个月"}
RANK_NAMES: Mapping[Rank, str] = MappingProxyType(
    {
        Rank.ENFORCEMENT_COST: "执行费用",
        Rank.SELLER_TAX: "交易税费",
        Rank.LIVING_RENT: "居住租金",
        Rank.CONSTRUCTION: "建设工程价款优先受偿权",
        Rank.POSSESSORY_LIEN: "留置权",
        Rank.MORTGAGE: "抵押权",
        Rank.UNREGISTERED_MORTGAGE: "未登记抵押权",
        Rank.STATUTORY_PRIORITY: "其他法定优先权",
        Rank.TAX_ARREARS: "欠缴税款",
        Rank.ORDINARY: "普通债权",
        Rank.LATE_INTEREST: "加倍迟延利息",
        Rank.SURPLUS: "退还被执行人",
    }
)


async def concerned_parties(session: AsyncSession, case_id: UUID) -> Sequence[Party]:
    """Creditors and debtor of a case."""
    rows = await session.scalars(Party.standing_in(case_id))
    return [party for party in rows if party.role in CONCERNED]


async def window_from(session: AsyncSession, plan: Plan, start: datetime) -> datetime:
    """When an objection window that began at `start` is over, by the book of the case."""
    case = await session.get_one(Case, plan.case_id)
    return ends_at(start, BY_NAME[case.rulebook].rule(WINDOW))


async def drafts(session: AsyncSession, plan: Plan) -> list[NoticeDraft]:
    """One notice for each person concerned, all with the same plan."""
    facts = await _facts(session, plan)
    seen: set[tuple[UUID | None, str]] = set()
    found = []
    for party in await concerned_parties(session, plan.case_id):
        who = (party.person_id, party.name)
        if who in seen:
            continue
        seen.add(who)
        draft = NoticeDraft(
            kind=NoticeKind.PLAN_SERVICE,
            court_id=plan.court_id,
            case_id=plan.case_id,
            addressee_name=party.name,
            addressee_person_id=party.person_id,
            facts=facts,
        )
        found.append(draft)
    return found


async def _facts(session: AsyncSession, plan: Plan) -> dict[str, object]:
    sale = await session.get_one(Sale, plan.sale_id)
    lot = await session.get_one(Lot, sale.lot_id)
    case = await session.get_one(Case, plan.case_id)
    court = await people.court(session, plan.court_id)
    lines = await session.scalars(
        select(PlanLine).where(PlanLine.plan_id == plan.id).order_by(PlanLine.position)
    )
    return {
        "court_name": court.name,
        "case_number": case.number,
        "plan_number": plan.number,
        "lot_title": lot.title,
        "proceeds_fen": plan.proceeds.fen,
        "objection_term": term_words(*_term(case)),
        "lines": [
            {
                "rank_name": RANK_NAMES[line.rank],
                "payee_name": line.payee_name,
                "claim_fen": line.asked.fen,
                "paid_fen": line.paid.fen,
            }
            for line in lines
        ],
    }


def _term(case: Case) -> tuple[int, str]:
    book = BY_NAME[case.rulebook]
    return book.integer(WINDOW), book.rule(WINDOW).unit


def term_words(value: int, unit: str) -> str:
    """A term as a paper prints it: 十五日; the paper cannot know the day on which it arrives."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else f"{_NUMERALS[tens] if tens > 1 else ''}十"
    return f"{head}{_NUMERALS[ones] if ones else ''}{_UNIT_WORDS[unit]}"


async def served_notices(session: AsyncSession, plan: Plan) -> Sequence[Notice]:
    """The notices by which a plan was served."""
    rows = await session.scalars(
        select(Notice).where(
            Notice.case_id == plan.case_id,
            Notice.kind == NoticeKind.PLAN_SERVICE,
        )
    )
    return [notice for notice in rows if notice.facts.get("plan_number") == plan.number]


async def deadline(session: AsyncSession, plan: Plan) -> datetime | None:
    """When the last window is over; None while somebody was not served yet.

    A window runs from receipt (民诉解释509), and never ends before the day on the paper.
    """
    ends = [plan.objections_until] if plan.objections_until else []
    for notice in await served_notices(session, plan):
        if notice.served_at is None:
            return None
        ends.append(await window_from(session, plan, notice.served_at))
    return max(ends, default=None)
