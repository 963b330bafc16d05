"""The practice hall goes by the real rules and touches nothing real."""

import json
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from auction.kernel.ids import SessionId
from auction.store.keys import KeyHolder
from bidding.hall.board import SessionState
from bidding.hall.receipt import verify, write_receipt
from tests.web.live.rooms import ARoom
from web.live.connection import HallConnection
from web.live.practice import (
    INCREMENT,
    PRACTICE,
    ROBOTS,
    STARTING_PRICE,
    VISITOR,
    Contest,
    Pace,
    PracticeGround,
)
from web.live.protocol import Bid
from web.live.server import unset_clock
from workers.demo.bidder import Bidder

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
START, STEP = STARTING_PRICE.fen, INCREMENT.fen
PACE = Pace()
SECOND = timedelta(seconds=1)


def number(n: int) -> UUID:
    return UUID(int=n)


@pytest.fixture
def contest() -> Contest:
    return Contest(PACE, SessionId(number(1)), NOON, Ed25519PrivateKey.generate())


class TestContest:
    def test_is_decided_by_the_real_rules(self, contest: Contest) -> None:
        low = contest.bid(VISITOR, Bid(number(1), START - STEP), NOON)
        good = contest.bid(VISITOR, Bid(number(2), START), NOON)
        off = contest.bid(VISITOR, Bid(number(3), START + STEP + 1), NOON)
        moved = contest.bid(VISITOR, Bid(number(4), START + STEP, 0), NOON)
        own = contest.bid(VISITOR, Bid(number(5), START + STEP, START), NOON)
        reasons = [one.reason for one in (low, good, off, moved, own)]
        assert reasons == ["below_starting_price", "", "off_ladder", "price_changed", ""]
        assert own.is_self_overbid
        assert [bid.seq for bid in contest.shown] == [2, 5]
        assert (contest.board.seq, contest.board.leading_code) == (5, VISITOR)

    def test_gives_the_first_verdict_again(self, contest: Contest) -> None:
        first = contest.bid(VISITOR, Bid(number(1), START), NOON)
        assert contest.bid(VISITOR, Bid(number(1), START + STEP), NOON + SECOND) == first
        assert contest.board.seq == 1

    def test_robots_outbid_the_visitor_and_never_each_other(self, contest: Contest) -> None:
        assert contest.robot_bids(number(1), NOON)
        assert not contest.robot_bids(number(2), NOON)
        contest.bid(VISITOR, Bid(number(3), START + STEP), NOON)
        assert contest.robot_bids(number(4), NOON)
        assert [bid.code for bid in contest.shown] == [ROBOTS[0], VISITOR, ROBOTS[1]]

    def test_the_last_word_of_the_robots_moves_the_end_and_then_the_visitor_wins(
        self, contest: Contest
    ) -> None:
        at = NOON
        for n in range(PACE.robot_bids - 1):
            assert contest.robot_bids(number(2 * n), at)
            contest.bid(VISITOR, Bid(number(2 * n + 1), contest.board.lowest_next.fen), at)
        assert not contest.robot_bids(number(90), at), "the last one waits for the end"
        at = contest.hall.closes_at - PACE.extend_by / 2
        assert contest.robot_bids(number(91), at)
        assert contest.board.extensions == 1
        contest.bid(VISITOR, Bid(number(92), contest.board.lowest_next.fen), at)
        assert not contest.robot_bids(number(93), contest.hall.closes_at - SECOND)
        assert not contest.close(contest.hall.closes_at - SECOND)
        assert contest.close(contest.hall.closes_at)
        assert contest.board.state is SessionState.SOLD
        assert contest.board.leading_code == VISITOR
        late = contest.bid(VISITOR, Bid(number(94), START + 90 * STEP), contest.hall.closes_at)
        assert late.reason == "late"
        assert not contest.close(contest.hall.closes_at)

    def test_without_a_bid_it_is_passed_in(self, contest: Contest) -> None:
        assert contest.close(NOON + PACE.lasts)
        assert contest.board.state is SessionState.PASSED_IN


def test_no_more_than_there_is_room_for_practise_at_once() -> None:
    nobody = cast("HallConnection", None)  # who is not let in is not looked at
    assert PracticeGround(unset_clock(), most=0).enter(nobody) is None


async def test_a_visitor_practises_over_the_real_line_and_leaves_no_trace(room: ARoom) -> None:
    visitor = Bidder(room.settings.live_origin, room.settings.web_origin, str(PRACTICE))
    room.clients.append(visitor)
    await visitor.enter()
    assert visitor.code == VISITOR
    verdict = await visitor.bid(START)
    assert verdict["is_accepted"]
    await visitor.until(lambda: visitor.leader == ROBOTS[0], "a robot's answer")
    assert await visitor.fate(str(verdict["bid_id"])) == verdict
    assert await visitor.fate(str(number(7))) is None
    await visitor._say({"type": "fetch", "from_seq": 0})
    assert sorted(visitor.bids) == [1, 2]
    async with room.database.reading() as session:
        for table in ("tickets", "sessions", "bid_entries", "journal"):
            assert not await session.scalar(text(f"SELECT count(*) FROM {table}")), table


async def test_its_receipts_are_whole_and_not_the_platforms(room: ARoom, contest: Contest) -> None:
    receipt = write_receipt(contest.bid(VISITOR, Bid(number(1), START), NOON).receipt)
    assert verify(receipt) == []
    assert json.loads(json.loads(receipt)["leaf"])["kind"] == "practice.bid"
    keys = KeyHolder(room.settings.signer_socket)
    public_key = bytes.fromhex((await keys.ask("receipt.public"))["public_key"])
    await keys.close()
    assert verify(receipt, public_key=public_key) == ["it was signed with another key"]
