"""notices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from workers.migrations.grants import grant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KINDS = (
    "'auction_announcement', 'party_notice', 'report_service', 'draw_record', "
    "'sale_confirmation', 'title_ruling', 'assist_execution', 'tax_coordination', 'plan_service'"
)
STATES = "'issued', 'rendered', 'served', 'acknowledged'"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("template", sa.String, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=True),
        sa.Column("addressee_name", sa.String, nullable=False),
        sa.Column("addressee_person_id", sa.Uuid, nullable=True),
        sa.Column("addressee_organisation_id", sa.Uuid, nullable=True),
        sa.Column("facts", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid, nullable=True),
        sa.Column("digest", sa.String, nullable=True),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid, nullable=True),
        sa.Column("answer", postgresql.JSONB, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("code", name="uq_notice_code"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_notice_kind_known"),
        sa.CheckConstraint(f"state IN ({STATES})", name="ck_notice_state_known"),
        sa.CheckConstraint(
            "(state = 'issued') = (digest IS NULL)", name="ck_notice_digest_when_rendered"
        ),
    )
    op.create_index("ix_notice_case", "notice", ["case_id"])
    op.create_index("ix_notice_person", "notice", ["addressee_person_id"])
    op.create_index("ix_notice_organisation", "notice", ["addressee_organisation_id"])
    grant("notice")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("notice")
