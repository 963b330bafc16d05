"""Who may have a bidder's identity opened before the close."""

from typing import Final

from auction.kernel.actor import Role, permit

PROPOSE: Final = permit("identity.propose", Role.SUPERVISOR, same_court=True, basis="网拍18(2)")
OPEN: Final = permit("identity.open", Role.SUPERVISOR, same_court=True, basis="网拍18(2)")
"""As the second person; the sealer opens, and only what was approved."""
LOOK: Final = permit("identity.look", Role.SUPERVISOR, same_court=True, basis="网拍18(2)")
"""At what was opened: the two who opened it, each look on record."""
TELL: Final = permit("identity.tell", Role.SYSTEM, basis="网拍18(2)")
"""The person whose code was opened, once the session is over."""

PERMISSIONS = (PROPOSE, OPEN, LOOK, TELL)
