"""Originals of photographs are sealed, and every opening of one is on record."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only

revision = "0024"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; originals that lie open are sealed by the worker, a few a minute."""
    op.add_column("photographs", sa.Column("sealed_digest", sa.String, nullable=True))
    op.create_table(
        "original_openings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("photograph_id", sa.Uuid, nullable=False),
        sa.Column("opened_by", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_original_openings"),
        sa.ForeignKeyConstraint(
            ["photograph_id"],
            ["photographs.id"],
            name="fk_original_openings_photograph_id_photographs",
        ),
        sa.CheckConstraint("reason <> ''", name="ck_original_openings_has_reason"),
    )
    op.create_index(
        "ix_original_openings_photograph_id", "original_openings", ["photograph_id"]
    )
    append_only("original_openings")


def downgrade() -> None:
    """Drop them; sealed files stay where they are."""
    op.drop_table("original_openings")
    op.drop_column("photographs", "sealed_digest")
