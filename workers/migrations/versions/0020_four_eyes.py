"""Four eyes: approval requests and approvals, who stands behind an account; one mechanism."""

import hashlib
import json
import secrets
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from auction.kernel.personal import Place, seal
from auction.store.personal.keyring import Keyring
from workers.migrations.grants import append_only, grant

revision = "0020"
down_revision = "0025"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROLES = (
    "visitor", "bidder", "officer", "panel", "supervisor", "finance_clerk", "finance_approver",
    "agency", "registry", "tax", "administrator", "system",
)  # fmt: skip
STATES = ("open", "spent", "rejected", "withdrawn", "replaced")
SEATS: dict[str, tuple[bool, list[list[str]]]] = {
    "role.grant": (False, [["administrator"], ["administrator"]]),
    "representative.name": (False, [["administrator"], ["administrator"]]),
    "listing.resume": (True, [["officer"], ["panel"]]),
    "plan.approve": (True, [["officer"], ["officer", "panel"]]),
    "disbursement.order": (True, [["finance_clerk"], ["officer"], ["finance_approver"]]),
    "disbursement.order_large": (
        True, [["finance_clerk"], ["officer"], ["supervisor"], ["finance_approver"]],
    ),
    "draw.open": (True, [["officer"], ["supervisor"]]),
    "draw.void": (True, [["officer"], ["supervisor"]]),
    "priority.decide": (True, [["officer", "panel"], ["panel"]]),
    "identity.open": (True, [["supervisor"], ["supervisor"]]),
}
"""For each action: of one court or not, then who proposes and who approves, in their order."""
SEEN = ("id", "action", "payload_hash", "proposer_natural")
HEAD = "LANGUAGE plpgsql SET search_path = public, pg_temp AS $$"

NATURAL_PERSON_OF = """
CREATE FUNCTION natural_person_of(account uuid) RETURNS uuid
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN person.kind = 'natural' THEN person.id ELSE representation.natural_id END
  FROM person LEFT JOIN representation ON representation.account_id = person.id
  WHERE person.id = account
$$
"""

# The clock of the server: a serving process cannot say that it is still yesterday. The suite,
# whose clock stands in March 2026, replaces it as the owner of the schema.
APPROVAL_CLOCK = """
CREATE FUNCTION approval_clock() RETURNS timestamptz
LANGUAGE sql STABLE AS $$ SELECT clock_timestamp() $$
"""

HOLDS_SEAT = """
CREATE FUNCTION approval_holds_seat(account uuid, held text, wanted text, place int, court text)
RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM approval_seat JOIN role_grant ON role_grant.role = ANY (approval_seat.roles)
    WHERE approval_seat.action = wanted AND approval_seat.seat = place
      AND role_grant.person_id = account AND role_grant.role = held
      AND role_grant.revoked_at IS NULL
      AND (NOT approval_seat.same_court OR role_grant.court_id = court)
  )
$$
"""


def _refuse(sentence: str, constraint: str) -> str:
    return (
        f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation',"
        f" CONSTRAINT = 'ck_{constraint}'; END IF;"
    )


CHECK_REQUEST = f"""
CREATE FUNCTION approval_check_request() RETURNS trigger {HEAD}
BEGIN
  IF NEW.state <> 'open' THEN
    {_refuse("a request begins open", "approval_request_begins_open")}
  IF NEW.proposer_natural IS DISTINCT FROM natural_person_of(NEW.proposed_by) THEN
    {_refuse("another person stands behind the account", "approval_request_natural")}
  IF NOT approval_holds_seat(NEW.proposed_by, NEW.proposer_role, NEW.action, 0, NEW.court_id) THEN
    {_refuse("the proposer does not hold the role", "approval_request_role")}
  RETURN NEW;
END $$
"""

