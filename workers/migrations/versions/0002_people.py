"""People: courts, organisations, persons, roles, credentials, sign-ins."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROLES = (
    "visitor", "bidder", "officer", "panel", "supervisor", "finance_clerk", "finance_approver",
    "agency", "registry", "tax", "administrator", "system",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "court",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_court"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("credit_code", sa.String, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
        sa.UniqueConstraint("credit_code", name="uq_organisation_credit_code"),
        sa.CheckConstraint(
            "kind IN ('agency', 'registry', 'tax')", name="ck_organisation_kind_known"
        ),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("identity_number", sa.String, nullable=False),
        sa.Column("username", sa.String, nullable=False),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("identity_number", name="uq_person_identity_number"),
        sa.UniqueConstraint("username", name="uq_person_username"),
        sa.CheckConstraint("kind IN ('natural', 'legal')", name="ck_person_kind_known"),
    )
    _roles()
    _sign_ins()
    for table in ("court", "organisation", "person", "role_grant", "credential", "sign_in"):
        grant(table)


def _roles() -> None:
    listed = ", ".join(f"'{role}'" for role in ROLES)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("court_id", sa.String, nullable=True),
        sa.Column("organisation_id", sa.Uuid, nullable=True),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_role_grant_person_id_person"),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name="fk_role_grant_court_id_court"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"],
            name="fk_role_grant_organisation_id_organisation",
        ),
        sa.CheckConstraint(f"role IN ({listed})", name="ck_role_grant_role_known"),
    )
    op.create_index(
        "uq_role_grant_live", "role_grant", ["person_id", "role"], unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _sign_ins() -> None:
    op.create_table(
        "credential",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_credential"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_credential_person_id_person"),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("token_digest", sa.LargeBinary, nullable=False),
        sa.Column("browser", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("idle_seconds", sa.Integer, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.UniqueConstraint("token_digest", name="uq_sign_in_token_digest"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_sign_in_person_id_person"),
    )
    op.create_index("ix_sign_in_person_id", "sign_in", ["person_id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("sign_in", "credential", "role_grant", "person", "organisation", "court"):
        op.drop_table(table)
