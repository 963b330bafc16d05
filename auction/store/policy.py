"""Who may look after the platform itself."""

from auction.kernel.actor import Role, permit

SEE_OPERATIONS = permit("operations.see", Role.ADMINISTRATOR)
RETRY_ROW = permit("outbox.retry", Role.ADMINISTRATOR)
ROTATE_KEYS = permit("subject_keys.rotate", Role.SYSTEM, basis="等保2.0 三级")
VIEW_IN_FULL = permit(
    "personal_data.view",
    Role.OFFICER,
    Role.FINANCE_CLERK,
    Role.FINANCE_APPROVER,
    Role.ADMINISTRATOR,
    basis="个保法51",
)
SEE_VIEWS = permit("personal_data.see_views", Role.SUPERVISOR, Role.ADMINISTRATOR)

PERMISSIONS = (SEE_OPERATIONS, RETRY_ROW, ROTATE_KEYS, VIEW_IN_FULL, SEE_VIEWS)
