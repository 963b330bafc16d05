"""One more kind of notice: the certificate of how the hall ran while a lot was offered."""

from alembic import op

revision = "0033"
down_revision = "0029"
branch_labels = None
depends_on = None

BEFORE = (
    "'auction_announcement', 'party_notice', 'report_service', 'draw_record',"
    " 'sale_confirmation', 'title_ruling', 'assist_execution', 'tax_coordination', 'plan_service'"
)
CHECK = "ck_notice_ck_notice_kind_known"
"""Its name in every database: the naming convention put its own prefix before the one given."""


def upgrade() -> None:
    """Let it be stored; what is stored already stays as it is."""
    _know(f"{BEFORE}, 'service_record'")


def downgrade() -> None:
    """Know it no more; refused while one is there, for no notice is ever deleted."""
    _know(BEFORE)


def _know(kinds: str) -> None:
    op.drop_constraint(op.f(CHECK), "notice")
    op.create_check_constraint(op.f(CHECK), "notice", f"kind IN ({kinds})")
