"""Who may do what with a registration."""

from auction.kernel.actor import Role, permit

APPLY = permit("registration.apply", Role.BIDDER, basis="网拍14、17")
PROPOSE_PRIORITY = permit(
    "registration.propose_priority", Role.PANEL, Role.OFFICER, same_court=True, basis="网拍19"
)
CONFIRM_PRIORITY = permit(
    "registration.confirm_priority", Role.PANEL, same_court=True, basis="网拍19"
)
DECIDE_PARTICIPANT = permit("participant.decide", Role.OFFICER, same_court=True, basis="网拍14(2)")
QUALIFY = permit("registration.qualify", Role.SYSTEM, basis="网拍18(1)")
ENTER = permit("hall.enter", Role.BIDDER, basis="网拍18(1)")
SEE_PRIORITY = permit(
    "registration.see_priority",
    Role.PANEL,
    Role.OFFICER,
    Role.SUPERVISOR,
    same_court=True,
    basis="网拍19",
)
