"""ledger"""

import sqlalchemy as sa
from alembic import op

from workers.migrations.grants import SERVING_ROLE, append_only, grant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

OPEN_BALANCE = """
CREATE FUNCTION ledger_open_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO account_balances VALUES (NEW.id, NEW.normal_side, 0, 0, 0, 0);
  RETURN NEW;
END $$
"""

MOVE_BALANCES = """
CREATE FUNCTION ledger_move_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  posted bigint := CASE WHEN NEW.kind IN ('settled', 'settle') THEN NEW.amount ELSE 0 END;
  pending bigint := CASE NEW.kind WHEN 'pending' THEN NEW.amount WHEN 'settled' THEN 0
                    ELSE -NEW.amount END;
BEGIN
  IF NEW.resolves IS NOT NULL AND NOT EXISTS (
    SELECT FROM transfers held WHERE held.id = NEW.resolves AND held.kind = 'pending'
      AND held.debit_account_id = NEW.debit_account_id
      AND held.credit_account_id = NEW.credit_account_id AND held.amount = NEW.amount
  ) THEN
    RAISE EXCEPTION 'a hold is settled or voided wholly, between its own accounts'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_transfers_resolves_wholly';
  END IF;
  UPDATE account_balances SET debits_posted = debits_posted + posted,
    debits_pending = debits_pending + pending WHERE account_id = NEW.debit_account_id;
  UPDATE account_balances SET credits_posted = credits_posted + posted,
    credits_pending = credits_pending + pending WHERE account_id = NEW.credit_account_id;
  RETURN NEW;
END $$
"""

LOCK = """
CREATE FUNCTION ledger_lock(touched uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM account_balances WHERE account_id = ANY (touched)
    ORDER BY account_id FOR UPDATE;
END $$
"""

CHECK_ALLOCATION = """
CREATE FUNCTION ledger_check_allocation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE whole bigint;
BEGIN
  SELECT amount INTO whole FROM statement_lines WHERE id = NEW.line_id FOR UPDATE;
  IF (SELECT sum(amount) FROM allocations WHERE line_id = NEW.line_id) > whole THEN
    RAISE EXCEPTION 'allocations of a statement line exceed it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_allocations_within_line';
  END IF;
  RETURN NEW;
END $$
"""

POSTING_HAS_TRANSFER = """
CREATE FUNCTION ledger_posting_has_transfer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM transfers WHERE posting_id = NEW.id) THEN
    RAISE EXCEPTION 'a posting without transfers'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_postings_has_transfer';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Make the tables of the book, and the triggers that alone write balances."""
    _accounts()
    _postings()
    _transfers()
    _statements()
    _orders()
    _functions()


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("normal_side", sa.String(), nullable=False),
        sa.Column("owner_ref", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        _one_of(
            "kind", "trust_bank", "deposit", "proceeds", "costs", "taxes_payable",
            "creditor_claim", "surplus", "forfeited", "disbursements_in_transit",
            "refunds_in_transit", "unidentified_receipts",
        ),
        _one_of("normal_side", "debit", "credit"),
        sa.CheckConstraint("(kind = 'trust_bank') = (normal_side = 'debit')", name="side_of_kind"),
        sa.UniqueConstraint("court_id", "kind", "owner_ref"),
        sa.UniqueConstraint("id", "court_id"),
    )
    append_only("accounts")
    amounts = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
    op.create_table(
        "account_balances",
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("normal_side", sa.String(), nullable=False),
        *(sa.Column(amount, sa.BigInteger(), nullable=False) for amount in amounts),
        sa.CheckConstraint(" AND ".join(f"{a} >= 0" for a in amounts), name="not_negative"),
        sa.CheckConstraint(
            "normal_side <> 'credit' OR debits_posted + debits_pending <= credits_posted",
            name="no_overdraft_of_credits",
        ),
        sa.CheckConstraint(
            "normal_side <> 'debit' OR credits_posted + credits_pending <= debits_posted",
            name="no_overdraft_of_debits",
        ),
    )
    grant("account_balances", "SELECT")


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("payload_digest", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("posted_at", INSTANT, nullable=False),
        sa.Column("posted_by", sa.String(), nullable=False),
        sa.UniqueConstraint("idempotency_key"),
        sa.UniqueConstraint("id", "court_id"),
    )
    op.create_index(None, "postings", ["subject_ref"])
    append_only("postings")


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("resolves", sa.Uuid(), sa.ForeignKey("transfers.id")),
        _one_of("kind", "settled", "pending", "settle", "void"),
        sa.CheckConstraint("amount > 0 AND amount <= 9000000000000000", name="some_fen"),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        sa.CheckConstraint(
            "(kind IN ('settle', 'void')) = (resolves IS NOT NULL)", name="resolution_names_hold"
        ),
        sa.UniqueConstraint("posting_id", "position"),
        sa.UniqueConstraint("resolves"),
        # The court is part of every reference: money cannot cross from one court to another.
        sa.ForeignKeyConstraint(["posting_id", "court_id"], ["postings.id", "postings.court_id"]),
        sa.ForeignKeyConstraint(
            ["debit_account_id", "court_id"], ["accounts.id", "accounts.court_id"]
        ),
        sa.ForeignKeyConstraint(
            ["credit_account_id", "court_id"], ["accounts.id", "accounts.court_id"]
        ),
    )
    op.create_index(None, "transfers", ["debit_account_id"])
    op.create_index(None, "transfers", ["credit_account_id"])
    append_only("transfers")


