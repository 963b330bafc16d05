"""deposits"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import grant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STATES = ("awaited", "held", "applied", "release_ordered", "released", "forfeited", "lapsed")


def upgrade() -> None:
    """Make the table."""
    listed = ", ".join(f"'{state}'" for state in STATES)
    op.create_table(
        "deposits",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column(
            "virtual_account",
            sa.String(),
            sa.ForeignKey("virtual_accounts.number"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("paid_by_name", sa.String(), nullable=False),
        sa.Column("paid_by_account", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT),
        sa.Column("release_due_at", INSTANT),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint(f"state IN ({listed})", name="state_known"),
        sa.CheckConstraint("amount > 0", name="some_fen"),
        sa.UniqueConstraint("registration_id"),
        sa.UniqueConstraint("virtual_account"),
    )
    op.create_index(None, "deposits", ["listing_id"])
    op.create_index(None, "deposits", ["court_id", "state"])
    # Whose deposit it is, for how much and at which number, never changes.
    grant(
        "deposits",
        "SELECT, INSERT, UPDATE (state, paid_by_name, paid_by_account, received_at,"
        " release_due_at, order_number, ended_at)",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("deposits")
