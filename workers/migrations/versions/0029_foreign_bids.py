"""Bids of other houses' records, brought in to be compared."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "foreign_bids",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("bid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_foreign_bids"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_foreign_bids_lot_id_lots"),
        sa.UniqueConstraint("lot_id", "bid_at", "code", "amount",
                            name="uq_foreign_bids_lot_id_bid_at_code_amount"),
    )
    append_only("foreign_bids")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("foreign_bids")
