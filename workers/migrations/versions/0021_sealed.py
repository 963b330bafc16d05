"""Personal data is sealed: a key for each subject, sealed columns in place of plain ones.

In steps, each short and safe to be cut off: columns are added empty, filled a batch a commit,
then required; the plain ones are dropped and their tables written anew, so that nothing of
them stays in the database's files. Run again it goes on where it stopped.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

from auction.kernel.personal import Place, seal
from auction.store.personal.keyring import Keyring
from workers.migrations.grants import append_only, grant

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

BATCH = 500
Row = Mapping[str, object]


@dataclass(frozen=True)
class Sealing:
    """One table: which columns are sealed, under whose key."""

    table: str
    columns: tuple[str, ...]
    subject: Callable[[Keyring, Row], UUID]
    key: str = "id"
    nullable: tuple[str, ...] = ()
    """Of the columns, those that may be empty."""
    reads: tuple[str, ...] = ()
    """Further columns that the subject or a derived value is found by."""
    derived: Mapping[str, Callable[[Keyring, Row], object]] = field(default_factory=dict)
    """Columns computed while the plain text is there: blind indexes, keyed digests."""
    guard: str = ""
    """The trigger that lets nobody change the table; stood down while it is filled."""


def _own(_: Keyring, row: Row) -> UUID:
    return _uuid(row["id"])


def _of(column: str, otherwise: str = "") -> Callable[[Keyring, Row], UUID]:
    def subject(_: Keyring, row: Row) -> UUID:
        return _uuid(row[column] if row[column] is not None or not otherwise else row[otherwise])

    return subject


def _holder(column: str) -> Callable[[Keyring, Row], UUID]:
    def subject(keyring: Keyring, row: Row) -> UUID:
        return keyring.holder_id(str(row[column]), _uuid(row["id"]))

    return subject


def _uuid(value: object) -> UUID:
    return UUID(str(value))


SEALINGS = (
    Sealing(
        "person",
        ("name", "identity_number"),
        _own,
        derived={
            "identity_index": lambda keyring, row: keyring.blind(
                "identity number", str(row["identity_number"])
            )
        },
    ),
    Sealing("mail_address", ("address",), _of("person_id"), key="person_id"),
    Sealing("letter", ("address",), _of("person_id"), reads=("person_id",)),
    Sealing(
        "parties",
        ("name", "contact", "payout_name", "payout_account"),
        _of("person_id", "id"),
        reads=("person_id",),
    ),
    Sealing("assets", ("owner_name",), _own),
    Sealing(
        "statement_lines",
        ("counterparty_name", "counterparty_account", "remark"),
        _holder("counterparty_account"),
        reads=("digest",),
        derived={
            "digest": lambda keyring, row: keyring.digest("statement line", str(row["digest"]))
        },
    ),
    Sealing("payment_orders", ("payee_name", "payee_account"), _holder("payee_account")),
    Sealing(
        "deposits", ("paid_by_name", "paid_by_account"), _of("person_id"), reads=("person_id",)
    ),
    Sealing(
        "balance_receipt",
        ("payer_name", "payer_account"),
        _holder("payer_account"),
        guard="balance_receipt_append_only",
    ),
    Sealing(
        "plan_line",
        ("payee_name", "payee_account"),
        _holder("payee_account"),
        guard="plan_line_append_only",
    ),
    Sealing("plan_objection", ("reason",), _of("raised_by"), reads=("raised_by",)),
    Sealing("disbursement", ("payee_name", "payee_account"), _holder("payee_account")),
    Sealing("notice", ("addressee_name", "facts", "answer"), _own, nullable=("answer",)),
    Sealing("reports", ("signers",), _own),
    Sealing("report_objections", ("reasons",), _of("person_id"), reads=("person_id",)),
    Sealing("registration", ("priority_ground",), _of("person_id"), reads=("person_id",)),
)
NEW_COLUMNS = {"identity_index": ("person", "bytea")}


def upgrade() -> None:
    """Add, fill, require, drop, write anew."""
    _tables()
    keyring = Keyring(context.config.attributes["subject_keys"])
    with op.get_context().autocommit_block():
        for sealing in SEALINGS:
            _add(sealing)
            _fill(sealing, keyring)
            _require(sealing)
        grant("deposits", "UPDATE (paid_by_name_sealed, paid_by_account_sealed)")


def _tables() -> None:
    if sa.inspect(op.get_bind()).has_table("subject_keys"):
        return  # this upgrade was begun before
    op.create_table(
        "subject_keys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kek_id", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subject_keys"),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)",
            name="ck_subject_keys_gone_when_destroyed",
        ),
    )
    op.create_index("ix_subject_keys_kek_id", "subject_keys", ["kek_id"])
    op.create_table(
        "full_views",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("viewer_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("row_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_full_views"),
        sa.CheckConstraint(
            "what IN ('person', 'party', 'statement_line', 'payment_order')",
            name="ck_full_views_what_known",
        ),
    )
    op.create_index("ix_full_views_viewer_id_viewed_at", "full_views", ["viewer_id", "viewed_at"])
    append_only("full_views")
    grant("subject_keys", "SELECT, INSERT, UPDATE (kek_id, wrapped, destroyed_at)")


def _add(sealing: Sealing) -> None:
    table = sealing.table
    _run(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS subject_id uuid")
    for column in sealing.columns:
        _run(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column}_sealed bytea")
    for column, (owner, kind) in NEW_COLUMNS.items():
        if owner == table:
            _run(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {kind}")


def _fill(sealing: Sealing, keyring: Keyring) -> None:
    """Seal what is not sealed yet, one batch a commit."""
    if not _has_column(sealing.table, sealing.columns[0]):
        return  # filled and dropped by an upgrade that was cut off
    if sealing.guard:
        _run(f"ALTER TABLE {sealing.table} DISABLE TRIGGER {sealing.guard}")
    while rows := _unsealed(sealing):
        subjects = [sealing.subject(keyring, row) for row in rows]
        keys = _keys(keyring, subjects)
        values = [
            _sealed(sealing, keyring, row, keys[subject], subject)
            for row, subject in zip(rows, subjects, strict=True)
        ]
        _write(sealing, values)
    if sealing.guard:
        _run(f"ALTER TABLE {sealing.table} ENABLE TRIGGER {sealing.guard}")


def _unsealed(sealing: Sealing) -> list[Row]:
    read = dict.fromkeys((sealing.key, *sealing.columns, *sealing.reads))
    found = op.get_bind().execute(
        sa.text(
            f"SELECT {', '.join(read)} FROM {sealing.table} WHERE subject_id IS NULL"
            f" ORDER BY {sealing.key} LIMIT {BATCH}"
        )
    )
    return [dict(row._mapping) for row in found]


def _keys(keyring: Keyring, subjects: list[UUID]) -> dict[UUID, bytes]:
    """The opened keys of subjects; those without one get one."""
    connection, wanted = op.get_bind(), list(dict.fromkeys(subjects))
    made = [(subject, *keyring.wrap_new(subject)) for subject in wanted]
    connection.execute(
        sa.text(
            "INSERT INTO subject_keys (id, kek_id, wrapped, made_at)"
            " SELECT n.id, n.kek_id, n.wrapped, now() FROM unnest("
            "CAST(:ids AS uuid[]), CAST(:kek_ids AS varchar[]), CAST(:wrapped AS bytea[])"
            ") AS n(id, kek_id, wrapped) ON CONFLICT DO NOTHING"
        ),
        {
            "ids": [subject for subject, _, _ in made],
            "kek_ids": [kek_id for _, kek_id, _ in made],
            "wrapped": [wrapped for _, _, wrapped in made],
        },
    )
    found = connection.execute(
        sa.text("SELECT id, kek_id, wrapped FROM subject_keys WHERE id = ANY(:ids)"),
        {"ids": wanted},
    )
    return {row.id: keyring.unwrap(row.id, row.kek_id, row.wrapped) for row in found}


def _sealed(
    sealing: Sealing, keyring: Keyring, row: Row, key: bytes, subject: UUID
) -> dict[str, object]:
    row_id = _uuid(row[sealing.key])
    values: dict[str, object] = {"key": row_id, "subject_id": subject}
    for column in sealing.columns:
        place = Place(sealing.table, column, row_id, subject)
        text = row[column]
        if text is not None and not isinstance(text, str):
            text = json.dumps(text, ensure_ascii=False)
        values[f"{column}_sealed"] = None if text is None else seal(key, text, place)
    for column, derive in sealing.derived.items():
        values[column] = derive(keyring, row)
    return values


def _write(sealing: Sealing, values: list[dict[str, object]]) -> None:
    columns = [name for name in values[0] if name != "key"]
    kinds = {"subject_id": "uuid", "digest": "varchar"}
    arrays = [f"CAST(:{name} AS {kinds.get(name, 'bytea')}[])" for name in columns]
    op.get_bind().execute(
        sa.text(
            f"UPDATE {sealing.table} t SET {', '.join(f'{name} = n.{name}' for name in columns)}"
            f" FROM unnest(CAST(:key AS uuid[]), {', '.join(arrays)})"
            f" AS n(key, {', '.join(columns)}) WHERE t.{sealing.key} = n.key"
        ),
        {name: [value[name] for value in values] for name in ("key", *columns)},
    )


def _require(sealing: Sealing) -> None:
    """What is sealed must be there; what is plain must not, in the table's file either."""
    table = sealing.table
    required = ["subject_id", *sealing.derived]
    required += [f"{name}_sealed" for name in sealing.columns if name not in sealing.nullable]
    for column in required:
        _run(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    if not _has_constraint(f"fk_{table}_subject_id_subject_keys"):
        _run(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_subject_id_subject_keys"
            " FOREIGN KEY (subject_id) REFERENCES subject_keys (id) NOT VALID"
        )
    _run(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk_{table}_subject_id_subject_keys")
    if "identity_index" in sealing.derived and not _has_constraint("uq_person_identity_index"):
        _run(f"ALTER TABLE {table} ADD CONSTRAINT uq_person_identity_index UNIQUE (identity_index)")
    for column in sealing.columns:
        _run(f"ALTER TABLE {table} DROP COLUMN IF EXISTS {column}")
    _run("SET statement_timeout = 0")
    _run(f"VACUUM (FULL) {table}")
    _run("SET statement_timeout = '5s'")


def _has_column(table: str, column: str) -> bool:
    return any(found["name"] == column for found in sa.inspect(op.get_bind()).get_columns(table))


def _has_constraint(name: str) -> bool:
    found = op.get_bind().execute(
        sa.text("SELECT 1 FROM pg_constraint WHERE conname = :name"), {"name": name}
    )
    return found.first() is not None


def _run(statement: str) -> None:
    op.get_bind().execute(sa.text(statement))


def downgrade() -> None:
    """Personal data does not come back into the clear."""
    raise NotImplementedError("Restore a backup of before instead.")
