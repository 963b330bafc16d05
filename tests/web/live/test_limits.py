"""Whose messages are counted together, and what is too many."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from auction.kernel.ids import BidderCode, SessionId
from auction.kernel.settings import Settings
from bidding.hall.ticket import Admission
from web.live.limits import Limits, Meter, Places, Pressure, address_of

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
HERE, THERE = "192.0.2.1", "192.0.2.2"
MANY = 1000


def admitted(code: str, session: int = 1) -> Admission:
    return Admission(SessionId(UUID(int=session)), BidderCode(code), b"", "")


class TestCounting:
    def test_a_socket_has_its_own_share(self) -> None:
        meter = Meter(Limits(by_socket=2, by_bidder=MANY, by_address=MANY))
        told = [meter.count(1, HERE, None, NOON) for _ in range(3)]
        assert told == [Pressure.FINE, Pressure.FINE, Pressure.TOO_FAST]
        assert meter.count(2, HERE, None, NOON) is Pressure.FINE

    def test_all_sockets_of_a_bidder_share_one(self) -> None:
        meter = Meter(Limits(by_socket=MANY, by_bidder=2, by_address=MANY))
        told = [meter.count(n, f"192.0.2.{n}", admitted("A1"), NOON) for n in range(3)]
        assert told[-1] is Pressure.TOO_FAST
        assert meter.count(4, HERE, admitted("B2"), NOON) is Pressure.FINE
        assert meter.count(5, HERE, admitted("A1", session=2), NOON) is Pressure.FINE

    def test_all_sockets_of_an_address_share_one(self) -> None:
        meter = Meter(Limits(by_socket=MANY, by_bidder=MANY, by_address=2))
        told = [meter.count(n, HERE, None, NOON) for n in range(3)]
        assert told[-1] is Pressure.TOO_FAST
        assert meter.count(4, THERE, None, NOON) is Pressure.FINE

    def test_a_new_second_is_a_new_count(self) -> None:
        meter = Meter(Limits(by_socket=1, by_bidder=MANY, by_address=MANY))
        assert meter.count(1, HERE, None, NOON) is Pressure.FINE
        assert meter.count(1, HERE, None, NOON) is Pressure.TOO_FAST
        assert meter.count(1, HERE, None, NOON + timedelta(seconds=1)) is Pressure.FINE

    def test_ten_times_as_many_is_a_flood(self) -> None:
        meter = Meter(Limits(by_socket=1, by_bidder=MANY, by_address=MANY))
        told = [meter.count(1, HERE, None, NOON) for _ in range(11)]
        assert told[-2:] == [Pressure.TOO_FAST, Pressure.FLOOD]

    def test_the_hardest_pressure_counts(self) -> None:
        meter = Meter(Limits(by_socket=MANY, by_bidder=1, by_address=MANY))
        told = [meter.count(n, HERE, admitted("A1"), NOON) for n in range(11)]
        assert told[-1] is Pressure.FLOOD


def test_who_raises_a_narrow_limit_raises_the_wider_ones(settings: Settings) -> None:
    assert Limits.of(settings) == Limits(50, 100, 1000)
    raised = msgspec.structs.replace(settings, live_messages_a_second=100_000)
    assert Limits.of(raised) == Limits(100_000, 100_000, 100_000)


class TestPlaces:
    def test_a_bidder_has_so_many_in_one_session(self) -> None:
        places = Places(by_bidder=2, by_address=MANY)
        told = [places.take(n, f"192.0.2.{n}", admitted("A1")) for n in range(3)]
        assert told == [True, True, False]
        assert places.take(4, HERE, admitted("B2"))
        assert places.take(5, HERE, admitted("A1", session=2))

    def test_watchers_at_one_address_share_some_and_bidders_take_none_of_them(self) -> None:
        places = Places(by_bidder=MANY, by_address=2)
        assert [places.take(n, HERE, None) for n in range(3)] == [True, True, False]
        assert places.take(4, HERE, admitted("A1"))
        assert places.take(5, THERE, None)

    def test_whoever_leaves_frees_his_place_once(self) -> None:
        places = Places(by_bidder=1, by_address=1)
        assert places.take(1, HERE, None)
        assert not places.take(2, HERE, None)
        places.leave(2)  # it never had one
        assert not places.take(3, HERE, None)
        for _ in range(2):
            places.leave(1)
        assert places.take(4, HERE, None)
        assert not places.take(5, HERE, None)


class TestAddress:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "address"),
        [
            (HERE, "", HERE),
            (HERE, THERE, HERE),  # a stranger may say anything
            ("10.0.0.1", THERE, THERE),
            ("10.0.0.1", f"203.0.113.9, {THERE}", THERE),  # the client wrote the first one itself
            ("10.0.0.1", f"{THERE}, 10.0.0.2", THERE),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.2", "10.0.0.1"),
            ("10.0.0.1", "unknown", "unknown"),
            ("2001:db8:1:2:3:4:5:6", "", "2001:0db8:0001:0002"),
            ("::ffff:192.0.2.1", "", HERE),
            ("2001:db8:1:2:ffff::1", "", "2001:0db8:0001:0002"),
        ],
    )
    def test_is_the_last_one_that_no_proxy_of_ours_has(
        self, peer: str, forwarded: str, address: str
    ) -> None:
        assert address_of(peer, forwarded, frozenset({"10.0.0.1", "10.0.0.2"})) == address
