"""Who may say whether the hall could be reached."""

from typing import Final

from auction.kernel.actor import Role, permit

NOTE: Final = permit("service.note", Role.SYSTEM, basis="网拍8(3)")
"""The worker's probe, from outside the process that it measures."""

PERMISSIONS = (NOTE,)
