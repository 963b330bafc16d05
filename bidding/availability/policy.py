"""Who may say whether the hall could be reached."""

from typing import Final

from auction.kernel.actor import Role, permit

NOTE: Final = permit("service.note", Role.SYSTEM, basis="网拍8(3)")
"""The worker's probe, from outside the process that it measures."""
CERTIFY: Final = permit("service.certify", Role.OFFICER, same_court=True, basis="网拍8(3)")
"""Have the record of a session that is over issued as a signed paper, once."""

PERMISSIONS = (NOTE, CERTIFY)
