"""Made-up facts for every kind of notice."""

from auction.notices.wording import COMMON, REQUIRED, NoticeKind

DIGEST = "0123456789abcdef" * 4
CASE_NUMBER = "（2026）浙0199执123号"

FACTS: dict[str, object] = {
    "court_name": "杭湾市人民法院（演示）",
    "case_number": CASE_NUMBER,
    "lot_title": "杭湾市海棠路88号3幢502室住宅用房",
    "platform_name": "落槌网络司法拍卖平台",
    "round_name": "第一次拍卖",
    "addressee_role": "被执行人",
    "starting_price_fen": 123_456_700,
    "increment_fen": 500_000,
    "deposit_fen": 12_000_000,
    "balance_fen": 145_343_999,
    "hammer_price_fen": 157_343_999,
    "appraised_value_fen": 176_366_714,
    "proceeds_fen": 150_000_000,
    "opens_at": "2026-11-22T10:00:00+08:00",
    "closes_at": "2026-11-23T10:00:00+08:00",
    "closed_at": "2026-11-23T02:27:18+00:00",
    "balance_due_at": "2026-12-03T10:00:00+08:00",
    "paid_at": "2026-12-01T10:00:00+08:00",
    "drawn_at": "2026-11-01T10:00:00+08:00",
    "objection_until_at": "2026-12-01T10:00:00+08:00",
    "objection_term": "十五日",
    "extend_trigger": "5分钟",
    "extend_by": "5分钟",
    "judge_name": "沈执",
    "valued_on": "2026-10-01",
    "valid_until_on": "2027-09-30",
    "items": [{"heading": f"事项{i}", "text": "详见公示材料。"} for i in range(1, 12)],
    "warnings": ["竞买人应当具备完全民事行为能力。"] * 7,
    "agency_name": "示范评估有限公司",
    "report_number": "示评报字2026第8号",
    "report_digest": DIGEST,
    "draw_id": "D-1",
    "roster_size": 12,
    "roster_digest": DIGEST,
    "transcript_digest": DIGEST,
    "agencies": [{"rank": i, "name": f"第{i}评估有限公司"} for i in (1, 2, 3)],
    "bidder_code": "K7Q2M9",
    "proposed_at": "2026-11-22T11:00:00+08:00",
    "approved_at": "2026-11-22T12:00:00+08:00",
    "looks": 2,
    "buyer_name": "欧阳示范",
    "buyers": [{"name": "欧阳示范", "identity": "9999**********1234", "share": "全部"}],
    "balance_account": "杭湾市人民法院执行款专户6222000012345678",
    "ruling_number": "（2026）浙0199执123号之一",
    "registry_number": "浙（2026）杭湾市不动产权第0000001号",
    "applicant_name": "示范银行股份有限公司",
    "debtor_name": "示范置业有限公司",
    "debtor_identity": "91330199MA00000000",
    "requests": ["解除查封；", "注销抵押登记；", "变更登记至受让人名下。"],
    "asset_kind": "住宅用房",
    "plan_number": "（2026）浙0199执123号之二",
    "session_id": "019ab000-0000-7000-8000-000000000001",
    "opened_at": "2026-11-22T10:00:00+08:00",
    "ended_at": "2026-11-23T10:05:00+08:00",
    "answered_share": "99.98%",
    "time_up": "24小时0分30秒",
    "time_slow": "0小时4分0秒",
    "time_down": "0小时0分20秒",
    "time_unmeasured": "0小时0分10秒",
    "incidents": ["1. 自2026年11月22日11时00分00秒起，停止计时20秒，原因：竞价进程失去联系。"],
    "session_entries": 12,
    "session_hash": DIGEST,
    "probe_entries": 0,
    "probe_hash": DIGEST,
    "lines": [
        {"rank_name": "执行费用", "payee_name": "示范法院", "claim_fen": 100, "paid_fen": 99}
    ],
}


def facts_for(kind: NoticeKind) -> dict[str, object]:
    """The facts that a kind must be given, and no others."""
    names = [wanted.partition("[")[0] for wanted in COMMON + REQUIRED[kind]]
    return {name: FACTS[name] for name in names}
