"""Seizure, its queue, and objections."""

from auction.law.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule("seizure.max_bank_deposit", 1, "year", "", "民诉解释485", "V"),
    Rule("seizure.max_movable", 2, "year", "", "民诉解释485", "V"),
    Rule("seizure.max_immovable_other", 3, "year", "", "民诉解释485", "V"),
    Rule("seizure.renew_before_expiry", True, "", "", "民诉解释485", "V"),
    Rule(
        "seizure.alarm_before_expiry",
        90,
        "day",
        "min",
        "民诉解释485",
        "D",
        note="again at 30 and 7 days",
    ),
    Rule("firstseal.transfer_wait", 60, "day without 拍卖公告", "", "法释〔2016〕6号", "M"),
    Rule("firstseal.transfer_letter_due", 15, "day", "", "法释〔2016〕6号", "M"),
    Rule("objection.conduct_review", 15, "day", "", "民诉法236", "V"),
    Rule("objection.conduct_reconsider", 10, "day", "", "民诉法236", "V"),
    Rule("objection.reconsider_decide", 30, "day", "", "执行解释8", "V", note="ext: 30"),
    Rule("objection.thirdparty_review", 15, "day", "", "民诉法238", "V"),
    Rule("objection.thirdparty_suit", 15, "day", "", "民诉法238", "V"),
    Rule("objection.no_disposal_after_reject", 15, "day", "", "民诉解释463", "V"),
    Rule("objection.filing_decision", 3, "day", "", "异议复议2", "V"),
    Rule("objection.materials_fix", 3, "day", "", "异议复议2", "V"),
)
