"""Second factors, passkeys, challenges, letters, proposed roles; ended sign-ins close sockets."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import grant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROLES = (
    "visitor", "bidder", "officer", "panel", "supervisor", "finance_clerk", "finance_approver",
    "agency", "registry", "tax", "administrator", "system",
)  # fmt: skip
TABLES = ("code_generator", "passkey", "challenge", "mail_address", "letter", "role_proposal")


def upgrade() -> None:
    """Make the tables."""
    _sign_ins()
    _factors()
    _challenges()
    _letters()
    _proposals()
    for table in TABLES:
        grant(table)
    op.drop_table("hall_departure")


def _sign_ins() -> None:
    op.add_column("sign_in", sa.Column("factor", sa.String, nullable=True))
    op.add_column("sign_in", sa.Column("proven_at", INSTANT, nullable=True))
    op.execute("UPDATE sign_in SET factor = 'password', proven_at = made_at")
    op.alter_column("sign_in", "factor", nullable=False)
    op.alter_column("sign_in", "proven_at", nullable=False)
    op.create_check_constraint(
        op.f("ck_sign_in_factor_known"),
        "sign_in",
        "factor IN ('password', 'totp', 'passkey', 'shown_code')",
    )
    op.create_index("ix_sign_in_ends_at", "sign_in", ["ends_at"])


def _factors() -> None:
    op.create_table(
        "code_generator",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("last_counter", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_code_generator"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_code_generator_person_id_person"
        ),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("credential_id", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_passkey_person_id_person"),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])


def _challenges() -> None:
    op.create_table(
        "challenge",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
        sa.UniqueConstraint("digest", name="uq_challenge_digest"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_challenge_person_id_person"),
        sa.CheckConstraint(
            "purpose IN ('sign_in', 'passkey', 'step_up', 'confirm_mail', 'reset_password')",
            name="ck_challenge_purpose_known",
        ),
    )
    op.create_index("ix_challenge_person_id", "challenge", ["person_id"])


def _letters() -> None:
    op.create_table(
        "mail_address",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("person_id", name="pk_mail_address"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_mail_address_person_id_person"
        ),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("challenge_id", sa.Uuid, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_letter_person_id_person"),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name="fk_letter_challenge_id_challenge"
        ),
        sa.CheckConstraint(
            "kind IN ('confirm_mail', 'reset_password', 'password_changed')",
            name="ck_letter_kind_known",
        ),
    )
    op.create_index("ix_letter_person_id", "letter", ["person_id"])


def _proposals() -> None:
    listed = ", ".join(f"'{role}'" for role in ROLES)
    op.create_table(
        "role_proposal",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("court_id", sa.String, nullable=True),
        sa.Column("organisation_id", sa.Uuid, nullable=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_role_proposal"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_role_proposal_{column}_{table}"
            )
            for column, table in (
                ("person_id", "person"),
                ("court_id", "court"),
                ("organisation_id", "organisation"),
                ("proposed_by", "person"),
                ("decided_by", "person"),
            )
        ),
        sa.CheckConstraint(f"role IN ({listed})", name="ck_role_proposal_role_known"),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected')", name="ck_role_proposal_state_known"
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_role_proposal_two_persons"),
        sa.CheckConstraint(
            "person_id <> proposed_by AND person_id <> decided_by",
            name="ck_role_proposal_not_for_oneself",
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("letter", "mail_address", "challenge", "passkey", "code_generator"):
        op.drop_table(table)
    op.drop_table("role_proposal")
    op.drop_index("ix_sign_in_ends_at", "sign_in")
    op.drop_constraint("ck_sign_in_factor_known", "sign_in")
    op.drop_column("sign_in", "factor")
    op.drop_column("sign_in", "proven_at")
    op.create_table(
        "hall_departure",
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column("left_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_hall_departure"),
    )
    op.create_index("ix_hall_departure_left_at", "hall_departure", ["left_at"])
    grant("hall_departure", "SELECT, INSERT")
