"""Who may do what to a case."""

from auction.kernel.actor import Role, permit

OPEN = permit("case.open", Role.OFFICER, same_court=True, basis="民诉法235")
ADD_PARTY = permit("case.add_party", Role.OFFICER, same_court=True)
REGISTER_CLAIM = permit("case.register_claim", Role.OFFICER, same_court=True, basis="民诉解释507")
CORRECT = permit("case.correct", Role.OFFICER, same_court=True)
NAME_PAYOUT = permit(
    "case.name_payout_account", Role.OFFICER, Role.BIDDER, basis="法发〔2017〕6号14"
)
"""The party names its own account, or the officer does for it from its letter."""
VIEW_PARTY = permit("party.view_in_full", Role.OFFICER, same_court=True, basis="个保法51")
STAY = permit("case.stay", Role.OFFICER, same_court=True, basis="民诉法267; 网拍28")
RESUME = permit("case.resume", Role.OFFICER, same_court=True, basis="网拍28(4)")
CLOSE = permit("case.close", Role.OFFICER, same_court=True)

PERMISSIONS = (
    OPEN,
    ADD_PARTY,
    REGISTER_CLAIM,
    CORRECT,
    NAME_PAYOUT,
    VIEW_PARTY,
    STAY,
    RESUME,
    CLOSE,
)
