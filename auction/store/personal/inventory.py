"""Every column of text, table by table: why it lies sealed, or why it may be read.

A test fails when a column stands in none of the groups or in two, so that whoever adds one says
what it may hold. States, moments, amounts and ids are no text and are not listed.
"""

from collections.abc import Mapping
from typing import Final

SEALED: Final[Mapping[str, tuple[str, ...]]] = {
    "who a person is": (
        "person.name_sealed", "person.identity_number_sealed", "parties.name_sealed",
        "assets.owner_name_sealed", "reports.signers_sealed", "notice.addressee_name_sealed",
        "participant.name_sealed", "participant.identity_number_sealed",
        "joint_buyer.name_sealed", "joint_buyer.identity_number_sealed",
    ),
    "where a person is reached": (
        "parties.contact_sealed", "mail_address.address_sealed", "letter.address_sealed",
    ),
    "who paid or is paid, and by which account": (
        "parties.payout_name_sealed", "parties.payout_account_sealed",
        "statement_lines.counterparty_name_sealed", "statement_lines.counterparty_account_sealed",
        "payment_orders.payee_name_sealed", "payment_orders.payee_account_sealed",
        "deposits.paid_by_name_sealed", "deposits.paid_by_account_sealed",
        "balance_receipt.payer_name_sealed", "balance_receipt.payer_account_sealed",
        "plan_line.payee_name_sealed", "plan_line.payee_account_sealed",
        "disbursement.payee_name_sealed", "disbursement.payee_account_sealed",
    ),
    "words in which people speak of themselves": (
        "statement_lines.remark_sealed", "registration.priority_ground_sealed",
        "plan_objection.reason_sealed", "report_objections.reasons_sealed",
    ),
    "what a paper says, names and numbers among it": (
        "notice.facts_sealed", "notice.answer_sealed", "approval_request.payload_sealed",
    ),
}  # fmt: skip
"""By why. Each is AES-256-GCM under the key of the row's subject."""

KEYED: Final[Mapping[str, tuple[str, ...]]] = {
    "tells equality alone, by a key outside the database": (
        "person.identity_index", "participant.identity_index", "joint_buyer.identity_index",
        "barred_person.identity_index",
        "statement_lines.digest", "code_holder.tag",
    ),
    "is a key itself, wrapped": ("subject_keys.wrapped",),
    "opens with a key that the signers keep, or the bidder's own code": (
        "hall_code.sealed_registration", "registration.sealed_code",
    ),
    "is the digest of a secret, or what a secret is mixed with": (
        "approval_request.payload_hash", "approval.payload_hash",
        "sign_in.token_digest", "credential.password_hash", "challenge.digest",
        "code_generator.salt", "registration.password_salt", "hall_admission.digest",
        "tickets.digest", "tickets.sign_in",
    ),
}  # fmt: skip
"""What says nothing without a key or a secret that the database does not hold."""

