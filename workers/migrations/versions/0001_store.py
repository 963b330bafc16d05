"""The store: the platform's one row, the journal, the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from workers.migrations.grants import SERVING_ROLE, append_only, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.execute(f"GRANT USAGE ON SCHEMA public TO {SERVING_ROLE}")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
        " USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    op.create_table(
        "platform",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("rulebook", sa.String, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_platform"),
        sa.CheckConstraint("id = 1", name="ck_platform_one_row"),
    )
    grant("platform", "SELECT")
    op.create_table(
        "journal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint("stream", "seq", name="uq_journal_stream_seq"),
    )
    append_only("journal")
    op.create_table(
        "journal_head",
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_journal_head"),
    )
    grant("journal_head")
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("body", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.CheckConstraint("kind IN ('event', 'job')", name="ck_outbox_kind_known"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dead')", name="ck_outbox_state_known"),
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["due_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    grant("outbox")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("outbox", "journal_head", "journal", "platform"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
