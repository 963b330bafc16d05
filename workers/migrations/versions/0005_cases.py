"""Cases, parties, claims; assets, seizures, investigations, photographs; lots and draft lots."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PARTY_ROLES = "'applicant', 'respondent', 'creditor', 'priority_holder'"
CLAIM_KINDS = (
    "'ordinary', 'construction', 'possessory_lien', 'mortgage', 'unregistered_mortgage',"
    " 'statutory_priority', 'tax_arrears'"
)
ASSET_KINDS = "'home', 'commercial', 'land', 'vehicle', 'goods', 'equity', 'other_right'"
SUBJECTS = "'ownership', 'encumbrances', 'occupancy', 'arrears', 'defects'"
LOT_STATES = (
    "'seized', 'investigated', 'pricing', 'priced', 'disposal_approved', 'first_auction',"
    " 'first_passed_in', 'second_auction', 'second_passed_in', 'sell_off', 'sell_off_failed',"
    " 'sold', 'paid', 'ruled', 'transferred', 'handed_over', 'closed', 'defaulted', 'in_kind',"
    " 'released', 'withdrawn', 'revoked'"
)


def upgrade() -> None:
    """Make the tables."""
    _cases()
    _assets()
    _lots()


def _instant(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.String, nullable=False)


def _id(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _fen(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _cases() -> None:
    op.create_table(
        "cases",
        _id("id"),
        _text("court_id"),
        _text("number"),
        _text("enforcement_basis"),
        _id("officer_id"),
        sa.Column("debtor_is_enterprise", sa.Boolean, nullable=False),
        _text("state"),
        _text("rulebook"),
        _instant("opened_at"),
        _text("stay_ground"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("court_id", "number", name="uq_cases_court_id_number"),
        sa.CheckConstraint("state IN ('open', 'stayed', 'closed')", name="ck_cases_state_known"),
    )
    grant("cases")
    op.create_table(
        "parties",
        _id("id"),
        _id("case_id"),
        _text("role"),
        _id("person_id", nullable=True),
        _text("name"),
        _text("contact"),
        _text("payout_name"),
        _text("payout_bank"),
        _text("payout_account"),
        _instant("added_at"),
        sa.PrimaryKeyConstraint("id", name="pk_parties"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_parties_case_id_cases"),
        sa.UniqueConstraint(
            "case_id", "person_id", "role", name="uq_parties_case_id_person_id_role"
        ),
        sa.CheckConstraint(f"role IN ({PARTY_ROLES})", name="ck_parties_role_known"),
    )
    grant("parties")
    op.create_table(
        "claims",
        _id("id"),
        _id("case_id"),
        _id("party_id"),
        _text("kind"),
        _fen("principal"),
        _fen("interest"),
        _fen("advanced_costs"),
        sa.Column("since", sa.Date),
        sa.Column("seizure_order", sa.Integer),
        sa.Column("pay_by", sa.Date),
        _text("title_document"),
        _instant("registered_at"),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_claims_case_id_cases"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_claims_party_id_parties"),
        sa.CheckConstraint(f"kind IN ({CLAIM_KINDS})", name="ck_claims_kind_known"),
        sa.CheckConstraint(
            "principal >= 0 AND interest >= 0 AND advanced_costs >= 0", name="ck_claims_amounts"
        ),
        sa.CheckConstraint("seizure_order >= 1", name="ck_claims_seizure_order"),
        sa.CheckConstraint("kind = 'ordinary' OR since IS NOT NULL", name="ck_claims_ranked"),
    )
    op.create_index("ix_claims_case_id", "claims", ["case_id"])
    grant("claims")


def _assets() -> None:
    op.create_table(
        "assets",
        _id("id"),
        _id("case_id"),
        _text("court_id"),
        _text("kind"),
        _text("title"),
        _text("description"),
        _text("location"),
        _text("registry_number"),
        sa.Column("area_m2", sa.Numeric(12, 2)),
        _text("owner_name"),
        _instant("seized_at"),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_assets_case_id_cases"),
        sa.CheckConstraint(f"kind IN ({ASSET_KINDS})", name="ck_assets_kind_known"),
    )
    op.create_index("ix_assets_case_id", "assets", ["case_id"])
    grant("assets")
    op.create_table(
        "seizures",
        _id("id"),
        _id("asset_id"),
        _text("ruling_number"),
        sa.Column("seized_on", sa.Date, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        _instant("recorded_at"),
        sa.PrimaryKeyConstraint("id", name="pk_seizures"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_seizures_asset_id_assets"),
        sa.CheckConstraint("expires_on > seized_on", name="ck_seizures_term"),
    )
    op.create_index("ix_seizures_asset_id", "seizures", ["asset_id"])
    append_only("seizures")
    op.create_table(
        "investigation_items",
        _id("asset_id"),
        _text("subject"),
        _text("status"),
        _text("finding"),
        _instant("looked_at"),
        _id("looked_by"),
        sa.PrimaryKeyConstraint("asset_id", "subject", name="pk_investigation_items"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name="fk_investigation_items_asset_id_assets"
        ),
        sa.CheckConstraint(
            f"subject IN ({SUBJECTS})", name="ck_investigation_items_subject_known"
        ),
        sa.CheckConstraint(
            "status IN ('checked', 'not_checked', 'unknown')",
            name="ck_investigation_items_status_known",
        ),
        sa.CheckConstraint(
            "status <> 'checked' OR finding <> ''", name="ck_investigation_items_checked_says_what"
        ),
    )
    grant("investigation_items")
    op.create_table(
        "photographs",
        _id("id"),
        _id("asset_id"),
        _text("digest"),
        _text("caption"),
        sa.Column("position", sa.Integer, nullable=False),
        _instant("added_at"),
        sa.PrimaryKeyConstraint("id", name="pk_photographs"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name="fk_photographs_asset_id_assets"
        ),
        sa.UniqueConstraint("asset_id", "digest", name="uq_photographs_asset_id_digest"),
    )
    grant("photographs")


def _lots() -> None:
    op.create_table(
        "lots",
        _id("id"),
        _id("case_id"),
        _id("asset_id"),
        _text("court_id"),
        _text("title"),
        _text("state"),
        _text("held_ground"),
        _text("rulebook"),
        _instant("made_at"),
        _fen("reference_price", nullable=True),
        _text("price_method"),
        _text("price_basis"),
        _instant("price_set_at", nullable=True),
        _instant("price_valid_until", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_lots_case_id_cases"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name="fk_lots_asset_id_assets"),
        sa.UniqueConstraint("asset_id", name="uq_lots_asset_id"),
        sa.CheckConstraint(f"state IN ({LOT_STATES})", name="ck_lots_state_known"),
        sa.CheckConstraint("price_valid_until > price_set_at", name="ck_lots_price_validity"),
        sa.CheckConstraint(
            "(reference_price IS NULL) = (price_valid_until IS NULL)", name="ck_lots_price_whole"
        ),
    )
    op.create_index("ix_lots_case_id", "lots", ["case_id"])
    grant("lots")
    op.create_table(
        "draft_lots",
        _id("id"),
        _text("source_number"),
        sa.Column("round", sa.Integer, nullable=False),
        _text("city"),
        sa.Column("year", sa.Integer, nullable=False),
        _fen("appraisal", nullable=True),
        _fen("starting_price"),
        _fen("increment", nullable=True),
        sa.Column("registered", sa.Integer),
        sa.Column("has_priority_buyer", sa.Boolean),
        _fen("final_price", nullable=True),
        sa.Column("longitude", sa.Numeric(9, 6)),
        sa.Column("latitude", sa.Numeric(9, 6)),
        _text("state"),
        _id("lot_id", nullable=True),
        _instant("imported_at"),
        sa.PrimaryKeyConstraint("id", name="pk_draft_lots"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_draft_lots_lot_id_lots"),
        sa.UniqueConstraint(
            "source_number", "round", name="uq_draft_lots_source_number_round"
        ),
        sa.CheckConstraint("state IN ('draft', 'adopted')", name="ck_draft_lots_state_known"),
    )
    grant("draft_lots")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "draft_lots",
        "lots",
        "photographs",
        "investigation_items",
        "seizures",
        "assets",
        "claims",
        "parties",
        "cases",
    ):
        op.drop_table(table)
