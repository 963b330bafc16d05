"""Listings: who proposed to resume, and why a round is late."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; rows made before get none and an empty one."""
    op.add_column("listings", sa.Column("resumption_proposed_by", sa.Uuid, nullable=True))
    op.add_column(
        "listings", sa.Column("delay_ground", sa.String, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("listings", "delay_ground")
    op.drop_column("listings", "resumption_proposed_by")
