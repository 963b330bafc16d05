"""Who may say that somebody is barred from bidding."""

from typing import Final

from auction.kernel.actor import Role, permit

DECLARE: Final = permit("conflict.declare", Role.SUPERVISOR, Role.ADMINISTRATOR, basis="网拍34")
"""A supervisor for his court, an administrator for the provider."""

PERMISSIONS = (DECLARE,)
