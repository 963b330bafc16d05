"""Corrections of a case: a mistaken party or claim ends with a reason; evidence of a negotiation."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = ("parties", "claims")


def upgrade() -> None:
    """Add the columns; a part that has ended no longer blocks the same one made anew."""
    for table in TABLES:
        op.add_column(table, sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(
            table, sa.Column("ended_because", sa.String, nullable=False, server_default="")
        )
    op.drop_constraint("uq_parties_case_id_person_id_role", "parties")
    op.create_index(
        "uq_parties_standing",
        "parties",
        ["case_id", "person_id", "role"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("assignments", sa.Column("negotiated_on", sa.Date, nullable=True))
    op.add_column(
        "assignments", sa.Column("negotiation_note", sa.String, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_column("assignments", "negotiation_note")
    op.drop_column("assignments", "negotiated_on")
    op.drop_index("uq_parties_standing", "parties")
    op.create_unique_constraint(
        "uq_parties_case_id_person_id_role", "parties", ["case_id", "person_id", "role"]
    )
    for table in TABLES:
        op.drop_column(table, "ended_because")
        op.drop_column(table, "ended_at")
