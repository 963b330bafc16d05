"""What still stands between a draft and its publication; pure, for the page and the command."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auction.kernel.clock import BEIJING
from auction.law.periods import ends_at
from auction.law.rulebook import Rulebook
from auction.law.warnings import SPECIAL_WARNINGS
from auction.listings.items import ITEMS
from auction.listings.round import Round
from auction.listings.terms import publish_at_min, relist_by
from auction.lots.reference_price import ReferencePrice


class Gap(StrEnum):
    """A kind of thing that is missing."""

    ITEM = "item"
    WARNING = "warning"
    PANEL = "panel"
    PRICE = "price"
    SEIZURE = "seizure"
    NOTIFICATION = "notification"
    NOTIFIED_TOO_LATE = "notified_too_late"
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing, in words, with the article that asks for it."""

    gap: Gap
    what: str
    basis: str
    when: datetime | None = None
    """The instant that it hangs on, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything that a publication depends on, as it stands now."""

    round: Round
    is_approved: bool
    items: Collection[str]
    warnings: Collection[str]
    reference_price: ReferencePrice | None
    first_published_at: datetime | None
    """When the first auction of the lot was announced, if it was."""
    seizure_expires_on: date | None
    opens_at: datetime
    closes_at: datetime
    passed_in_at: datetime | None
    """When the round before ended without a bid; None for a first auction or a repeated round."""
    delay_ground: str
    """Why the term from then was missed, if it was."""
    unnotified: int
    """Parties that were neither notified of these figures nor noted as unreachable."""
    notified_at: datetime | None
    """When the last of them was."""


def missing(rules: Rulebook, standing: Standing, now: datetime) -> tuple[Missing, ...]:
    """Everything that is missing, in the order in which an officer would see to it."""
    return (
        *_panel(rules, standing),
        *(
            Missing(Gap.ITEM, item.title, item.basis)
            for item in ITEMS
            if item.key not in standing.items
        ),
        *(
            Missing(Gap.WARNING, warning.title, warning.basis)
            for warning in SPECIAL_WARNINGS
            if warning.key not in standing.warnings
        ),
        *_notifications(rules, standing, now),
        *_price(rules, standing, now),
        *_seizure(standing),
        *_delay(rules, standing, now),
    )


def _panel(rules: Rulebook, standing: Standing) -> tuple[Missing, ...]:
    if standing.is_approved:
        return ()
    basis = rules.basis("auction.panel_members_min")
    return (Missing(Gap.PANEL, "合议庭对现有数额的评议", basis),)


def _notifications(rules: Rulebook, standing: Standing, now: datetime) -> tuple[Missing, ...]:
    basis = rules.basis("auction.notify_parties_before_pub")
    if standing.unnotified or standing.notified_at is None:
        return (Missing(Gap.NOTIFICATION, "对当事人和已知优先购买权人的通知", basis),)
    earliest = publish_at_min(rules, standing.notified_at)
    if now < earliest:
        return (Missing(Gap.NOTIFIED_TOO_LATE, "通知后的法定间隔", basis, earliest),)
    return ()


def _price(rules: Rulebook, standing: Standing, now: datetime) -> tuple[Missing, ...]:
    """Valid now; or, in a later round, announced while valid and at most half a year over."""
    basis = rules.basis("valuation.validity_max")
    price = standing.reference_price
    if price is None:
        return (Missing(Gap.PRICE, "财产处置参考价", basis),)
    first = standing.first_published_at
    if first is not None and price.holds_at(first):
        grace = rules.rule("valuation.grace_after_expiry")
        if now < ends_at(price.valid_until, grace):
            return ()
    if price.holds_at(now):
        return ()
    return (Missing(Gap.PRICE, "在有效期内的财产处置参考价", basis),)


def _delay(rules: Rulebook, standing: Standing, now: datetime) -> tuple[Missing, ...]:
    """A later round has a term from the failure of the one before; missing it needs a reason."""
    if standing.passed_in_at is None or standing.delay_ground:
        return ()
    if standing.round is Round.SECOND_AUCTION:
        by, key = relist_by(rules, standing.passed_in_at), "auction.second_round_within"
        is_late, what = standing.opens_at > by, "未在法定期限内举行第二次拍卖的理由"
    else:
        key = "selloff.publish_within"
        by = ends_at(standing.passed_in_at, rules.rule(key))
        is_late, what = now > by, "未在法定期限内发布变卖公告的理由"
    if not is_late:
        return ()
    return (Missing(Gap.DELAY, what, rules.basis(key), by),)


def _seizure(standing: Standing) -> tuple[Missing, ...]:
    """A lapsed seizure stops every disposal (查扣冻27): it must outlast the session."""
    last_day = standing.closes_at.astimezone(BEIJING).date()
    if standing.seizure_expires_on is not None and standing.seizure_expires_on >= last_day:
        return ()
    return (Missing(Gap.SEIZURE, "覆盖整个拍卖期间的查封、扣押或者冻结", "查扣冻27; 民诉解释485"),)
