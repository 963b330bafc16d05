"""Assignments, the roster, draws, commissions and reports."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid, nullable=False),
        sa.Column("applicant_price", sa.BigInteger, nullable=True),
        sa.Column("respondent_price", sa.BigInteger, nullable=True),
        sa.Column("negotiated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("field", sa.Text, nullable=True),
        sa.Column("region", sa.Text, nullable=True),
        sa.Column("appraisal_ground", sa.Text, nullable=True),
        sa.Column("reference_price", sa.BigInteger, nullable=True),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.CheckConstraint("state IN ('negotiating', 'choosing', 'appraising', 'fixed', 'withdrawn')", name="ck_assignments_state_known"),
    )
    op.create_index("ix_assignments_case_id", "assignments", ["case_id"])
    op.create_index("uq_assignments_live", "assignments", ["lot_id"], unique=True, postgresql_where=sa.text("state NOT IN ('withdrawn', 'fixed')"))
    grant("assignments")

    op.create_table(
        "roster_entries",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("credit_code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("region", sa.String, nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_roster_entries"),
        sa.CheckConstraint("field IN ('real_estate', 'land', 'assets', 'mining_rights', 'jewellery')", name="ck_roster_entries_field_known"),
        sa.UniqueConstraint("credit_code", "field", "region", name="uq_roster_entries_credit_code_field_region"),
    )
    grant("roster_entries")

    op.create_table(
        "roster_snapshots",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("members", sa.String, nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_snapshots"),
    )
    append_only("roster_snapshots")

    op.create_table(
        "draw_keys",
        sa.Column("key", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_draw_keys"),
    )
    grant("draw_keys")

    op.create_table(
        "draw_numbers",
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("court_id", name="pk_draw_numbers"),
    )
    grant("draw_numbers")

    op.create_table(
        "draws",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("assignment_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("draw_no", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("snapshot_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.Uuid, nullable=False),
        sa.Column("commits_close_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reveals_close_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alpha", sa.String, nullable=True),
        sa.Column("seed", sa.String, nullable=True),
        sa.Column("result", sa.String, nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_ground", sa.Text, nullable=True),
        sa.Column("void_ruling_digest", sa.String, nullable=True),
        sa.Column("void_asked_by", sa.Uuid, nullable=True),
        sa.Column("voided_by", sa.Uuid, nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_draws"),
        sa.CheckConstraint("state IN ('committing', 'revealing', 'proving', 'held', 'void')", name="ck_draws_state_known"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_draws_assignment_id_assignments"),
        sa.ForeignKeyConstraint(["snapshot_id"], ["roster_snapshots.id"], name="fk_draws_snapshot_id_roster_snapshots"),
        sa.UniqueConstraint("court_id", "case_id", "lot_id", "purpose", "attempt", name="uq_draws_court_id_case_id_lot_id_purpose_attempt"),
        sa.UniqueConstraint("court_id", "draw_no", name="uq_draws_court_id_draw_no"),
        sa.UniqueConstraint("digest", name="uq_draws_digest"),
    )
    op.create_index("ix_draws_assignment_id", "draws", ["assignment_id"])
    op.create_index("uq_draws_live", "draws", ["lot_id", "purpose"], unique=True, postgresql_where=sa.text("state <> 'void'"))
    grant("draws")

    op.create_table(
        "draw_contributions",
        sa.Column("draw_id", sa.Uuid, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("commitment", sa.String, nullable=False),
        sa.Column("reveal", sa.String, nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("draw_id", "who", name="pk_draw_contributions"),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name="fk_draw_contributions_draw_id_draws"),
        sa.UniqueConstraint("draw_id", "person_id", name="uq_draw_contributions_draw_id_person_id"),
    )
    grant("draw_contributions")

    op.create_table(
        "draw_proofs",
        sa.Column("draw_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("proof", sa.String, nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("draw_id", "role", name="pk_draw_proofs"),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name="fk_draw_proofs_draw_id_draws"),
    )
    append_only("draw_proofs")

    op.create_table(
        "commissions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("assignment_id", sa.Uuid, nullable=False),
        sa.Column("draw_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("credit_code", sa.String, nullable=False),
        sa.Column("agency_name", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid, nullable=True),
        sa.Column("decline_ground", sa.String, nullable=True),
        sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objections_close_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_commissions"),
        sa.CheckConstraint("state IN ('offered', 'accepted', 'declined', 'reported', 'correcting', 'served', 'settled', 'replaced')", name="ck_commissions_state_known"),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name="fk_commissions_assignment_id_assignments"),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name="fk_commissions_draw_id_draws"),
        sa.UniqueConstraint("draw_id", "rank", name="uq_commissions_draw_id_rank"),
    )
    op.create_index("ix_commissions_assignment_id", "commissions", ["assignment_id"])
    op.create_index("ix_commissions_organisation_id", "commissions", ["organisation_id"])
    grant("commissions")

    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("commission_id", sa.Uuid, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("based_on", sa.Date, nullable=False),
        sa.Column("methods", sa.String, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("valid_until_on", sa.Date, nullable=False),
        sa.Column("signers", sa.Text, nullable=False),
        sa.Column("pdf_digest", sa.String, nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Uuid, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.Uuid, nullable=True),
        sa.Column("faults", sa.String, nullable=True),
        sa.Column("remark", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["commission_id"], ["commissions.id"], name="fk_reports_commission_id_commissions"),
        sa.UniqueConstraint("commission_id", "edition", name="uq_reports_commission_id_edition"),
    )
    grant("reports")

    op.create_table(
        "report_objections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("report_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("ground", sa.String, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_report_objections"),
        sa.CheckConstraint("state IN ('raised', 'upheld', 'dismissed')", name="ck_report_objections_state_known"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_objections_report_id_reports"),
    )
    op.create_index("ix_report_objections_report_id", "report_objections", ["report_id"])
    grant("report_objections")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "report_objections",
        "reports",
        "commissions",
        "draw_proofs",
        "draw_contributions",
        "draws",
        "draw_numbers",
        "draw_keys",
        "roster_snapshots",
        "roster_entries",
        "assignments",
    ):
        op.drop_table(table)