CHECK_END = f"""
CREATE FUNCTION approval_check_end() RETURNS trigger {HEAD}
BEGIN
  IF OLD.state <> 'open' THEN
    {_refuse("a request ends once", "approval_request_ends_once")}
  IF to_jsonb(NEW) - ARRAY['state', 'ended_by', 'ended_at']
      IS DISTINCT FROM to_jsonb(OLD) - ARRAY['state', 'ended_by', 'ended_at'] THEN
    {_refuse("a request is never changed", "approval_request_unchanged")}
  IF NEW.state <> 'spent' THEN RETURN NEW; END IF;
  IF approval_clock() >= NEW.expires_at THEN
    {_refuse("the request is over", "approval_request_spent_in_time")}
  IF (SELECT count(*) FROM approval WHERE request_id = NEW.id)
      <> (SELECT max(seat) FROM approval_seat WHERE action = NEW.action) THEN
    {_refuse("an approval is missing", "approval_request_complete")}
  IF NOT approval_holds_seat(NEW.proposed_by, NEW.proposer_role, NEW.action, 0, NEW.court_id)
      OR EXISTS (SELECT FROM approval WHERE request_id = NEW.id AND NOT approval_holds_seat(
        approval.approved_by, approval.role, NEW.action, approval.seat, NEW.court_id)) THEN
    {_refuse("somebody no longer holds his role", "approval_request_roles_held")}
  RETURN NEW;
END $$
"""

CHECK_APPROVAL = f"""
CREATE FUNCTION approval_check_approval() RETURNS trigger {HEAD}
DECLARE request approval_request;
BEGIN
  SELECT * INTO request FROM approval_request WHERE id = NEW.request_id FOR UPDATE;
  IF request.state IS DISTINCT FROM 'open' THEN
    {_refuse("the request has ended", "approval_of_open_request")}
  IF greatest(NEW.approved_at, approval_clock()) >= request.expires_at THEN
    {_refuse("the request is over", "approval_in_time")}
  IF NEW.approver_natural IS DISTINCT FROM natural_person_of(NEW.approved_by) THEN
    {_refuse("another person stands behind the account", "approval_natural")}
  IF NEW.approver_natural = request.about_natural THEN
    {_refuse("nobody approves what is about himself", "approval_not_about_oneself")}
  IF NEW.seat <> 1 + (SELECT count(*) FROM approval WHERE request_id = NEW.request_id) THEN
    {_refuse("approvals come one after another", "approval_in_order")}
  IF NOT approval_holds_seat(
      NEW.approved_by, NEW.role, NEW.action, NEW.seat, request.court_id) THEN
    {_refuse("the approver does not hold the role", "approval_role")}
  RETURN NEW;
END $$
"""

TRIGGERS = (
    "CREATE TRIGGER approval_request_made BEFORE INSERT ON approval_request"
    " FOR EACH ROW EXECUTE FUNCTION approval_check_request()",
    "CREATE TRIGGER approval_request_ended BEFORE UPDATE ON approval_request"
    " FOR EACH ROW EXECUTE FUNCTION approval_check_end()",
    "CREATE TRIGGER approval_given BEFORE INSERT ON approval"
    " FOR EACH ROW EXECUTE FUNCTION approval_check_approval()",
)
FUNCTIONS = (NATURAL_PERSON_OF, APPROVAL_CLOCK, HOLDS_SEAT, CHECK_REQUEST, CHECK_END,
             CHECK_APPROVAL)  # fmt: skip
