"""Who may look after the platform itself."""

from auction.kernel.actor import Role, permit

SEE_OPERATIONS = permit("operations.see", Role.ADMINISTRATOR)
RETRY_ROW = permit("outbox.retry", Role.ADMINISTRATOR)
ROTATE_KEYS = permit("subject_keys.rotate", Role.SYSTEM, basis="等保2.0 三级")

PERMISSIONS = (SEE_OPERATIONS, RETRY_ROW, ROTATE_KEYS)
