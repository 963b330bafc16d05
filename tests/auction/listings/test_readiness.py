from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from auction.kernel.money import Money
from auction.law.rulebook import LAW
from auction.law.warnings import WARNING_KEYS
from auction.listings.items import ITEM_KEYS
from auction.listings.readiness import Gap, Standing, missing
from auction.listings.round import Round
from auction.lots.reference_price import ReferencePrice

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
PRICE = ReferencePrice(
    Money.yuan(1_000_000),
    "appraisal",
    "评报字1号",
    NOW - timedelta(days=30),
    NOW + timedelta(days=30),
)
COMPLETE = Standing(
    round=Round.FIRST_AUCTION,
    is_approved=True,
    items=ITEM_KEYS,
    warnings=WARNING_KEYS,
    reference_price=PRICE,
    first_published_at=None,
    seizure_expires_on=date(2026, 12, 31),
    opens_at=NOW + timedelta(days=39),
    closes_at=NOW + timedelta(days=40),
    passed_in_at=None,
    delay_ground="",
    unnotified=0,
    notified_at=NOW - timedelta(days=5),
)


def gaps(**changes: object) -> list[Gap]:
    return [item.gap for item in missing(LAW, replace(COMPLETE, **changes), NOW)]


class TestWhatIsMissing:
    def test_nothing_when_everything_is_there(self) -> None:
        assert gaps() == []

    def test_each_item_and_each_warning_by_itself(self) -> None:
        for key in ITEM_KEYS:
            assert gaps(items=ITEM_KEYS - {key}) == [Gap.ITEM]
        for key in WARNING_KEYS:
            assert gaps(warnings=WARNING_KEYS - {key}) == [Gap.WARNING]

    def test_the_panel_and_the_notices(self) -> None:
        assert gaps(is_approved=False) == [Gap.PANEL]
        assert gaps(unnotified=1) == [Gap.NOTIFICATION]
        assert gaps(notified_at=None) == [Gap.NOTIFICATION]
        assert gaps(notified_at=NOW - timedelta(days=3)) == [Gap.NOTIFIED_TOO_LATE]

    def test_a_price_that_was_never_fixed_or_has_run_out(self) -> None:
        assert gaps(reference_price=None) == [Gap.PRICE]
        over = replace(PRICE, valid_until=NOW)
        assert gaps(reference_price=over) == [Gap.PRICE]

    def test_half_a_year_of_grace_once_the_first_auction_was_announced_in_time(self) -> None:
        over = replace(PRICE, valid_until=NOW - timedelta(days=1))
        announced = NOW - timedelta(days=10)
        assert gaps(reference_price=over, first_published_at=announced) == []
        assert gaps(reference_price=over, first_published_at=NOW) == [Gap.PRICE]
        older = replace(
            PRICE, set_at=NOW - timedelta(days=500), valid_until=NOW - timedelta(days=190)
        )
        early = NOW - timedelta(days=200)
        assert gaps(reference_price=older, first_published_at=early) == [Gap.PRICE]

    def test_a_second_auction_later_than_thirty_days_needs_its_reason(self) -> None:
        second = {"round": Round.SECOND_AUCTION, "passed_in_at": NOW - timedelta(days=1)}
        assert gaps(**second, opens_at=NOW + timedelta(days=28)) == []
        assert gaps(**second, opens_at=NOW + timedelta(days=31)) == [Gap.DELAY]
        assert gaps(**second, opens_at=NOW + timedelta(days=31), delay_ground="执行异议审查") == []

    def test_the_thirty_days_end_with_the_thirtieth_day_in_beijing(self) -> None:
        passed_in_at = datetime(2026, 3, 8, 2, 30, tzinfo=UTC)
        last = datetime(2026, 4, 7, 15, 59, 59, tzinfo=UTC)  # 7 April, 23:59:59 in Beijing
        second = {"round": Round.SECOND_AUCTION, "passed_in_at": passed_in_at}
        assert gaps(**second, opens_at=last) == []
        assert gaps(**second, opens_at=last + timedelta(seconds=2)) == [Gap.DELAY]

    def test_a_sell_off_is_announced_within_fifteen_days_of_the_second_failure(self) -> None:
        for days, found in ((14, []), (20, [Gap.DELAY])):
            passed_in_at = NOW - timedelta(days=days)
            assert gaps(round=Round.SELL_OFF, passed_in_at=passed_in_at) == found

    def test_a_seizure_that_ends_before_the_session(self) -> None:
        last_day = date(2026, 4, 18)
        assert gaps(seizure_expires_on=last_day) == []
        assert gaps(seizure_expires_on=last_day - timedelta(days=1)) == [Gap.SEIZURE]
        assert gaps(seizure_expires_on=None) == [Gap.SEIZURE]
