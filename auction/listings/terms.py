"""The figures and dates of a listing as the rulebook derives and limits them; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Final, assert_never

from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.periods import earliest_after, ends_at
from auction.law.rule import Band, Rule
from auction.law.rulebook import Rulebook
from auction.listings.round import Round

OPENING_HOUR: Final = time(10, 0)
"""When a session opens by custom, in Beijing, on a day the court chooses."""
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the terms of one offer rest on."""

    round: Round
    is_movable: bool
    reference_price: Money
    previous_starting_price: Money | None = None
    """Of the round before; the second auction is measured against it (网拍26)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the panel votes on and the public reads."""

    starting_price: Money
    increment: Money
    deposit: Money
    opens_at: datetime
    closes_at: datetime
    balance_days: int

    @property
    def digest(self) -> str:
        """Names exactly these figures; a vote on others is no vote on these."""
        return sha256_hex(
            canon(
                {
                    "starting_price_fen": self.starting_price.fen,
                    "increment_fen": self.increment.fen,
                    "deposit_fen": self.deposit.fen,
                    "opens_at": self.opens_at.astimezone(BEIJING).isoformat(),
                    "closes_at": self.closes_at.astimezone(BEIJING).isoformat(),
                    "balance_days": self.balance_days,
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is lawful: the least and the most of every figure, for one ground and one moment."""

    starting_price_min: Money
    increment_max: Money
    deposit_min: Money
    deposit_max: Money
    opens_at_min: datetime
    window_min: timedelta


@dataclass(frozen=True, slots=True)
class Citation:
    """One term beside the article that decides it."""

    term: str
    basis: str
    says: str
    """The rule in short, as the page shows it."""


def propose(rules: Rulebook, ground: Ground, *, publish_at: datetime) -> Terms:
    """The least starting price, a usual increment, the least deposit, the first lawful day."""
    starting_price = starting_price_min(rules, ground)
    opens_at = _at_opening_hour(opens_at_min(rules, ground, publish_at))
    return Terms(
        starting_price=starting_price,
        increment=_usual_increment(increment_max(rules, starting_price)),
        deposit=_deposit_window(rules, ground, starting_price)[0],
        opens_at=opens_at,
        closes_at=opens_at + _window_min(rules, ground),
        balance_days=rules.integer("settle.balance_due"),
    )


def limits(
    rules: Rulebook, ground: Ground, *, starting_price: Money, publish_at: datetime
) -> Limits:
    """The lawful space around a starting price."""
    least, most = _deposit_window(rules, ground, starting_price)
    return Limits(
        starting_price_min=starting_price_min(rules, ground),
        increment_max=increment_max(rules, starting_price),
        deposit_min=least,
        deposit_max=most,
        opens_at_min=opens_at_min(rules, ground, publish_at),
        window_min=_window_min(rules, ground),
    )


def check(rules: Rulebook, ground: Ground, terms: Terms, *, publish_at: datetime) -> None:
    """Refuse the first figure that breaks a rule, naming the bound and the article."""
    lawful = limits(rules, ground, starting_price=terms.starting_price, publish_at=publish_at)
    if terms.starting_price < lawful.starting_price_min:
        raise Refusal(
            "listing.starting_price_too_low",
            least=lawful.starting_price_min,
            basis=rules.basis(_price_rule(ground)),
        )
    if ground.round is Round.SELL_OFF and terms.starting_price != lawful.starting_price_min:
        raise Refusal(
            "listing.sell_off_price_fixed",
            price=lawful.starting_price_min,
            basis=rules.basis(_price_rule(ground)),
        )
    if not Money(0) < terms.increment <= lawful.increment_max:
        raise Refusal(
            "listing.increment_too_large",
            most=lawful.increment_max,
            basis=rules.basis("auction.increment_band"),
        )
    if not lawful.deposit_min <= terms.deposit <= lawful.deposit_max:
        raise Refusal(
            "listing.deposit_outside",
            least=lawful.deposit_min,
            most=lawful.deposit_max,
            basis=rules.basis(_deposit_rule(ground)),
        )
    _check_dates(rules, ground, terms, lawful)


def _check_dates(rules: Rulebook, ground: Ground, terms: Terms, lawful: Limits) -> None:
    if terms.opens_at < lawful.opens_at_min:
        raise Refusal(
            "listing.opens_too_early",
            earliest=lawful.opens_at_min.isoformat(),
            basis=rules.basis(notice_rule(ground)),
        )
    if terms.closes_at - terms.opens_at < lawful.window_min:
        raise Refusal("listing.window_too_short", basis=rules.basis(_window_rule(ground)))
    if terms.balance_days < 1:
        raise Refusal("listing.balance_term_missing", basis=rules.basis("auction.balance_due"))


def starting_price_min(rules: Rulebook, ground: Ground) -> Money:
    """70 % of the reference price, or the last price less the largest cut; rounded up to a fen."""
    if ground.round is Round.FIRST_AUCTION:
        return ground.reference_price.at_rate_ceil(rules.ratio("auction.reserve_ratio_first"))
    if ground.previous_starting_price is None:
        raise Refusal("listing.no_previous_round", round=ground.round.value)
    if ground.round is Round.SELL_OFF:
        return ground.previous_starting_price
    return ground.previous_starting_price.at_rate_ceil(1 - rules.ratio("auction.price_cut_max"))


def increment_max(rules: Rulebook, starting_price: Money) -> Money:
    """The largest step that the band of this starting price allows."""
    band = _band_of(rules.bands("auction.increment_band"), starting_price)
    return max(starting_price.at_rate_floor(band.share), Money(1))


def opens_at_min(rules: Rulebook, ground: Ground, publish_at: datetime) -> datetime:
    """The first instant that leaves the whole notice period after a publication."""
    return earliest_after(publish_at, rules.rule(notice_rule(ground)))


def publish_at_min(rules: Rulebook, notified_at: datetime) -> datetime:
    """The first instant that leaves the parties their days before publication (网拍16)."""
    return earliest_after(notified_at, rules.rule("auction.notify_parties_before_pub"))


def relist_by(rules: Rulebook, passed_in_at: datetime) -> datetime:
    """Until when the second auction must be held (网拍26)."""
    return ends_at(passed_in_at, rules.rule("auction.second_round_within"))


def notice_rule(ground: Ground) -> str:
    """The key of the notice period of an offer."""
    thing = "movable" if ground.is_movable else "immovable"
    match ground.round:
        case Round.FIRST_AUCTION:
            return f"auction.notice_first_{thing}"
        case Round.SECOND_AUCTION:
            return f"auction.second_notice_{thing}"
        case Round.SELL_OFF:
            return f"selloff.notice_{thing}"
        case _:
            assert_never(ground.round)


def citations(rules: Rulebook, ground: Ground) -> Sequence[Citation]:
    """Every term with its article, in the order in which pages show them."""
    keys = (
        ("starting_price", _price_rule(ground)),
        ("increment", "auction.increment_band"),
        ("deposit", _deposit_rule(ground)),
        ("opens_at", notice_rule(ground)),
        ("closes_at", _window_rule(ground)),
        *_first_bid(ground),
        ("extension", "auction.extend_by"),
        ("balance_days", "auction.balance_due"),
    )
    return [Citation(term, rules.basis(key), says(rules.rule(key))) for term, key in keys]


def says(rule: Rule) -> str:
    """A rule in a few signs: `≥ 70%`, `≥ 15 day`, `5%–20%`."""
    sign = {"min": "≥ ", "max": "≤ ", "exact": "= "}.get(rule.bound, "")
    match rule.value:
        case (Fraction() as least, Fraction() as most):
            return f"{_percent(least)}–{_percent(most)}"
        case Fraction() as share if rule.key == "auction.price_cut_max":
            return f"≥ {_percent(1 - share)}"  # at most a fifth off is at least four fifths
        case Fraction() as share:
            return sign + _percent(share)
        case int() as number if rule.span is not None:
            return f"{sign}{number} {rule.span.value}"
        case tuple() as bands:
            shares = [_percent(band.share) for band in bands if isinstance(band, Band)]
            return sign + " / ".join(shares)
    return ""


def _percent(share: Fraction) -> str:
    tenths = share * 1000
    whole, rest = divmod(int(tenths), 10)
    return f"{whole}.{rest}%" if rest else f"{whole}%"


def _price_rule(ground: Ground) -> str:
    match ground.round:
        case Round.FIRST_AUCTION:
            return "auction.reserve_ratio_first"
        case Round.SECOND_AUCTION:
            return "auction.price_cut_max"
        case Round.SELL_OFF:
            return "selloff.price"
        case _:
            assert_never(ground.round)


def _deposit_rule(ground: Ground) -> str:
    """A sell-off is entered by paying the whole price first (法明传〔2017〕455号)."""
    is_sell_off = ground.round is Round.SELL_OFF
    return "selloff.prepay_ratio" if is_sell_off else "auction.deposit_ratio"


def _window_rule(ground: Ground) -> str:
    """How long somebody may bid: in a sell-off, how long the first bid is waited for."""
    return "selloff.period" if ground.round is Round.SELL_OFF else "auction.bid_window"


def _window_min(rules: Rulebook, ground: Ground) -> timedelta:
    return rules.duration(_window_rule(ground))


def _first_bid(ground: Ground) -> tuple[tuple[str, str], ...]:
    """In a sell-off the first bid starts the contest."""
    is_sell_off = ground.round is Round.SELL_OFF
    return (("first_bid", "selloff.bid_window_after_first_bid"),) if is_sell_off else ()


def _deposit_window(rules: Rulebook, ground: Ground, starting_price: Money) -> tuple[Money, Money]:
    if ground.round is Round.SELL_OFF:
        whole = starting_price.at_rate_ceil(rules.ratio("selloff.prepay_ratio"))
        return whole, whole
    least, most = rules.window("auction.deposit_ratio")
    return starting_price.at_rate_ceil(least), starting_price.at_rate_floor(most)


def _band_of(bands: Sequence[Band], starting_price: Money) -> Band:
    return next(band for band in bands if band.up_to is None or starting_price <= band.up_to)


def _usual_increment(most: Money) -> Money:
    """The largest of 1, 2, 5, 10, 20, 50 … yuan that fits; below a yuan, the most itself."""
    fitting = [
        Money.yuan(step * 10**power)
        for power in range(11)
        for step in _STEPS
        if Money.yuan(step * 10**power) <= most
    ]
    return max(fitting, default=most)


def _at_opening_hour(earliest: datetime) -> datetime:
    """The opening hour of a day counted in days; an exact instant becomes a whole second."""
    local = earliest.astimezone(BEIJING)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return datetime.combine(local.date(), OPENING_HOUR, BEIJING)
    begun = local.replace(microsecond=0)
    return begun if begun == local else begun + timedelta(seconds=1)
