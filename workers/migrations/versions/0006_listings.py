"""Listings, panel votes, published items and warnings, notifications of parties."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import append_only, grant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "'draft', 'approved', 'published', 'suspended', 'sold', 'passed_in', 'withdrawn'"


def _instant(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.String, nullable=False)


def _id(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _of_listing(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["listing_id"], ["listings.id"], name=f"fk_{table}_listing_id_listings"
    )


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "listings",
        _id("id"),
        _id("lot_id"),
        _id("case_id"),
        _text("court_id"),
        _id("previous_id", nullable=True),
        _text("round"),
        _text("state"),
        _text("title"),
        sa.Column("starting_price", sa.BigInteger, nullable=False),
        sa.Column("increment", sa.BigInteger, nullable=False),
        sa.Column("deposit", sa.BigInteger, nullable=False),
        _instant("opens_at"),
        _instant("closes_at"),
        sa.Column("balance_days", sa.Integer, nullable=False),
        _text("rulebook"),
        _id("drafted_by"),
        _instant("drafted_at"),
        _instant("approved_at", nullable=True),
        _instant("published_at", nullable=True),
        _instant("concluded_at", nullable=True),
        _text("ground"),
        sa.PrimaryKeyConstraint("id", name="pk_listings"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_listings_lot_id_lots"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_listings_case_id_cases"),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["listings.id"], name="fk_listings_previous_id_listings"
        ),
        sa.CheckConstraint(
            "round IN ('first_auction', 'second_auction', 'sell_off')",
            name="ck_listings_round_known",
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name="ck_listings_state_known"),
        sa.CheckConstraint(
            "starting_price > 0 AND increment > 0 AND deposit > 0", name="ck_listings_amounts"
        ),
        sa.CheckConstraint("closes_at > opens_at", name="ck_listings_window"),
        sa.CheckConstraint("balance_days > 0", name="ck_listings_balance_days"),
    )
    op.create_index("ix_listings_lot_id", "listings", ["lot_id"])
    op.create_index("ix_listings_opens_at", "listings", ["opens_at"])
    grant("listings")
    op.create_table(
        "panel_votes",
        _id("listing_id"),
        _id("person_id"),
        _text("terms_digest"),
        sa.Column("is_approval", sa.Boolean, nullable=False),
        _text("opinion"),
        _instant("voted_at"),
        sa.PrimaryKeyConstraint("listing_id", "person_id", "terms_digest", name="pk_panel_votes"),
        _of_listing("panel_votes"),
    )
    append_only("panel_votes")
    op.create_table(
        "listing_items",
        _id("listing_id"),
        _text("key"),
        _text("text"),
        _text("digest"),
        _instant("completed_at"),
        sa.PrimaryKeyConstraint("listing_id", "key", name="pk_listing_items"),
        _of_listing("listing_items"),
        sa.CheckConstraint(
            "text <> '' OR digest <> ''", name="ck_listing_items_says_something"
        ),
    )
    grant("listing_items")
    op.create_table(
        "party_notifications",
        _id("listing_id"),
        _id("party_id"),
        _text("terms_digest"),
        _id("notice_id", nullable=True),
        _text("impossible_because"),
        _instant("notified_at"),
        sa.PrimaryKeyConstraint(
            "listing_id", "party_id", "terms_digest", name="pk_party_notifications"
        ),
        _of_listing("party_notifications"),
        sa.ForeignKeyConstraint(
            ["party_id"], ["parties.id"], name="fk_party_notifications_party_id_parties"
        ),
    )
    append_only("party_notifications")
    op.create_table(
        "listing_warnings",
        _id("listing_id"),
        _text("key"),
        _text("version"),
        _instant("completed_at"),
        sa.PrimaryKeyConstraint("listing_id", "key", name="pk_listing_warnings"),
        _of_listing("listing_warnings"),
    )
    grant("listing_warnings")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "listing_warnings",
        "party_notifications",
        "listing_items",
        "panel_votes",
        "listings",
    ):
        op.drop_table(table)
