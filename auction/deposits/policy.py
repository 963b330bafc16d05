"""Who may do what to a deposit."""

from auction.kernel.actor import Role, permit

OPEN = permit("deposit.open", Role.BIDDER, Role.SYSTEM, basis="网拍17")
RECEIVE = permit("deposit.receive", Role.SYSTEM, basis="网拍17")
APPLY = permit("deposit.apply", Role.SYSTEM, basis="网拍23")
RELEASE = permit("deposit.release", Role.SYSTEM, Role.OFFICER, same_court=True, basis="网拍23")
WITHDRAW = permit("deposit.withdraw", Role.BIDDER, Role.SYSTEM, basis="网拍17")
CONFIRM_RELEASE = permit("deposit.confirm_release", Role.SYSTEM, basis="网拍23")
FAIL_RELEASE = permit(
    "deposit.fail_release", Role.SYSTEM, Role.FINANCE_CLERK, same_court=True, basis="网拍23"
)
FORFEIT = permit("deposit.forfeit", Role.SYSTEM, Role.OFFICER, same_court=True, basis="网拍24")

PERMISSIONS = (OPEN, RECEIVE, APPLY, RELEASE, WITHDRAW, CONFIRM_RELEASE, FAIL_RELEASE, FORFEIT)
