"""The road of the journey: its steps in the order in which an asset meets them."""

from workers.demo.journey import Step
from workers.demo.steps import (
    assist,
    bidding,
    court,
    finance,
    registration,
    settlement,
    valuation,
)

ROAD: tuple[Step, ...] = (
    court.steps_case,
    valuation.steps_valuation,
    court.steps_listing,
    registration.bidders_register,
    finance.deposits_arrive,
    registration.codes_arrive,
    bidding.bidders_bid,
    settlement.sale_is_confirmed,
    finance.refunds_are_paid,
    finance.balance_arrives,
    settlement.title_passes,
    settlement.assistance_is_asked,
    assist.steps_assist,
    settlement.plan_is_approved,
    settlement.payouts_are_ordered,
    finance.payouts_are_paid,
    settlement.everything_is_paid,
    settlement.taxes_are_shown_paid,  # 先税后证: the plan has paid the seller's taxes
    assist.steps_register,
    settlement.lot_is_delivered,
    assist.steps_papers,
    finance.books_close,
)
"""Each area's steps stand in workers/demo/steps/<area>.py; their order is decided here."""
