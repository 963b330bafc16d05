"""Who may do what in the hall."""

from typing import Final

from auction.kernel.actor import Role, permit

MAKE: Final = permit("session.make", Role.SYSTEM, basis="网拍20")
OPEN: Final = permit("session.open", Role.SYSTEM, basis="网拍20")
START: Final = permit("session.start", Role.OFFICER, same_court=True, basis="网拍12、20")
"""Opening by hand what is due and was not opened by itself; never before its time."""
KEEP: Final = permit("session.keep", Role.SYSTEM, basis="网拍28(2)")
"""Being a session's home: taking it, pausing and resuming it for technical reasons."""
PLACE_BIDS: Final = permit("bids.place", Role.SYSTEM, basis="网拍20、21")
"""Only a home places bids, for the codes its sockets were admitted under."""
CLOSE: Final = permit("session.close", Role.SYSTEM, basis="网拍20(2)")
ADMIT: Final = permit("ticket.issue", Role.BIDDER, basis="网拍18(1)")
REDEEM: Final = permit("ticket.redeem", Role.SYSTEM, basis="网拍18(1)")
SUSPEND: Final = permit("session.suspend", Role.SYSTEM, basis="网拍28(1)")
"""When the listing was suspended; the court's act is on the listing, and so is going on."""
STOP: Final = permit("session.stop", Role.SYSTEM, basis="网拍28(1)、拍变17")
"""When the listing was withdrawn."""

PERMISSIONS = (MAKE, OPEN, START, KEEP, PLACE_BIDS, CLOSE, ADMIT, REDEEM, SUSPEND, STOP)
