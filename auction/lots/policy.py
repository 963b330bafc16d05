"""Who may do what to an asset and to a lot."""

from auction.kernel.actor import Role, permit

SEIZE = permit("asset.seize", Role.OFFICER, same_court=True, basis="民诉解释484")
INVESTIGATE = permit("asset.investigate", Role.OFFICER, same_court=True, basis="参考价3; 网拍6")
PHOTOGRAPH = permit("asset.photograph", Role.OFFICER, same_court=True, basis="网拍13(5)")
OPEN_ORIGINAL = permit("photograph.open_original", Role.OFFICER, same_court=True)
SEAL_ORIGINAL = permit("photograph.seal_original", Role.SYSTEM)
IMPORT = permit("lot.import", Role.OFFICER, Role.ADMINISTRATOR, Role.SYSTEM)
MAKE = permit("lot.make", Role.OFFICER, same_court=True, basis="网拍6")
PRICE = permit(
    "lot.record_reference_price", Role.OFFICER, Role.SYSTEM, same_court=True, basis="参考价26"
)
ADVANCE = permit(
    "lot.advance",
    Role.OFFICER,
    Role.FINANCE_CLERK,
    Role.FINANCE_APPROVER,
    Role.REGISTRY,
    Role.SYSTEM,
    basis="网拍6",
)
"""Only ever called by another command that has asked for its own permission."""
HOLD = permit("lot.hold", Role.OFFICER, same_court=True, basis="网拍36")
WITHDRAW = permit("lot.withdraw", Role.OFFICER, same_court=True, basis="拍变17、18")

PERMISSIONS = (
    SEIZE, INVESTIGATE, PHOTOGRAPH, OPEN_ORIGINAL, SEAL_ORIGINAL, IMPORT, MAKE, PRICE, ADVANCE,
    HOLD, WITHDRAW,
)  # fmt: skip
