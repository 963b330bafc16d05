"""The detectors on small made-up leaks: each kind is found, and what is no leak is not."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4  # noqa: TID251

import pytest

from auction.kernel.ids import new_id
from tests.canary.joins import Row, orders, reached, row
from tests.canary.traces import Bird, Channel, Output, leaks

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TEN = NOON + timedelta(minutes=10)
NUMBER, ACCOUNT, CODE = "990101198001010015", "6222009", "M4T9K2QX"
BIRD = Bird("金丝雀", "canary", NUMBER, ACCOUNT, CODE, ids=frozenset({"reg-1"}))
IN_URL = "%E9%87%91%E4%B8%9D%E9%9B%80"
MANY = 40
MIXED = [pow(6, n + 5, 41) for n in range(MANY)]
"""1 to 40 in an order that agrees with no other one here."""
CODES = [f"CODE{pow(7, n + 9, 41):04d}" for n in range(MANY)]


def said(channel: Channel, text: str) -> list[object]:
    return list(leaks(BIRD, [Output(channel, "here", text.encode())]))


class TestAnOutput:
    @pytest.mark.parametrize("channel", list(Channel))
    @pytest.mark.parametrize("mark", ["金丝雀", "canary", NUMBER, ACCOUNT, "reg-1"])
    def test_with_the_code_and_a_mark_is_a_leak_anywhere(self, channel: Channel, mark: str) -> None:
        assert said(channel, f"M4T9K2QX ... {mark}")

    @pytest.mark.parametrize(
        "channel", [Channel.PAGES, Channel.FRAMES, Channel.LOGS, Channel.METRICS, Channel.VALKEY]
    )
    @pytest.mark.parametrize(
        "written",
        ["金丝雀", r"\u91d1\u4e1d\u96c0", "&#37329;&#19997;&#38592;", IN_URL],
    )
    def test_that_names_him_is_a_leak_however_it_is_written(
        self, channel: Channel, written: str
    ) -> None:
        assert said(channel, f"hello {written}")

    def test_with_his_code_alone_is_one_only_where_no_code_is_needed(self) -> None:
        found = {channel for channel in Channel if said(channel, "M4T9K2QX 1,000.00")}
        assert found == {Channel.LOGS, Channel.METRICS}

    def test_of_somebody_else_is_none(self) -> None:
        assert not [channel for channel in Channel if said(channel, "翠鸟 A2B3C4D5 reg-2")]


def people() -> dict[str, frozenset[str]]:
    return {f"b{n}": frozenset({f"person-{n:03d}"}) for n in range(MANY)}


def codes() -> dict[str, str]:
    return {f"b{n}": code(n) for n in range(MANY)}


def code(n: int) -> str:
    return CODES[n]


def innocent() -> list[Row]:
    """Registrations and seats of one listing, made at other times and in another order."""
    listing = str(uuid4())
    registrations = [
        row("registration", {
            "ctid": n, "xmin": 100 + n, "id": new_id(NOON + timedelta(seconds=n)),
            "person_id": f"person-{n:03d}", "listing_id": listing,
            "applied_at": NOON + timedelta(seconds=n), "state": "qualified",
        }) for n in range(MANY)
    ]  # fmt: skip
    seats = [
        row("hall_code", {
            "ctid": place, "xmin": 900 + place, "listing_id": listing, "code": code(n),
            "issued_on_hour": NOON, "state": "qualified",
        }) for place, n in enumerate(n - 1 for n in reversed(MIXED))
    ]  # fmt: skip
    return registrations + seats


def with_a_link(way: str) -> list[Row]:
    """The same with one more pair of rows that lead from person 3 to his code."""
    rows = innocent()
    third = rows[3].values
    link: dict[str, dict[str, object]] = {
        "id": {"xmin": 7001, "ref": third["id"], "code": code(3)},
        "instant": {"xmin": 7001, "at": third["applied_at"], "code": code(3)},
        "commit": {"xmin": third["xmin"], "code": code(3)},
        "millisecond in an id": {
            "xmin": 7001, "id": new_id(NOON + timedelta(seconds=3)), "code": code(3),
        },
        "inside JSON": {"xmin": 7001, "leaf": f'{{"by":"{third["id"]}","code":"{code(3)}"}}'},
        "inside bytes": {"xmin": 7001, "leaf": f'{{"a":["{third["id"]}","{code(3)}"]}}'.encode()},
    }  # fmt: skip
    return [*rows, row("planted", {"ctid": 1, **link[way]})]


def over_two_tables() -> list[Row]:
    third = innocent()[3].values
    ticket = uuid4()
    return [
        *innocent(),
        row("one", {"ctid": 1, "xmin": 7001, "ticket": ticket, "person": third["person_id"]}),
        row("other", {"ctid": 1, "xmin": 7002, "correlation": str(ticket), "code": code(3)}),
    ]


class TestJoins:
    def test_rows_that_share_only_what_many_share_lead_nowhere(self) -> None:
        found = reached(innocent(), people(), CODES, most=MANY // 4)
        assert set(found) == set(CODES)
        assert not any(found.values())

    @pytest.mark.parametrize(
        "way", ["id", "instant", "commit", "millisecond in an id", "inside JSON", "inside bytes"]
    )
    def test_one_shared_value_leads_to_the_one(self, way: str) -> None:
        found = reached(with_a_link(way), people(), CODES, most=MANY // 4)
        assert found[code(3)].keys() == {"b3"}
        assert not found[code(4)]

    def test_a_way_over_two_tables_is_found(self) -> None:
        assert reached(over_two_tables(), people(), CODES, most=MANY // 4)[code(3)].keys() == {"b3"}

    def test_what_many_codes_share_leads_to_none_of_them(self) -> None:
        hour = row("sign_in", {"xmin": 7001, "person_id": "person-007", "seen_at": NOON})
        assert not any(reached([*innocent(), hour], people(), CODES, most=MANY // 4).values())

    def test_a_way_that_all_codes_have_to_somebody_tells_no_code(self) -> None:
        session, officer = uuid4(), uuid4()
        bids = [
            row("bid", {"xmin": 7000 + n, "code": code(n), "batch": session}) for n in range(MANY)
        ]
        rest = [
            row("session", {"xmin": 6001, "id": session, "kept_by": officer}),
            row("case", {"xmin": 6002, "officer": officer, "respondent": "person-007"}),
        ]
        found = reached([*innocent(), *bids, *rest], people(), CODES, most=MANY // 4)
        assert not any(found.values())

    def test_the_sale_itself_leads_from_its_leading_code_to_nobody(self) -> None:
        sale, notice = uuid4(), uuid4()
        rows = [
            row("session", {"xmin": 8001, "sale": sale, "leading_code": code(3)}),
            row("notice", {"xmin": 8002, "sale": sale, "id": notice, "at": TEN}),
            row("person", {"xmin": 8003, "person_id": "person-003", "enrolled_at": TEN}),
        ]
        rows += innocent()
        common = frozenset({str(sale)})
        found = reached(rows, people(), CODES, most=MANY // 4, common=common)
        assert not any(found.values())
        assert reached(rows, people(), CODES, most=MANY // 4)[code(3)]

    def test_a_direct_way_is_found_beside_a_long_one_that_all_codes_have(self) -> None:
        session = uuid4()
        bids = [
            row(
                "bid",
                {"xmin": 7000 + n, "code": code(n), "prev": f"hash {n}", "is": f"hash {n + 1}"},
            )
            for n in range(MANY)
        ]
        batch = row("batch", {"xmin": 8000, "of": session, "top": "hash 1"})
        case = row("case", {"xmin": 8001, "session": session, "respondent": "person-003"})
        direct = row("entered", {"xmin": 8002, "by": "person-003", "code": code(3)})
        found = reached([*innocent(), *bids, batch, case, direct], people(), CODES, most=3)
        assert found[code(3)].keys() == {"b3"}
        assert not found[code(20)]

    def test_the_chain_of_the_journal_leads_from_no_entry_to_another(self) -> None:
        entries = [
            row("journal", {
                "xmin": 9000 + n, "hash": bytes([n]) * 32, "leaf": json.dumps(
                    {"prev": (bytes([n - 1]) * 32).hex(), "body": {"code": code(n)}}
                ).encode(),
            }) for n in range(1, MANY)
        ]  # fmt: skip
        same_moment = row(
            "journal", {"xmin": 9000, "hash": bytes(32), "recorded_at": NOON + timedelta(seconds=3)}
        )
        found = reached([*innocent(), same_moment, *entries], people(), CODES, most=MANY // 4)
        assert not any(found.values())

    def test_a_small_group_is_a_leak_too(self) -> None:
        batch = [
            row("registration", {"ctid": 900 + n, "xmin": 5000, "person_id": f"person-{n:03d}"})
            for n in (3, 4, 5)
        ]
        made = [
            row("hall_code", {"ctid": 900 + n, "xmin": 5000, "code": code(n)}) for n in (3, 4, 5)
        ]
        found = reached([*innocent(), *batch, *made], people(), CODES, most=MANY // 4)
        assert found[code(3)].keys() == {"b3", "b4", "b5"}


class TestOrders:
    def test_an_order_by_chance_tells_nothing(self) -> None:
        assert orders(innocent(), people(), codes()) == []

    @pytest.mark.parametrize("column", ["ctid", "xmin", "id", "at"])
    def test_the_same_order_in_two_tables_is_found(self, column: str) -> None:
        moments = [NOON + timedelta(minutes=n, seconds=n * n % 7) for n in range(MANY)]
        keys: dict[str, list[object]] = {
            "ctid": list(range(MANY)),
            "xmin": [9000 + n for n in range(MANY)],
            "id": [new_id(moment) for moment in moments],
            "at": list(moments),
        }
        seats = [row("seat", {"code": code(n), column: key}) for n, key in enumerate(keys[column])]
        found = orders([*innocent(), *seats], people(), codes())
        assert ("registration.applied_at", f"seat.{column}") in {
            (one.of_people, one.of_codes) for one in found
        }

    def test_backwards_is_an_order_too(self) -> None:
        seats = [row("seat", {"code": code(n), "n": MANY - n}) for n in range(MANY)]
        assert orders([*innocent(), *seats], people(), codes())


def test_an_id_made_at_another_time_shares_no_millisecond() -> None:
    assert row("t", {"id": UUID(int=0)}).tokens == {str(UUID(int=0))}