def _statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("file_digest", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("opening_balance", sa.BigInteger(), nullable=False),
        sa.Column("closing_balance", sa.BigInteger(), nullable=False),
        sa.Column("lines_added", sa.Integer(), nullable=False),
        sa.Column("lines_repeated", sa.Integer(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("court_id", "file_digest"),
    )
    append_only("statements")
    texts = ("counterparty_name", "counterparty_account", "virtual_account", "remark")
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), sa.ForeignKey("statements.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("booked_at", INSTANT, nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in texts),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("claimed_as", sa.String(), nullable=False),
        sa.Column("claim_reason", sa.String(), nullable=False),
        sa.Column("claimed_by", sa.Uuid()),
        _one_of("direction", "in", "out"),
        _one_of("state", "new", "matched", "unidentified", "claimed", "refunding", "refunded"),
        sa.CheckConstraint("amount > 0", name="some_fen"),
        sa.UniqueConstraint("court_id", "digest"),
        sa.UniqueConstraint("court_id", "position"),
        sa.UniqueConstraint("id", "court_id"),
    )
    op.create_index(None, "statement_lines", ["state"])
    # What the bank wrote stays as it was: only how far we have come with it may change.
    grant(
        "statement_lines",
        "SELECT, INSERT, UPDATE (state, reason, claimed_as, claim_reason, claimed_by)",
    )
    op.create_table(
        "allocations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("allocated_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount > 0", name="some_fen"),
        sa.UniqueConstraint("line_id", "posting_id"),
        sa.ForeignKeyConstraint(
            ["line_id", "court_id"], ["statement_lines.id", "statement_lines.court_id"]
        ),
        sa.ForeignKeyConstraint(["posting_id", "court_id"], ["postings.id", "postings.court_id"]),
    )
    op.create_index(None, "allocations", ["posting_id"])
    append_only("allocations")


def _orders() -> None:
    op.create_table(
        "virtual_accounts",
        sa.Column("number", sa.String(), primary_key=True),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        _one_of("expected", "deposit", "balance"),
        sa.UniqueConstraint("expected", "owner_id"),
    )
    append_only("virtual_accounts")
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("court_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_ref", sa.String(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), sa.ForeignKey("transfers.id"), nullable=False),
        sa.Column("payee_name", sa.String(), nullable=False),
        sa.Column("payee_account", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=False),
        sa.Column("ordered_by", sa.Uuid()),
        sa.Column("due_at", INSTANT),
        sa.Column("sent_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        _one_of("kind", "deposit_refund", "disbursement", "line_refund"),
        _one_of("state", "ordered", "sent", "confirmed", "failed"),
        sa.CheckConstraint("amount > 0", name="some_fen"),
        sa.UniqueConstraint("order_number"),
        sa.UniqueConstraint("hold_id"),
    )
    op.create_index(None, "payment_orders", ["court_id", "state"])
    op.create_index(None, "payment_orders", ["owner_ref"])
    # Whom and how much an order pays never changes: another payee is another order.
    grant("payment_orders", "SELECT, INSERT, UPDATE (state, sent_at, ended_at)")


def _functions() -> None:
    for body in (OPEN_BALANCE, MOVE_BALANCES, LOCK, CHECK_ALLOCATION, POSTING_HAS_TRANSFER):
        op.execute(body)
    op.execute("REVOKE ALL ON FUNCTION ledger_lock(uuid[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION ledger_lock(uuid[]) TO {SERVING_ROLE}")
    op.execute(
        "CREATE TRIGGER accounts_open_balance AFTER INSERT ON accounts"
        " FOR EACH ROW EXECUTE FUNCTION ledger_open_balance()"
    )
    op.execute(
        "CREATE TRIGGER transfers_move_balances AFTER INSERT ON transfers"
        " FOR EACH ROW EXECUTE FUNCTION ledger_move_balances()"
    )
    op.execute(
        "CREATE TRIGGER allocations_within_line AFTER INSERT ON allocations"
        " FOR EACH ROW EXECUTE FUNCTION ledger_check_allocation()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER postings_has_transfer AFTER INSERT ON postings"
        " DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION ledger_posting_has_transfer()"
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "payment_orders", "virtual_accounts", "allocations", "statement_lines", "statements",
        "transfers", "postings", "account_balances", "accounts",
    ):
        op.execute(f"DROP TABLE {table} CASCADE")
    for name in (
        "ledger_open_balance()", "ledger_move_balances()", "ledger_lock(uuid[])",
        "ledger_check_allocation()", "ledger_posting_has_transfer()",
    ):
        op.execute(f"DROP FUNCTION {name}")
