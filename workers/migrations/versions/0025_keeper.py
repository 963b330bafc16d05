"""The keeper of originals reads, in its own role, which picture an opening is about."""

from alembic import op

from workers.migrations.grants import SEALER_ROLE

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None

READ_BY_KEEPER = {"original_openings": "id, photograph_id", "photographs": "id, original_digest"}
"""Not who asked, nor why: that is for the court."""


def upgrade() -> None:
    """Let the signers' role read it."""
    for table, columns in READ_BY_KEEPER.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {SEALER_ROLE}")


def downgrade() -> None:
    """Take it back."""
    for table, columns in READ_BY_KEEPER.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM {SEALER_ROLE}")
