"""documents"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Signature of a notice; the sealed original of a photograph."""
    op.add_column("notice", sa.Column("unsigned_digest", sa.String, nullable=True))
    op.add_column("notice", sa.Column("signed_under", sa.String, nullable=True))
    op.create_check_constraint(
        "ck_notice_signed_under_a_certificate",
        "notice",
        "(unsigned_digest IS NULL) = (signed_under IS NULL)",
    )
    op.add_column("photographs", sa.Column("original_digest", sa.String, nullable=True))
    op.execute("UPDATE photographs SET original_digest = digest")
    op.alter_column("photographs", "original_digest", nullable=False)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("photographs", "original_digest")
    op.drop_constraint("ck_notice_signed_under_a_certificate", "notice")
    op.drop_column("notice", "signed_under")
    op.drop_column("notice", "unsigned_digest")