OPEN: Final[Mapping[str, tuple[str, ...]]] = {
    "names a court, an organisation or a place of law": (
        "court.id", "court.name", "organisation.name", "organisation.credit_code",
        "roster_entries.credit_code", "roster_entries.name", "roster_entries.region",
        "roster_snapshots.name", "roster_snapshots.version", "roster_snapshots.members",
        "commissions.credit_code", "commissions.agency_name", "parties.payout_bank",
        "role_grant.court_id", "approval_request.court_id", "accounts.court_id",
        "identity_opening.court_id", "barred_person.court_id", "auxiliary_body.credit_code",
        "assignments.court_id", "assets.court_id", "cases.court_id", "commissions.court_id",
        "deposits.court_id", "disbursement.court_id", "draw_numbers.court_id", "draws.court_id",
        "listings.court_id", "lots.court_id", "notice.court_id", "payment_orders.court_id",
        "plan.court_id", "postings.court_id", "registration.court_id", "sale.court_id",
        "sessions.court_id", "statement_lines.court_id", "statements.court_id",
        "transfers.court_id", "allocations.court_id", "virtual_accounts.court_id",
    ),
    "is a number of a file, a paper or a payment": (
        "cases.number", "plan.number", "reports.number", "seizures.ruling_number",
        "sale.ruling_number", "sale.certificate_number", "sale.tax_vouchers", "notice.code",
        "payment_orders.order_number", "deposits.order_number", "disbursement.order_number",
        "claims.title_document", "cases.enforcement_basis", "draft_lots.source_number",
        "statement_lines.claimed_as", "statements.file_name", "assets.registry_number",
    ),
    "is a virtual account of the court, one for each payment it awaits": (
        "virtual_accounts.number", "deposits.virtual_account", "sale.virtual_account",
        "statement_lines.virtual_account",
    ),
    "is published by law, or written to be published": (
        "lots.title", "assets.title", "assets.description", "assets.location", "listings.title",
        "listings.search_text", "listings.search_grams", "listing_items.text",
        "photographs.caption", "draft_lots.city", "draws.manifest", "draws.alpha", "draws.seed",
        "draws.result", "draw_contributions.commitment", "draw_contributions.reveal",
        "draw_proofs.proof", "draw_keys.key", "draw_keys.role", "draw_proofs.role",
        "draw_contributions.who", "draws.purpose", "assignments.field", "assignments.region",
        "investigation_items.finding",
    ),
    "is a code of the hall, which says nothing of its person": (
        "sale.code", "sessions.leading_code", "bid_entries.code", "tickets.code",
        "hall_code.code", "hall_admission.code", "identity_opening.code",
    ),
    "is another house's record of bids by its own codes, which lead to nobody here": (
        "foreign_bids.code", "foreign_bids.status",
    ),
    "is what a person chose to be called here; staff search by it": ("person.username",),
    "is what a device is called": ("sign_in.browser", "passkey.label"),
    "is the court's own reasoning about a matter, in which nobody needs to be named": (
        "cases.stay_ground", "parties.ended_because", "claims.ended_because", "lots.held_ground",
        "listings.ground", "listings.delay_ground", "panel_votes.opinion", "plan.note",
        "plan_objection.resolution", "report_objections.answer", "reports.remark",
        "draws.void_ground", "draws.void_ruling_digest", "sessions.pause_ground",
        "commissions.decline_ground", "assignments.negotiation_note",
        "assignments.appraisal_ground", "sale.qualification_evidence", "lots.price_basis",
        "lots.price_method", "party_notifications.impossible_because",
        "statement_lines.claim_reason", "full_views.reason", "original_openings.reason",
        "identity_opening.reason",
    ),
    "is a code, a kind or a reference by id": (
        "platform.rulebook", "cases.rulebook", "lots.rulebook", "listings.rulebook",
        "pulses.process", "homes.origin", "service_interval.origin", "notice.template",
        "accounts.owner_ref",
        "payment_orders.owner_ref", "postings.idempotency_key", "postings.event",
        "postings.subject_ref", "postings.posted_by", "acknowledgement.key",
        "listings.conditions",
        "acknowledgement.version", "listing_warnings.key", "listing_warnings.version",
        "listing_items.key", "tax_line.basis", "plan_line.basis", "plan_line.title",
        "reports.methods", "reports.faults", "statement_lines.reason", "bid_entries.reason",
        "subject_keys.kek_id", "approval_seat.roles",
    ),
    "is the digest of a file, or of text that is public": (
        "notice.digest", "notice.unsigned_digest", "notice.signed_under", "reports.pdf_digest",
        "photographs.digest", "photographs.original_digest", "photographs.sealed_digest",
        "listing_items.digest",
        "statements.file_digest", "postings.payload_digest", "roster_snapshots.digest",
        "draws.digest", "panel_votes.terms_digest", "party_notifications.terms_digest",
    ),
    "is a public key or a signature": (
        "passkey.credential_id", "passkey.public_key", "registration.public_key",
        "bid_batches.root", "bid_batches.signature", "bid_batches.public_key",
    ),
    "is the journal or the outbox: ids, codes, amounts and digests, never names": (
        "journal.stream", "journal.kind", "journal.leaf", "journal.hash", "journal_head.stream",
        "journal_head.hash", "bid_entries.leaf", "outbox.name", "outbox.channel", "outbox.body",
        "outbox.error", "outbox.correlation",
    ),
}  # fmt: skip
"""By why."""
