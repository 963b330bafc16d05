"""What listings are found by; what follows an outbox row; the worker's pulse."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from auction.listings.grams import folded, grams
from workers.migrations.grants import grant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, fill them for what is there, then index them."""
    op.add_column(
        "listings", sa.Column("search_text", sa.String, nullable=False, server_default="")
    )
    op.add_column(
        "listings",
        sa.Column("search_grams", postgresql.ARRAY(sa.String), nullable=False, server_default="{}"),
    )
    _fill()
    op.create_index(
        "ix_listings_search_grams", "listings", ["search_grams"], postgresql_using="gin"
    )
    op.add_column("outbox", sa.Column("correlation", sa.String, nullable=False, server_default=""))
    op.create_index(
        "ix_outbox_dead", "outbox", ["made_at"], postgresql_where=sa.text("state = 'dead'")
    )
    op.create_table(
        "pulses",
        sa.Column("process", sa.String, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_pulses"),
    )
    grant("pulses")


def _fill() -> None:
    """Listings published before this migration are found too."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT l.id, l.title, a.location FROM listings l"
            " JOIN lots o ON o.id = l.lot_id JOIN assets a ON a.id = o.asset_id"
            " WHERE l.published_at IS NOT NULL"
        )
    ).all()
    for key, title, location in rows:
        text = folded(f"{title} {location}")
        connection.execute(
            sa.text("UPDATE listings SET search_text = :text, search_grams = :grams WHERE id = :id"),
            {"text": text, "grams": grams(text), "id": key},
        )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("pulses")
    op.drop_index("ix_outbox_dead", "outbox")
    op.drop_column("outbox", "correlation")
    op.drop_index("ix_listings_search_grams", "listings")
    op.drop_column("listings", "search_grams")
    op.drop_column("listings", "search_text")
