"""How each live origin answered, as probes from outside found it: one row a transition."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import grant

revision = "0027"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the record; of the time before nobody measured anything."""
    op.create_table(
        "service_interval",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service_interval"),
        sa.CheckConstraint(
            "state IN ('unmeasured', 'up', 'slow', 'down')",
            name=op.f("ck_service_interval_state_known"),
        ),
        sa.CheckConstraint("from_at <= until_at", name=op.f("ck_service_interval_forward")),
    )
    op.create_index(
        "ix_service_interval_origin_until_at", "service_interval", ["origin", "until_at"]
    )
    grant("service_interval", "SELECT, INSERT, UPDATE (until_at)")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("service_interval")
