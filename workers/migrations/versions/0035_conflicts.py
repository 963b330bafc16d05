"""Who may not bid by 网拍34, and that a person whose code was opened is told after the close."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import SERVING_ROLE, append_only, grant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KINDS = (
    "'auction_announcement', 'party_notice', 'report_service', 'draw_record',"
    " 'sale_confirmation', 'title_ruling', 'assist_execution', 'tax_coordination', 'plan_service',"
    " 'service_record'"
)
LETTERS = "'confirm_mail', 'reset_password', 'password_changed'"


def upgrade() -> None:
    """Add them; agencies that took on an appraisal before are auxiliary bodies of its lot."""
    _make_barred_person()
    op.create_table(
        "auxiliary_body",
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("credit_code", sa.String, nullable=False),
        sa.Column("commissioned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lot_id", "credit_code", name="pk_auxiliary_body"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_auxiliary_body_lot_id_lots"),
    )
    op.execute(
        "INSERT INTO auxiliary_body (lot_id, credit_code, commissioned_at)"
        " SELECT lot_id, credit_code, min(answered_at) FROM commissions"
        " WHERE answered_at IS NOT NULL AND decline_ground IS NULL"
        " GROUP BY lot_id, credit_code"
    )
    append_only("auxiliary_body")
    _know("notice", f"{KINDS}, 'identity_opened'")
    _know("letter", f"{LETTERS}, 'identity_opened'")
    op.add_column("identity_opening", sa.Column("told_at", sa.DateTime(timezone=True)))
    op.execute(f"GRANT UPDATE (told_at) ON identity_opening TO {SERVING_ROLE}")


def _make_barred_person() -> None:
    op.create_table(
        "barred_person",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=True),
        sa.Column("relation", sa.String, nullable=False),
        sa.Column("identity_index", sa.LargeBinary, nullable=False),
        sa.Column("declared_by", sa.Uuid, nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_barred_person"),
        sa.ForeignKeyConstraint(
            ["court_id"], ["court.id"], name="fk_barred_person_court_id_court"
        ),
        sa.CheckConstraint(
            "relation IN ('staff', 'auxiliary', 'near_relative')",
            name=op.f("ck_barred_person_relation_known"),
        ),
        sa.CheckConstraint(
            "(ended_by IS NULL) = (ended_at IS NULL)", name=op.f("ck_barred_person_ended_whole")
        ),
    )
    op.create_index("ix_barred_person_identity_index", "barred_person", ["identity_index"])
    grant("barred_person", "SELECT, INSERT, UPDATE (ended_by, ended_at)")


def downgrade() -> None:
    """Drop them; refused while somebody was told of an opening, for no notice is ever deleted."""
    _know("notice", KINDS)
    _know("letter", LETTERS)
    op.drop_column("identity_opening", "told_at")
    op.drop_table("auxiliary_body")
    op.drop_table("barred_person")


def _know(table: str, kinds: str) -> None:
    """The convention put its own prefix before the name that each check was given."""
    check = op.f(f"ck_{table}_ck_{table}_kind_known")
    op.drop_constraint(check, table)
    op.create_check_constraint(check, table, f"kind IN ({kinds})")
