"""The sealer's own role and table; the hall's codes no longer come with their registration."""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import SEALER_ROLE, SERVING_ROLE, grant

revision = "0022"
down_revision = "0024"
branch_labels = None
depends_on = None

READ_BY_SEALER = {
    "registration": "id, listing_id, state, public_key",
    "sessions": "id, listing_id, state",
    "journal": "stream, kind",
    "hall_code": "listing_id, code, sealed_registration",
}


def upgrade() -> None:
    """Give the sealer what it needs, and the serving role no more than it needs.

    The role is made here when the operator has not made it: without a password, so that
    nobody can be it until he gives it one.
    """
    op.execute(
        "DO $$ BEGIN"
        f" IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SEALER_ROLE}') THEN"
        f" CREATE ROLE {SEALER_ROLE} NOLOGIN; END IF; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {SEALER_ROLE}")
    op.create_table(
        "code_holder",
        sa.Column("listing_id", sa.Uuid, nullable=False),
        sa.Column("tag", sa.LargeBinary, nullable=False),
        sa.Column("registration_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("listing_id", "tag", name="pk_code_holder"),
    )
    op.execute(
        "CREATE TRIGGER code_holder_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON code_holder FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON code_holder TO {SEALER_ROLE}")
    for table, columns in READ_BY_SEALER.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {SEALER_ROLE}")
    op.alter_column("hall_code", "sealed_registration", nullable=True)
    op.execute(f"REVOKE ALL ON hall_code FROM {SERVING_ROLE}")
    grant(
        "hall_code",
        "SELECT (listing_id, code, priority_rank, issued_on_hour), INSERT,"
        " UPDATE (priority_rank)",
    )


def downgrade() -> None:
    """Take it back. Codes issued meanwhile have no box: whose they are is lost with the table."""
    op.execute("UPDATE hall_code SET sealed_registration = '' WHERE sealed_registration IS NULL")
    op.alter_column("hall_code", "sealed_registration", nullable=False)
    op.execute(f"REVOKE ALL ON hall_code FROM {SERVING_ROLE}")
    grant("hall_code")
    op.drop_table("code_holder")
    for table in READ_BY_SEALER:
        op.execute(f"REVOKE ALL ON {table} FROM {SEALER_ROLE}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {SEALER_ROLE}")
