"""Who may bring other houses' records in."""

from typing import Final

from auction.kernel.actor import Role, permit

IMPORT: Final = permit("record.import", Role.SYSTEM)
"""From the command line: a record decides nothing and is shown to nobody by itself."""

PERMISSIONS = (IMPORT,)
