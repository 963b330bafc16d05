"""bidding"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the hall."""
    op.create_table(
        "homes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
    )
    grant("homes")
    _sessions()
    _entries()
    op.create_table(
        "tickets",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sign_in", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
    )
    op.create_index(None, "tickets", ["sign_in"])
    grant("tickets", "SELECT, INSERT, UPDATE (used_at)")


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("listing_id", sa.Uuid(), sa.ForeignKey("listings.id"), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("starting_price", sa.BigInteger(), nullable=False),
        sa.Column("increment", sa.BigInteger(), nullable=False),
        sa.Column("extend_trigger", sa.Interval(), nullable=False),
        sa.Column("extend_by", sa.Interval(), nullable=False),
        sa.Column("window_after_first_bid", sa.Interval()),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("scheduled_close_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("live_since", INSTANT, nullable=False),
        sa.Column("paused_at", INSTANT),
        sa.Column("pause_ground", sa.String(), nullable=False),
        sa.Column("resumption_proposed_by", sa.Uuid()),
        sa.Column("closed_at", INSTANT),
        sa.Column("leading_code", sa.String()),
        sa.Column("leading_amount", sa.BigInteger()),
        sa.Column("leading_rank", sa.Integer()),
        sa.Column("leading_entered_at", INSTANT),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.Uuid(), sa.ForeignKey("homes.id")),
        _one_of(
            "state", "scheduled", "open", "paused", "suspended", "sold", "passed_in", "stopped"
        ),
        _one_of("ladder", "none", "higher", "step", "multiple"),
        _one_of("extension", "none", "reset", "overtime"),
        sa.CheckConstraint(
            "(leading_code IS NULL) = (leading_amount IS NULL)", name="leader_whole"
        ),
        sa.CheckConstraint("state <> 'sold' OR leading_code IS NOT NULL", name="sold_to_somebody"),
        sa.CheckConstraint("starting_price > 0 AND increment > 0", name="amounts"),
        sa.UniqueConstraint("listing_id"),
    )
    op.create_index(
        "ix_sessions_scheduled", "sessions", ["opens_at"],
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index(
        "ix_sessions_due", "sessions", ["closes_at"], postgresql_where=sa.text("state = 'open'")
    )
    grant("sessions")


def _entries() -> None:
    op.create_table(
        "bid_batches",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
    )
    op.create_index(None, "bid_batches", ["session_id"])
    append_only("bid_batches")
    op.create_table(
        "bid_entries",
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("bid_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("priority_rank", sa.Integer()),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_extended", sa.Boolean(), nullable=False),
        sa.Column("is_self_overbid", sa.Boolean(), nullable=False),
        sa.Column("closes_at_after", INSTANT, nullable=False),
        sa.Column("extensions_after", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), sa.ForeignKey("bid_batches.id"), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        _one_of("verdict", "accepted", "refused"),
        sa.CheckConstraint("(verdict = 'accepted') = (reason = '')", name="reason_of_refusal"),
        sa.UniqueConstraint("session_id", "code", "bid_id"),
    )
    op.create_index(None, "bid_entries", ["batch_id"])
    append_only("bid_entries")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("tickets", "bid_entries", "bid_batches", "sessions", "homes"):
        op.drop_table(table)
