"""settlement"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
SALE_STATES = (
    "'confirmed', 'awaiting_balance', 'overdue', 'last_notice', 'defaulted', 'paid', 'qualified',"
    " 'disqualified', 'ruled', 'title_passed', 'assistance_asked', 'taxes_assessed', 'taxes_paid',"
    " 'registered', 'delivered'"
)
TAX_KINDS = (
    "'vat', 'city_maintenance', 'education', 'land_value', 'income', 'stamp', 'deed',"
    " 'vehicle_purchase'"
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sale",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("registration_id", sa.Uuid, nullable=False),
        sa.Column("buyer_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("hammer_price", sa.BigInteger, nullable=False),
        sa.Column("deposit", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("virtual_account", sa.String, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("balance_due_at", INSTANT, nullable=False),
        sa.Column("last_notice_until", INSTANT, nullable=True),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("ruling_due_at", INSTANT, nullable=True),
        sa.Column("qualification_evidence", sa.String, nullable=False),
        sa.Column("ruling_number", sa.String, nullable=False),
        sa.Column("ruled_at", INSTANT, nullable=True),
        sa.Column("title_passed_at", INSTANT, nullable=True),
        sa.Column("handover_due_at", INSTANT, nullable=True),
        sa.Column("tax_vouchers", sa.String, nullable=False),
        sa.Column("certificate_number", sa.String, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("confirmation_notice_id", sa.Uuid, nullable=False),
        sa.Column("ruling_notice_id", sa.Uuid, nullable=True),
        sa.Column("registry_notice_id", sa.Uuid, nullable=True),
        sa.Column("tax_notice_id", sa.Uuid, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sale"),
        sa.UniqueConstraint("listing_id", name="uq_sale_listing_id"),
        sa.UniqueConstraint("virtual_account", name="uq_sale_virtual_account"),
        sa.ForeignKeyConstraint(["buyer_id"], ["person.id"], name="fk_sale_buyer_id_person"),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name="fk_sale_listing_id_listings"
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_sale_lot_id_lots"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_sale_case_id_cases"),
        sa.CheckConstraint(f"state IN ({SALE_STATES})", name="ck_sale_state_known"),
        sa.CheckConstraint("hammer_price > 0", name="ck_sale_price_positive"),
        sa.CheckConstraint("received <= hammer_price", name="ck_sale_received_within_price"),
    )
    op.create_index("ix_sale_buyer_id", "sale", ["buyer_id"])
    op.create_index("ix_sale_case_id", "sale", ["case_id"])
    grant("sale")
    op.create_table(
        "balance_receipt",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False),
        sa.Column("line_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("payer_name", sa.String, nullable=False),
        sa.Column("payer_account", sa.String, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_balance_receipt"),
        sa.UniqueConstraint("line_id", name="uq_balance_receipt_line_id"),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name="fk_balance_receipt_sale_id_sale"),
        sa.CheckConstraint("amount > 0", name="ck_balance_receipt_some_fen"),
    )
    op.create_index("ix_balance_receipt_sale_id", "balance_receipt", ["sale_id"])
    append_only("balance_receipt")
    op.create_table(
        "tax_line",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("base", sa.BigInteger, nullable=False),
        sa.Column("rate_ppm", sa.Integer, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("bearer", sa.String, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tax_line"),
        sa.UniqueConstraint("sale_id", "kind", "bearer", name="uq_tax_line_sale_id_kind_bearer"),
        sa.ForeignKeyConstraint(["sale_id"], ["sale.id"], name="fk_tax_line_sale_id_sale"),
        sa.CheckConstraint(f"kind IN ({TAX_KINDS})", name="ck_tax_line_kind_known"),
        sa.CheckConstraint("bearer IN ('seller', 'buyer')", name="ck_tax_line_bearer_known"),
        sa.CheckConstraint("rate_ppm BETWEEN 0 AND 1000000", name="ck_tax_line_rate_is_a_share"),
    )
    append_only("tax_line")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("tax_line")
    op.drop_table("balance_receipt")
    op.drop_table("sale")
