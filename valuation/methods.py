"""Which way to a reference price is open now (参考价2 to 14); pure."""

from dataclasses import dataclass
from enum import StrEnum

from auction.kernel.refusal import Refusal


class PricingMethod(StrEnum):
    """The four ways, in the order the law tries them (参考价2)."""

    NEGOTIATION = "negotiation"
    DIRECTED_INQUIRY = "directed_inquiry"
    ONLINE_INQUIRY = "online_inquiry"
    APPRAISAL = "appraisal"


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which methods are open."""

    failed: frozenset[PricingMethod] = frozenset()
    """Methods that were tried without a price, or could not be tried: a party is missing."""
    has_price_base: bool = False
    """A tax base price or a government price exists (参考价5)."""
    needs_inspection: bool = True
    """The thing must be looked at on the spot (参考价7)."""
    has_market_data: bool = False
    both_ask: PricingMethod | None = None
    """What both parties ask for: they may jump to it (参考价5, 7, 14)."""
    is_appraisal_required: bool = False
    """法律、行政法规规定必须委托评估 (参考价14)."""


def open_methods(now: Situation) -> tuple[PricingMethod, ...]:
    """The methods that may be begun, the first one the law tries before the others."""
    if now.is_appraisal_required:
        return (PricingMethod.APPRAISAL,)
    if now.both_ask is not None and now.both_ask not in now.failed:
        return (now.both_ask,)
    if PricingMethod.NEGOTIATION not in now.failed:
        return (PricingMethod.NEGOTIATION,)
    if now.has_price_base and PricingMethod.DIRECTED_INQUIRY not in now.failed:
        return (PricingMethod.DIRECTED_INQUIRY,)
    is_online_possible = now.has_market_data and not now.needs_inspection
    if is_online_possible and PricingMethod.ONLINE_INQUIRY not in now.failed:
        return (PricingMethod.ONLINE_INQUIRY,)
    return (PricingMethod.APPRAISAL,)


def require_open(method: PricingMethod, now: Situation) -> None:
    """Refuse with `valuation.method_not_open`, naming the method that comes first."""
    candidates = open_methods(now)
    if method not in candidates:
        raise Refusal("valuation.method_not_open", method=method, first=candidates[0])
