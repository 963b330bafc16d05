"""Who may do what with a notice."""

from auction.kernel.actor import Role, permit

ISSUE = permit(
    "notice.issue", Role.OFFICER, Role.PANEL, Role.FINANCE_APPROVER, Role.SYSTEM, same_court=True
)
DELIVER = permit("notice.deliver", Role.SYSTEM)
ACKNOWLEDGE = permit(
    "notice.acknowledge",
    Role.BIDDER,
    Role.AGENCY,
    Role.REGISTRY,
    Role.TAX,
    basis="民诉法87",
)
READ_INBOX = permit(
    "notice.read_inbox", Role.BIDDER, Role.AGENCY, Role.REGISTRY, Role.TAX, basis="民诉法87"
)
