"""What the serving role may do with a table, said in the migration that makes the table."""

from alembic import op

SERVING_ROLE = "luochui_app"
SEALER_ROLE = "luochui_sealer"
"""Of the keepers' process alone: what it may read and write, no serving process needs."""


def grant(table: str, rights: str = "SELECT, INSERT, UPDATE") -> None:
    """Give the serving role `rights` on a table. Nobody deletes: states end lives (网拍29)."""
    op.execute(f"GRANT {rights} ON {table} TO {SERVING_ROLE}")


def append_only(table: str) -> None:
    """Let rows be added and read, never changed or removed; not by the owner by mistake either."""
    grant(table, "SELECT, INSERT")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