NAMES = (
    "approval_check_approval()", "approval_check_end()", "approval_check_request()",
    "approval_holds_seat(uuid, text, text, int, text)", "approval_clock()",
    "natural_person_of(uuid)",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, take the proposals of roles over, drop what held half-made decisions."""
    _make_seats()
    _make_requests()
    _make_approvals()
    _make_representations()
    _take_proposals_over()
    for statement in (*FUNCTIONS, *TRIGGERS):
        op.execute(statement)
    append_only("approval")
    for table in ("approval_request", "representation"):
        grant(table)
    grant("approval_seat", "SELECT")
    for table in ("listings", "sessions"):
        op.drop_column(table, "resumption_proposed_by")


def _known(column: str, values: tuple[str, ...], table: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def _person(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=f"fk_{table}_{column}_person")


def _make_seats() -> None:
    seats = op.create_table(
        "approval_seat",
        sa.Column("action", sa.String, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String), nullable=False),
        sa.Column("same_court", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("action", "seat", name="pk_approval_seat"),
        _known("action", tuple(SEATS), "approval_seat"),
    )
    op.bulk_insert(
        seats,
        [
            {"action": action, "seat": seat, "roles": roles, "same_court": same_court}
            for action, (same_court, parts) in SEATS.items()
            for seat, roles in enumerate(parts)
        ],
    )


def _make_requests() -> None:
    table = "approval_request"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("court_id", sa.String, nullable=True),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary, nullable=False),
        sa.Column("payload_hash", sa.String, nullable=False),
        sa.Column("about_natural", sa.Uuid, nullable=True),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposer_natural", sa.Uuid, nullable=False),
        sa.Column("proposer_role", sa.String, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ended_by", sa.Uuid, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_approval_request"),
        sa.UniqueConstraint(*SEEN, name="uq_approval_request_" + "_".join(SEEN)),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_keys.id"], name="fk_approval_request_subject_id_subject_keys"
        ),
        *(
            _person(column, table)
            for column in ("about_natural", "proposed_by", "proposer_natural", "ended_by")
        ),
        _known("action", tuple(SEATS), table),
        _known("proposer_role", ROLES, table),
        _known("state", STATES, table),
        sa.CheckConstraint(
            "expires_at > proposed_at AND expires_at <= proposed_at + interval '24 hours'",
            name=op.f("ck_approval_request_lives_a_day"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_approval_request_end_whole")
        ),
        sa.CheckConstraint(
            "state <> 'spent' OR ended_at < expires_at", name=op.f("ck_approval_request_spent_in_time")
        ),
        sa.CheckConstraint(
            "proposer_natural <> about_natural", name=op.f("ck_approval_request_not_about_oneself")
        ),
    )
    op.create_index(
        "uq_approval_request_open", table, ["action", "subject"], unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_approval_request_subject", table, ["subject"])
    op.create_index("ix_approval_request_proposed_by", table, ["proposed_by"])


def _make_approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("payload_hash", sa.String, nullable=False),
        sa.Column("proposer_natural", sa.Uuid, nullable=False),
        sa.Column("approved_by", sa.Uuid, nullable=False),
        sa.Column("approver_natural", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("approved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "seat", name="pk_approval"),
        sa.UniqueConstraint(
            "request_id", "approver_natural", name="uq_approval_request_id_approver_natural"
        ),
        sa.ForeignKeyConstraint(
            ["request_id", *SEEN[1:]], [f"approval_request.{name}" for name in SEEN],
            name="fk_approval_request",
        ),
        sa.ForeignKeyConstraint(
            ["action", "seat"], ["approval_seat.action", "approval_seat.seat"],
            name="fk_approval_seat",
        ),
        _person("approved_by", "approval"),
        _person("approver_natural", "approval"),
        _known("role", ROLES, "approval"),
        sa.CheckConstraint("seat >= 1", name=op.f("ck_approval_seat_of_approver")),
        sa.CheckConstraint(
            "approver_natural <> proposer_natural", name=op.f("ck_approval_two_persons")
        ),
    )
    op.create_index("ix_approval_approved_by", "approval", ["approved_by"])


def _make_representations() -> None:
    op.create_table(
        "representation",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("natural_id", sa.Uuid, nullable=False),
        sa.Column("named_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_representation"),
        _person("account_id", "representation"),
        _person("natural_id", "representation"),
        sa.CheckConstraint("account_id <> natural_id", name=op.f("ck_representation_somebody_else")),
    )


def _take_proposals_over() -> None:
    """Every proposal of a role becomes a request, open ones too; then their table goes.

    Who stood behind an account was not known then: the account itself is put down.
    """
    connection = op.get_bind()
    keyring = Keyring(context.config.attributes["subject_keys"])
    for row in connection.execute(sa.text("SELECT * FROM role_proposal")).mappings().all():
        request = _request(keyring, row)
        connection.execute(
            sa.text(
                "INSERT INTO subject_keys (id, kek_id, wrapped, made_at)"
                " VALUES (:id, :kek_id, :wrapped, :at)"
            ),
            request,
        )
        connection.execute(
            sa.text(
                "INSERT INTO approval_request (id, subject_id, action, subject, payload_sealed,"
                " payload_hash, about_natural, proposed_by, proposer_natural, proposer_role,"
                " proposed_at, expires_at, state, ended_by, ended_at) VALUES (:id, :id,"
                " 'role.grant', :subject, :payload, :digest, :about, :by, :by, 'administrator',"
                " :at, :until, :state, :ender, :ended)"
            ),
            request,
        )
        if row["state"] == "approved":
            connection.execute(
                sa.text(
                    "INSERT INTO approval VALUES (:id, 1, 'role.grant', :digest, :by, :ender,"
                    " :ender, 'administrator', :ended)"
                ),
                request,
            )
    op.drop_table("role_proposal")


def _request(keyring: Keyring, row: sa.RowMapping) -> dict[str, object]:
    """A proposal as the two tables hold it, its payload sealed under a key of its own."""
    payload = json.dumps(
        {
            "court": row["court_id"],
            "organisation": str(row["organisation_id"]) if row["organisation_id"] else None,
            "person": str(row["person_id"]),
            "role": row["role"],
            "salt": secrets.token_hex(16),
        },
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )  # fmt: skip
    kek_id, wrapped = keyring.wrap_new(row["id"])
    place = Place("approval_request", "payload", row["id"], row["id"])
    return {
        "id": row["id"], "kek_id": kek_id, "wrapped": wrapped, "subject": uuid4(),
        "payload": seal(keyring.unwrap(row["id"], kek_id, wrapped), payload, place),
        "digest": hashlib.sha256(payload.encode()).hexdigest(), "about": row["person_id"],
        "by": row["proposed_by"], "at": row["proposed_at"],
        "until": row["proposed_at"] + timedelta(hours=24),
        "state": {"approved": "spent", "rejected": "rejected"}.get(row["state"], "open"),
        "ender": row["decided_by"], "ended": row["decided_at"],
    }  # fmt: skip


def downgrade() -> None:
    """Drop them; proposals and half-made decisions are then to be made again."""
    for table in ("sessions", "listings"):
        op.add_column(table, sa.Column("resumption_proposed_by", sa.Uuid, nullable=True))
    for table in ("approval", "approval_request", "representation", "approval_seat"):
        op.drop_table(table)
    for function in NAMES:
        op.execute(f"DROP FUNCTION {function}")
    _make_proposals()


def _make_proposals() -> None:
    table = "role_proposal"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("court_id", sa.String, nullable=True),
        sa.Column("organisation_id", sa.Uuid, nullable=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_role_proposal"),
        *(_person(column, table) for column in ("person_id", "proposed_by", "decided_by")),
        *(
            sa.ForeignKeyConstraint(
                [f"{other}_id"], [f"{other}.id"], name=f"fk_{table}_{other}_id_{other}"
            )
            for other in ("court", "organisation")
        ),
        _known("role", ROLES, table),
        _known("state", ("proposed", "approved", "rejected"), table),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_role_proposal_two_persons")),
        sa.CheckConstraint(
            "person_id <> proposed_by AND person_id <> decided_by",
            name=op.f("ck_role_proposal_not_for_oneself"),
        ),
    )
    grant(table)
