"""distribution"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
RANKS = (
    "'enforcement_cost', 'seller_tax', 'living_rent', 'construction', 'possessory_lien',"
    " 'mortgage', 'unregistered_mortgage', 'statutory_priority', 'tax_arrears', 'ordinary',"
    " 'late_interest', 'surplus'"
)

LINES_ADD_UP = """
CREATE FUNCTION plan_lines_add_up() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE wanted uuid; whole bigint;
BEGIN
  IF TG_TABLE_NAME = 'plan' THEN wanted := NEW.id; ELSE wanted := NEW.plan_id; END IF;
  SELECT proceeds INTO whole FROM plan WHERE id = wanted;
  IF whole IS DISTINCT FROM (SELECT sum(paid) FROM plan_line WHERE plan_id = wanted) THEN
    RAISE EXCEPTION 'the lines of a plan must add up to the proceeds'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_plan_lines_add_up';
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Make the tables."""
    _make_plans()
    _make_objections()
    _make_disbursements()
    op.execute(LINES_ADD_UP)
    for table in ("plan", "plan_line"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_adds_up AFTER INSERT ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION plan_lines_add_up()"
        )


def _make_plans() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("proceeds", sa.BigInteger, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("drafted_by", sa.Uuid, nullable=False),
        sa.Column("drafted_at", INSTANT, nullable=False),
        sa.Column("served_at", INSTANT, nullable=True),
        sa.Column("objections_until", INSTANT, nullable=True),
        sa.Column("approved_by", sa.Uuid, nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.UniqueConstraint("number", name="uq_plan_number"),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name="fk_plan_sale_id_sale"),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name="fk_plan_drafted_by_person"),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name="fk_plan_approved_by_person"),
        sa.CheckConstraint(
            "state IN ('drafted', 'served', 'withdrawn', 'approved', 'paid')",
            name="ck_plan_state_known",
        ),
        sa.CheckConstraint("approved_by <> drafted_by", name="ck_plan_two_persons"),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)", name="ck_plan_approval_whole"
        ),
    )
    op.create_index("ix_plan_case_id", "plan", ["case_id"])
    op.create_index(
        "uq_plan_live",
        "plan",
        ["sale_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    grant("plan")
    op.create_table(
        "plan_line",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("plan_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rank", sa.String, nullable=False),
        sa.Column("payee_kind", sa.String, nullable=False),
        sa.Column("claim_id", sa.Uuid, nullable=True),
        sa.Column("party_id", sa.Uuid, nullable=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("payee_name", sa.String, nullable=False),
        sa.Column("payee_account", sa.String, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("paid", sa.BigInteger, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_line"),
        sa.UniqueConstraint("plan_id", "position", name="uq_plan_line_plan_id_position"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_line_plan_id_plan"),
        sa.CheckConstraint(f"rank IN ({RANKS})", name="ck_plan_line_rank_known"),
        sa.CheckConstraint(
            "payee_kind IN ('court', 'cost_bearer', 'tax_bureau', 'creditor', 'debtor')",
            name="ck_plan_line_payee_kind_known",
        ),
        sa.CheckConstraint("paid BETWEEN 0 AND asked", name="ck_plan_line_paid_within_asked"),
    )
    append_only("plan_line")


def _make_objections() -> None:
    op.create_table(
        "plan_objection",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("plan_id", sa.Uuid, nullable=False),
        sa.Column("line_id", sa.Uuid, nullable=True),
        sa.Column("party_id", sa.Uuid, nullable=False),
        sa.Column("raised_by", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("opposed_by", sa.Uuid, nullable=True),
        sa.Column("opposed_at", INSTANT, nullable=True),
        sa.Column("resolution", sa.String, nullable=False),
        sa.Column("resolved_by", sa.Uuid, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plan_objection"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_objection_plan_id_plan"),
        sa.ForeignKeyConstraint(
            ["line_id"], ["plan_line.id"], name="fk_plan_objection_line_id_plan_line"
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"], ["person.id"], name="fk_plan_objection_raised_by_person"
        ),
        sa.ForeignKeyConstraint(
            ["opposed_by"], ["person.id"], name="fk_plan_objection_opposed_by_person"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["person.id"], name="fk_plan_objection_resolved_by_person"
        ),
        sa.CheckConstraint(
            "state IN ('raised', 'withdrawn', 'upheld', 'opposed', 'dismissed')",
            name="ck_plan_objection_state_known",
        ),
    )
    op.create_index("ix_plan_objection_plan_id", "plan_objection", ["plan_id"])
    grant("plan_objection")


def _make_disbursements() -> None:
    op.create_table(
        "disbursement",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("plan_id", sa.Uuid, nullable=False),
        sa.Column("line_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("order_number", sa.String, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("payee_name", sa.String, nullable=False),
        sa.Column("payee_account", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ordered_by", sa.Uuid, nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("statement_line_id", sa.Uuid, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_disbursement"),
        sa.UniqueConstraint("order_number", name="uq_disbursement_order_number"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_disbursement_plan_id_plan"),
        sa.ForeignKeyConstraint(
            ["line_id"], ["plan_line.id"], name="fk_disbursement_line_id_plan_line"
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["person.id"], name="fk_disbursement_ordered_by_person"
        ),
        sa.CheckConstraint(
            "state IN ('ordered', 'confirmed', 'failed')", name="ck_disbursement_state_known"
        ),
        sa.CheckConstraint("amount > 0", name="ck_disbursement_amount_positive"),
    )
    op.create_index("ix_disbursement_plan_id", "disbursement", ["plan_id"])
    op.create_index(
        "uq_disbursement_live",
        "disbursement",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'failed'"),
    )
    grant("disbursement")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("disbursement", "plan_objection", "plan_line", "plan"):
        op.drop_table(table)
    op.execute("DROP FUNCTION plan_lines_add_up()")
