"""The kinds of notices, the facts each must be given, and the version of its wording in force."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from auction.kernel.refusal import Refusal


class NoticeKind(StrEnum):
    AUCTION_ANNOUNCEMENT = "auction_announcement"
    """拍卖公告."""
    PARTY_NOTICE = "party_notice"
    """拍卖通知书."""
    REPORT_SERVICE = "report_service"
    """评估报告送达."""
    DRAW_RECORD = "draw_record"
    """摇号结果通知书."""
    SALE_CONFIRMATION = "sale_confirmation"
    """网络竞价成交确认书."""
    TITLE_RULING = "title_ruling"
    """拍卖成交裁定书."""
    ASSIST_EXECUTION = "assist_execution"
    """协助执行通知书."""
    TAX_COORDINATION = "tax_coordination"
    """涉税信息告知函."""
    PLAN_SERVICE = "plan_service"
    """分配方案送达."""
    SERVICE_RECORD = "service_record"
    """竞价系统运行记录证明."""
    IDENTITY_OPENED = "identity_opened"
    """竞买身份查明告知书."""


TITLES: Mapping[NoticeKind, str] = MappingProxyType(
    {
        NoticeKind.AUCTION_ANNOUNCEMENT: "网络司法拍卖公告",
        NoticeKind.PARTY_NOTICE: "拍卖通知书",
        NoticeKind.REPORT_SERVICE: "评估报告送达通知书",
        NoticeKind.DRAW_RECORD: "摇号结果通知书",
        NoticeKind.SALE_CONFIRMATION: "网络竞价成交确认书",
        NoticeKind.TITLE_RULING: "执行裁定书",
        NoticeKind.ASSIST_EXECUTION: "协助执行通知书",
        NoticeKind.TAX_COORDINATION: "涉税信息告知函",
        NoticeKind.PLAN_SERVICE: "执行款分配方案",
        NoticeKind.SERVICE_RECORD: "竞价系统运行记录证明",
        NoticeKind.IDENTITY_OPENED: "竞买身份查明告知书",
    }
)

VERSION: Mapping[NoticeKind, int] = MappingProxyType(
    {
        **dict.fromkeys(NoticeKind, 1),
        NoticeKind.AUCTION_ANNOUNCEMENT: 2,
        NoticeKind.SALE_CONFIRMATION: 2,
        NoticeKind.TITLE_RULING: 2,
        NoticeKind.ASSIST_EXECUTION: 2,
        NoticeKind.TAX_COORDINATION: 2,
    }
)
"""The version in force; an issued notice keeps the one it was issued with."""

COMMON = ("court_name", "case_number")

REQUIRED: Mapping[NoticeKind, tuple[str, ...]] = MappingProxyType(
    {
        # items: the eleven of 网拍13 and warnings: the seven of 网拍14.
        NoticeKind.AUCTION_ANNOUNCEMENT: (
            "lot_title", "round_name", "platform_name", "starting_price_fen", "increment_fen",
            "deposit_fen", "opens_at", "closes_at", "extend_trigger", "extend_by",
            "items[heading,text]", "warnings[]",
        ),
        NoticeKind.PARTY_NOTICE: (
            "lot_title", "round_name", "addressee_role", "platform_name", "starting_price_fen",
            "opens_at", "closes_at",
        ),
        NoticeKind.REPORT_SERVICE: (
            "lot_title", "agency_name", "report_number", "appraised_value_fen", "valued_on",
            "valid_until_on", "objection_until_at", "report_digest",
        ),
        NoticeKind.DRAW_RECORD: (
            "lot_title", "draw_id", "drawn_at", "roster_size", "roster_digest",
            "transcript_digest", "agencies[rank,name]",
        ),
        NoticeKind.SALE_CONFIRMATION: (
            "lot_title", "bidder_code", "buyer_name", "buyers[name,identity,share]",
            "hammer_price_fen", "deposit_fen", "balance_fen", "closed_at", "balance_due_at",
            "balance_account",
        ),
        # 网拍22: ruling; 民诉法解释491: title passes when it reaches the buyer.
        NoticeKind.TITLE_RULING: (
            "ruling_number", "lot_title", "registry_number", "applicant_name", "debtor_name",
            "buyer_name", "buyers[name,identity,share]", "hammer_price_fen", "closed_at",
            "paid_at", "judge_name",
        ),
        NoticeKind.ASSIST_EXECUTION: (
            "ruling_number", "lot_title", "registry_number", "debtor_name", "buyer_name",
            "buyers[name,identity,share]", "hammer_price_fen", "requests[]",
        ),
        NoticeKind.TAX_COORDINATION: (
            "lot_title", "asset_kind", "registry_number", "debtor_name", "debtor_identity",
            "buyer_name", "buyers[name,identity,share]", "hammer_price_fen", "closed_at",
        ),
        NoticeKind.PLAN_SERVICE: (
            "plan_number", "lot_title", "proceeds_fen", "objection_term",
            "lines[rank_name,payee_name,claim_fen,paid_fen]",
        ),
        # 网拍8(3), 28(2). incidents: a sentence each, one that says so when there was none.
        NoticeKind.SERVICE_RECORD: (
            "lot_title", "round_name", "platform_name", "session_id", "opened_at", "ended_at",
            "answered_share", "time_up", "time_slow", "time_down", "time_unmeasured",
            "incidents[]", "session_entries", "session_hash", "probe_entries", "probe_hash",
        ),
        # 网拍18(2): secret until the close; looks is how often the two looked.
        NoticeKind.IDENTITY_OPENED: (
            "lot_title", "bidder_code", "proposed_at", "approved_at", "looks", "ended_at",
        ),
    }
)  # fmt: skip
"""Facts by kind; `name[]` is a list of texts, `name[a,b]` a list of objects with those keys."""


def check_facts(kind: NoticeKind, facts: Mapping[str, object]) -> None:
    """Refuse with `notice.fact_wrong`, naming the first fact that is missing or ill-formed."""
    for wanted in COMMON + REQUIRED[kind]:
        name, _, columns = wanted.rstrip("]").partition("[")
        if wanted.endswith("]"):
            _check_rows(kind, name, columns, facts.get(name))
        else:
            _check_value(kind, name, facts.get(name))


def _check_rows(kind: NoticeKind, name: str, columns: str, rows: object) -> None:
    _hold(isinstance(rows, list | tuple) and len(rows) > 0, kind, name)
    for row in rows if isinstance(rows, list | tuple) else ():
        if not columns:
            _check_value(kind, name, row)
            continue
        _hold(isinstance(row, Mapping), kind, name)
        for column in columns.split(","):
            _check_value(kind, column, row.get(column) if isinstance(row, Mapping) else None)


def _check_value(kind: NoticeKind, name: str, value: object) -> None:
    if name.endswith("_fen"):
        _hold(isinstance(value, int) and not isinstance(value, bool) and value >= 0, kind, name)
    elif name.endswith("_at"):
        _hold(_is_instant(value), kind, name)
    elif name.endswith("_on"):
        _hold(_is_date(value), kind, name)
    else:
        is_text = isinstance(value, str) and value.strip() != ""
        _hold(is_text or (isinstance(value, int) and not isinstance(value, bool)), kind, name)


def _hold(holds: bool, kind: NoticeKind, name: str) -> None:
    if not holds:
        raise Refusal("notice.fact_wrong", kind=kind.value, fact=name)


def _is_instant(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
