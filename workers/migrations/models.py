"""Every table of the platform, gathered so that migrations can be compared with the models."""

import importlib

from sqlalchemy import MetaData

from auction.store.base import Base

ENTITY_MODULES = (
    "auction.store.platform",
    "auction.store.journal",
    "auction.store.outbox",
    "auction.store.pulse",
    "auction.store.personal.subject_key",
    "auction.store.full_views",
    "auction.notices.notice",
    "auction.people.organisation",
    "auction.people.person",
    "auction.people.credentials",
    "auction.people.factors",
    "auction.people.mailing",
    "auction.people.approvals.request",
    "auction.people.conflicts.barred",
    "auction.ledger.tables",
    "auction.ledger.statement",
    "auction.ledger.orders",
    "auction.ledger.virtual",
    "auction.deposits.deposit",
    "auction.cases.case",
    "auction.cases.claims",
    "auction.lots.asset",
    "auction.lots.lot",
    "auction.lots.draft_lot",
    "auction.listings.listing",
    "auction.settlement.sale",
    "auction.distribution.plan",
    "valuation.assignment",
    "valuation.roster",
    "valuation.drawing",
    "valuation.commission",
    "valuation.report",
    "bidding.registration",
    "bidding.hall_code",
    "bidding.hall.session",
    "bidding.hall.bid_entry",
    "bidding.hall.ticket",
    "bidding.availability.interval",
    "bidding.openings.opening",
    "bidding.records.foreign_bid",
    "bidding.eligibility.participant",
)


def metadata() -> MetaData:
    """Import all entities and return their tables."""
    for module in ENTITY_MODULES:
        importlib.import_module(module)
    return Base.metadata
