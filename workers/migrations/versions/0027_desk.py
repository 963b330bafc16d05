"""How origins answered, openings of a code by two supervisors, what a notice asks of bidders."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import SEALER_ROLE, grant

revision = "0027"
down_revision = "0020"
branch_labels = None
depends_on = None

READ_BY_SEALER = {
    "identity_opening": "id, listing_id, code",
    "approval_request": "action, subject, state",
}
"""Which code, and that two persons have said yes: neither who they are nor why."""


def upgrade() -> None:
    """Add the records; of the time before nobody measured anything."""
    _make_service_interval()
    _make_identity_opening()
    _make_participant()
    op.add_column(
        "listings",
        sa.Column("conditions", sa.ARRAY(sa.String), nullable=False, server_default="{}"),
    )
    for table, columns in READ_BY_SEALER.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {SEALER_ROLE}")


def _make_service_interval() -> None:
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


def _make_identity_opening() -> None:
    op.create_table(
        "identity_opening",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_identity_opening"),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name="fk_identity_opening_listing_id_listings"
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_identity_opening_has_reason")),
        sa.CheckConstraint(
            "(opened_by IS NULL) = (opened_at IS NULL)",
            name=op.f("ck_identity_opening_opened_whole"),
        ),
        sa.CheckConstraint(
            "opened_by <> proposed_by", name=op.f("ck_identity_opening_two_persons")
        ),
    )
    op.create_index("ix_identity_opening_listing_id", "identity_opening", ["listing_id"])
    grant("identity_opening", "SELECT, INSERT, UPDATE (opened_by, opened_at)")


def _make_participant() -> None:
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("registration_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("identity_number_sealed", sa.LargeBinary, nullable=False),
        sa.Column("identity_index", sa.LargeBinary, nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_participant"),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name="fk_participant_registration_id_registration",
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_keys.id"], name="fk_participant_subject_id_subject_keys"
        ),
        sa.CheckConstraint("kind IN ('agent', 'joint')", name=op.f("ck_participant_kind_known")),
        sa.CheckConstraint(
            "state IN ('claimed', 'confirmed', 'declined', 'withdrawn')",
            name=op.f("ck_participant_state_known"),
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_participant_decided_whole"),
        ),
    )
    op.create_index("ix_participant_registration_id", "participant", ["registration_id"])
    grant("participant", "SELECT, INSERT, UPDATE (state, decided_by, decided_at)")


def downgrade() -> None:
    """Drop them."""
    op.execute(
        f"REVOKE SELECT ({READ_BY_SEALER['approval_request']}) ON approval_request"
        f" FROM {SEALER_ROLE}"
    )
    op.drop_column("listings", "conditions")
    op.drop_table("participant")
    op.drop_table("identity_opening")
    op.drop_table("service_interval")
