"""Who may do what to proceeds: one draws up, a second approves, a third pays."""

from auction.kernel.actor import Role, permit

DRAFT = permit("plan.draft", Role.OFFICER, same_court=True, basis="民诉解释509")
SERVE = permit("plan.serve", Role.OFFICER, same_court=True, basis="民诉解释509")
WITHDRAW = permit("plan.withdraw", Role.OFFICER, same_court=True, basis="民诉解释510")
OBJECT = permit("plan.object", Role.BIDDER, basis="民诉解释509")
ANSWER_OBJECTION = permit(
    "plan.answer_objection", Role.OFFICER, Role.PANEL, same_court=True, basis="民诉解释510"
)
PROPOSE = permit("plan.propose", Role.OFFICER, same_court=True, basis="法发〔2017〕6号13")
APPROVE = permit(
    "plan.approve", Role.OFFICER, Role.PANEL, same_court=True, basis="法发〔2017〕6号13"
)
PROPOSE_PAYOUT = permit(
    "disbursement.propose", Role.FINANCE_CLERK, same_court=True, basis="法发〔2017〕6号11-13"
)
APPROVE_PAYOUT = permit(
    "disbursement.approve",
    Role.OFFICER,
    Role.SUPERVISOR,
    Role.FINANCE_APPROVER,
    same_court=True,
    basis="法发〔2017〕6号11-13",
)
"""The table of actions says in which order; the finance approver's yes orders the payments."""
CONFIRM = permit("disbursement.confirm", Role.SYSTEM, basis="法发〔2017〕6号4")
FAIL = permit(
    "disbursement.fail",
    Role.SYSTEM,
    Role.FINANCE_CLERK,
    same_court=True,
    basis="法发〔2017〕6号12",
)
READ = permit(
    "plan.read",
    Role.OFFICER,
    Role.PANEL,
    Role.FINANCE_CLERK,
    Role.FINANCE_APPROVER,
    Role.SUPERVISOR,
    same_court=True,
)
READ_OWN = permit("plan.read_own", Role.BIDDER, basis="民诉解释509")

PERMISSIONS = (
    DRAFT,
    SERVE,
    WITHDRAW,
    OBJECT,
    ANSWER_OBJECTION,
    PROPOSE,
    APPROVE,
    PROPOSE_PAYOUT,
    APPROVE_PAYOUT,
    CONFIRM,
    FAIL,
    READ,
    READ_OWN,
)
