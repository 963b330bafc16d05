"""Who may look after the platform itself."""

from auction.kernel.actor import Role, permit

SEE_OPERATIONS = permit("operations.see", Role.ADMINISTRATOR)
RETRY_ROW = permit("outbox.retry", Role.ADMINISTRATOR)

PERMISSIONS = (SEE_OPERATIONS, RETRY_ROW)
