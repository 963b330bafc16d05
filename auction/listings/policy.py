"""Who may do what to a listing."""

from auction.kernel.actor import Role, permit

DRAFT = permit("listing.draft", Role.OFFICER, same_court=True, basis="网拍6")
VOTE = permit("listing.vote", Role.PANEL, same_court=True, basis="网拍27")
NOTIFY = permit("listing.notify_parties", Role.OFFICER, same_court=True, basis="网拍16")
COMPLETE = permit("listing.complete_items", Role.OFFICER, same_court=True, basis="网拍13、14")
PUBLISH = permit("listing.publish", Role.OFFICER, same_court=True, basis="网拍12")
SUSPEND = permit("listing.suspend", Role.OFFICER, same_court=True, basis="网拍28(1)")
PROPOSE_RESUMPTION = permit(
    "listing.propose_resumption", Role.OFFICER, same_court=True, basis="网拍28(4)"
)
RESUME = permit("listing.resume", Role.PANEL, same_court=True, basis="网拍28(4)")
WITHDRAW = permit("listing.withdraw", Role.OFFICER, same_court=True, basis="拍变17")
PASS_IN = permit("listing.pass_in", Role.SYSTEM, basis="网拍26")
SELL = permit("listing.sell", Role.SYSTEM, basis="网拍22")

PERMISSIONS = (
    DRAFT,
    VOTE,
    NOTIFY,
    COMPLETE,
    PUBLISH,
    SUSPEND,
    PROPOSE_RESUMPTION,
    RESUME,
    WITHDRAW,
    PASS_IN,
    SELL,
)
