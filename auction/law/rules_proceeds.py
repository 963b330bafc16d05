"""Settlement, rights of first refusal, case funds, distribution, interest and fines."""

from fractions import Fraction

from auction.law.rule import LocalTerm, Rule

RULES: tuple[Rule, ...] = (
    Rule("settle.ruling_within_after_full_pay", 10, "day", "", "拍变20", "V"),
    Rule("settle.handover_within_after_ruling", 15, "day", "", "拍变27", "V"),
    Rule("settle.mortgaged_home_grace", 6, "month", "", "抵押房屋2", "V"),
    Rule(
        "settle.sole_home_rent_reserve",
        (Fraction(5), Fraction(8)),
        "year of local rent",
        "",
        "异议复议20",
        "V",
    ),
    Rule(
        "settle.registry_processing_max", 30, "工作日", "", "不动产登记暂行条例20 (2019 text)", "V"
    ),
    Rule(
        "settle.balance_due",
        15,
        "day after the sale",
        "max",
        "网拍25",
        "D",
        overridable_by="court",
        note="practice sets 7 to 15 days in the announcement",
    ),
    Rule("settle.last_notice", 3, "day", "", "网拍24、25", "W-18", overridable_by="court"),
    Rule("priority.shareholder_window", 20, "day", "", "公司法85", "V"),
    Rule("priority.coowner_window_default", 15, "day", "", "物权编解释(一)11", "V"),
    Rule("priority.tenant_notice", 5, "day before auction", "", "民法典727", "V"),
    Rule("equity.self_sale_max", 3, "month", "", "股权10", "V"),
    Rule(
        "funds.payout_due", 30, "day from finance's arrival notice", "", "法发〔2017〕6号11", "W-4"
    ),
    Rule("funds.receipt_notice", 3, "day after arrival", "", "法发〔2017〕6号8/9", "M"),
    Rule("funds.payout_after_obstacle_gone", 10, "day", "", "法发〔2017〕6号11", "M"),
    Rule(
        "funds.cash_handover",
        0,
        "day",
        "",
        "法发〔2017〕6号10",
        "W-4",
        note="same day or 1 day with reason; two officers",
    ),
    Rule("funds.reconcile", "monthly", "", "", "法发〔2017〕6号4", "M", note="seen: W-5 W-7"),
    Rule(
        "funds.local_overrides",
        (
            LocalTerm("嘉鱼", "claim", 3, "day", "W-5"),
            LocalTerm("嘉鱼", "payout", 5, "day", "W-5"),
            LocalTerm("康保", "payout", 10, "工作日", "W-6"),
            LocalTerm("康保", "unknown money", 3, "工作日", "W-6"),
        ),
        "",
        "max",
        "法发〔2017〕6号11",
        "W-5+W-6",
        note="what single courts set tighter; shown, not applied",
    ),
    Rule("dist.plan_objection", 15, "day", "", "民诉解释509", "V"),
    Rule("dist.counter_objection", 15, "day", "", "民诉解释510", "V"),
    Rule("dist.suit", 15, "day", "", "民诉解释510", "V"),
    Rule(
        "dist.seller_tax_rank",
        "cost",
        "",
        "",
        "网拍30",
        "M",
        overridable_by="court",
        note="cost or tax_claim: practice differs on the seller's taxes",
    ),
    Rule("interest.day_count", 365, "day a year", "", "迟延利息1", "D"),
    Rule(
        "interest.double_daily",
        Fraction(7, 40000),
        "per day on unpaid principal",
        "",
        "迟延利息1",
        "V",
    ),
    Rule("penalty.fine_person_max", 100000, "yuan", "", "民诉法118", "V"),
    Rule("penalty.fine_unit", (Fraction(50000), Fraction(1000000)), "yuan", "", "民诉法118", "V"),
    Rule("penalty.detention_max", 15, "day", "", "民诉法118", "V"),
    Rule(
        "security.log_retention_min",
        6,
        "month",
        "",
        "网络安全法21(3)",
        "V",
        note="auction data itself 10 years",
    ),
)
