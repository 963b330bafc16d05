"""Who may do what in valuation."""

from auction.kernel.actor import Role, permit

LIST_AGENCY = permit("agency.list", Role.ADMINISTRATOR, Role.SYSTEM, basis="参考价15")
REGISTER_KEY = permit("draw_key.register", Role.SYSTEM, basis="参考价34")

OPEN = permit("assignment.open", Role.OFFICER, same_court=True, basis="参考价1")
NEGOTIATE = permit("assignment.negotiate", Role.OFFICER, same_court=True, basis="参考价4")
APPRAISE = permit("assignment.appraise", Role.OFFICER, same_court=True, basis="参考价14")
WITHDRAW = permit("assignment.withdraw", Role.OFFICER, same_court=True, basis="参考价29")

PROPOSE_DRAW = permit("draw.propose", Role.OFFICER, same_court=True, basis="参考价16")
ANNOUNCE_DRAW = permit("draw.announce", Role.SUPERVISOR, same_court=True, basis="参考价16")
CONTRIBUTE = permit("draw.contribute", Role.BIDDER, Role.OFFICER, basis="参考价16")
"""Parties of the case and its officer; the command asks who exactly."""
RUN_DRAW = permit("draw.run", Role.SYSTEM, basis="参考价16")
ASK_VOID = permit("draw.ask_void", Role.OFFICER, same_court=True, basis="参考价34")
VOID_DRAW = permit("draw.void", Role.SUPERVISOR, same_court=True, basis="参考价34")

ANSWER_COMMISSION = permit("commission.answer", Role.AGENCY, basis="参考价17")
FILE_REPORT = permit("report.file", Role.AGENCY, basis="参考价19")
REPLACE_AGENCY = permit("commission.replace", Role.SYSTEM, basis="参考价19")
CHECK_REPORT = permit("report.check", Role.OFFICER, same_court=True, basis="参考价20")
SERVE_REPORT = permit("report.serve", Role.OFFICER, same_court=True, basis="参考价21")
OBJECT = permit("report.object", Role.BIDDER, basis="参考价22")
ANSWER_OBJECTION = permit(
    "report.answer_objection", Role.OFFICER, same_court=True, basis="参考价23"
)
SETTLE = permit("reference_price.settle", Role.SYSTEM, basis="参考价26")

PERMISSIONS = (
    LIST_AGENCY,
    REGISTER_KEY,
    OPEN,
    NEGOTIATE,
    APPRAISE,
    WITHDRAW,
    PROPOSE_DRAW,
    ANNOUNCE_DRAW,
    CONTRIBUTE,
    RUN_DRAW,
    ASK_VOID,
    VOID_DRAW,
    ANSWER_COMMISSION,
    FILE_REPORT,
    REPLACE_AGENCY,
    CHECK_REPORT,
    SERVE_REPORT,
    OBJECT,
    ANSWER_OBJECTION,
    SETTLE,
)
