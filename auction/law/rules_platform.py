"""What this platform chose for itself: when the desk is alerted, and how service is measured.

No article sets these numbers; each names the article it serves, or where its measure is from.
"""

from fractions import Fraction

from auction.law.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "desk.extensions_alert",
        10,
        "extensions",
        "",
        "网拍20(2)",
        "D",
        overridable_by="court",
        note="each further ten alert again",
    ),
    Rule(
        "desk.jump_increments",
        5,
        "increments",
        "",
        "网拍20(1)",
        "D",
        overridable_by="court",
        note="both limits of a jump must be passed: 5 increments and a tenth of the price",
    ),
    Rule(
        "desk.jump_share",
        Fraction(1, 10),
        "of standing price",
        "",
        "网拍20(1)",
        "D",
        overridable_by="court",
    ),
    Rule("desk.silence", 6, "hour without a bid", "", "网拍20(2)", "D", overridable_by="court"),
    Rule("desk.late_start", 60, "second after the announced time", "", "网拍12", "D"),
    Rule("service.probe_every", 5, "second", "", "网拍8(3)", "D"),
    Rule(
        "service.slow_from",
        500,
        "milliseconds",
        "",
        "网拍8(1)",
        "D",
        note="from there on a pause of the home itself would be near",
    ),
    Rule("service.down_after", 3, "second without an answer", "", "网拍8(3)", "D"),
    Rule(
        "service.unmeasured_after",
        20,
        "second without a probe",
        "",
        "网拍8(3)",
        "D",
        note="a gap in the measuring is shown as a gap, never as up",
    ),
)
