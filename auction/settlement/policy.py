"""Who may do what to a sale. What 网拍6 keeps for the court stays with its officers."""

from auction.kernel.actor import Role, permit

CONFIRM = permit("sale.confirm", Role.SYSTEM, basis="网拍22")
RECEIVE_BALANCE = permit("sale.receive_balance", Role.SYSTEM, basis="网拍25")
MISS_TERM = permit("sale.miss_term", Role.SYSTEM, basis="网拍25")
SEND_LAST_NOTICE = permit("sale.send_last_notice", Role.OFFICER, same_court=True, basis="网拍25")
DECLARE_DEFAULT = permit("sale.declare_default", Role.OFFICER, same_court=True, basis="网拍24")
CHECK_QUALIFICATION = permit(
    "sale.check_qualification", Role.OFFICER, same_court=True, basis="竞买资格3"
)
ISSUE_RULING = permit("sale.issue_ruling", Role.OFFICER, same_court=True, basis="网拍6、拍变20")
SERVE_RULING = permit("sale.serve_ruling", Role.BIDDER, Role.SYSTEM, basis="网拍22")
ASK_ASSISTANCE = permit("sale.ask_assistance", Role.OFFICER, same_court=True, basis="民诉法262")
RECORD_TAXES = permit("sale.record_taxes", Role.TAX, basis="网拍30")
SHOW_TAXES_PAID = permit("sale.show_taxes_paid", Role.OFFICER, same_court=True, basis="契税法11")
REGISTER = permit("sale.register", Role.REGISTRY, basis="不动产登记暂行条例14")
DELIVER = permit("sale.deliver", Role.OFFICER, same_court=True, basis="拍变27")
READ = permit("sale.read", Role.OFFICER, Role.PANEL, Role.FINANCE_CLERK, Role.FINANCE_APPROVER,
              Role.SUPERVISOR, same_court=True)  # fmt: skip
READ_OWN = permit("sale.read_own", Role.BIDDER)

PERMISSIONS = (
    CONFIRM,
    RECEIVE_BALANCE,
    MISS_TERM,
    SEND_LAST_NOTICE,
    DECLARE_DEFAULT,
    CHECK_QUALIFICATION,
    ISSUE_RULING,
    SERVE_RULING,
    ASK_ASSISTANCE,
    RECORD_TAXES,
    SHOW_TAXES_PAID,
    REGISTER,
    DELIVER,
    READ,
    READ_OWN,
)
