"""Who may do what to the court's book and to the bank's statements."""

from auction.kernel.actor import Role, permit

_FINANCE = (Role.FINANCE_CLERK, Role.FINANCE_APPROVER)

IMPORT_STATEMENT = permit(
    "statement.import", Role.FINANCE_CLERK, same_court=True, basis="法发〔2017〕6号4"
)
CLAIM_LINE = permit("line.claim", Role.FINANCE_CLERK, same_court=True, basis="法发〔2017〕6号8")
REFUND_LINE = permit("line.refund", Role.FINANCE_CLERK, same_court=True, basis="网拍17")
BOOK_LINE = permit("line.book", Role.SYSTEM, basis="法发〔2017〕6号4")
SEND_ORDERS = permit("order.send", *_FINANCE, same_court=True, basis="法发〔2017〕6号13")
SEE_FINANCE = permit(
    "finance.see", *_FINANCE, Role.SYSTEM, same_court=True, basis="法发〔2017〕6号4"
)
SEE_LEDGER = permit("ledger.see", *_FINANCE, Role.SUPERVISOR, Role.SYSTEM, same_court=True)
VIEW_PAYMENT = permit("payment.view_in_full", *_FINANCE, same_court=True, basis="个保法51")
SEE_JOURNAL = permit("journal.see", Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM)

PERMISSIONS = (
    IMPORT_STATEMENT, CLAIM_LINE, REFUND_LINE, BOOK_LINE, SEND_ORDERS, SEE_FINANCE, SEE_LEDGER,
    VIEW_PAYMENT, SEE_JOURNAL,
)  # fmt: skip
