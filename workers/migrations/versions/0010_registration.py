"""registration"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("capacity", sa.String, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("priority", sa.String, nullable=False),
        sa.Column("priority_ground", sa.Text, nullable=False),
        sa.Column("priority_rank", sa.Integer),
        sa.Column("priority_decided_by", sa.Uuid),
        sa.Column("priority_decided_at", sa.DateTime(timezone=True)),
        sa.Column("password_salt", sa.LargeBinary),
        sa.Column("public_key", sa.LargeBinary),
        sa.Column("sealed_code", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.UniqueConstraint("listing_id", "person_id", name="uq_registration_listing_id_person_id"),
        sa.CheckConstraint(
            "state IN ('applied', 'deposit_awaited', 'deposit_held', 'qualified',"
            " 'refused', 'withdrawn')",
            name="ck_registration_state_known",
        ),
        sa.CheckConstraint(
            "capacity IN ('self', 'agent', 'joint')", name="ck_registration_capacity_known"
        ),
        sa.CheckConstraint(
            "priority IN ('none', 'claimed', 'confirmed', 'declined')",
            name="ck_registration_priority_known",
        ),
        sa.CheckConstraint("priority_rank >= 1", name="ck_registration_priority_rank"),
    )
    op.create_index("ix_registration_person_id", "registration", ["person_id"])
    grant("registration")

    op.create_table(
        "acknowledgement",
        sa.Column("registration_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("registration_id", "key", name="pk_acknowledgement"),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name="fk_acknowledgement_registration_id_registration",
        ),
        sa.CheckConstraint(
            "kind IN ('warning', 'undertaking')", name="ck_acknowledgement_kind_known"
        ),
    )
    append_only("acknowledgement")

    op.create_table(
        "hall_code",
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("priority_rank", sa.Integer),
        sa.Column("sealed_registration", sa.LargeBinary, nullable=False),
        sa.Column("issued_on_hour", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", "code", name="pk_hall_code"),
        sa.CheckConstraint("priority_rank >= 1", name="ck_hall_code_priority_rank"),
    )
    grant("hall_code")

    op.create_table(
        "hall_admission",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_hall_admission"),
    )
    grant("hall_admission", "SELECT, INSERT")

    op.create_table(
        "hall_departure",
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_hall_departure"),
    )
    op.create_index("ix_hall_departure_left_at", "hall_departure", ["left_at"])
    grant("hall_departure", "SELECT, INSERT")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("hall_departure", "hall_admission", "hall_code", "acknowledgement", "registration"):
        op.drop_table(table)
