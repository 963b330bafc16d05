"""Real sockets against a live server on real PostgreSQL."""

import asyncio
import contextlib
import json
import socket
from datetime import timedelta
from uuid import UUID

import httpx2
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CloseCode
from websockets.protocol import State

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.store import journal
from auction.store.database import Database
from bidding.engine import Extension, Ladder, Rules
from bidding.hall.board import SessionState
from bidding.hall.receipt import verify
from bidding.hall.standstill import leave
from bidding.queries import bid_record
from bidding.queries import board as read_board
from tests.bidding.halls import LAW, AHall, Execute, a_hall
from tests.web.live.rooms import ARoom, a_room, a_signer
from web.live.connection import KERNEL_BYTES, UNSENT_BYTES_MAX
from web.live.protocol import DETAIL_MAX
from web.live.server import HSTS, plain_headers
from workers.demo.bidder import HallError

STEP = LAW.increment.fen
SOME_ID = UUID("01890000-0000-7000-8000-000000000007")
FRAME = 8192
START = LAW.starting_price.fen
SHORT = Rules(
    Ladder.MULTIPLE,
    Extension.RESET,
    LAW.starting_price,
    LAW.increment,
    timedelta(seconds=3),
    timedelta(seconds=3),
)


class TestBidding:
    async def test_a_bid_is_answered_with_a_receipt_and_shown_to_everybody(
        self, room: ARoom, hall: AHall
    ) -> None:
        bidder, watcher = room.bidder(hall, "A1"), room.client(hall)
        await bidder.enter()
        await watcher.enter()
        verdict = await bidder.bid(START)
        assert verdict["is_accepted"]
        assert verify(json.dumps(verdict["receipt"]).encode()) == []
        await watcher.until(lambda: watcher.leader == "A1", "the bid")
        assert watcher.number("price_fen") == START
        assert watcher.state["price_words"] == "壹仟元整"
        assert [bid["code"] for bid in watcher.bids.values()] == ["A1"]

    async def test_many_at_once_are_decided_in_one_order_that_all_see(
        self, room: ARoom, hall: AHall
    ) -> None:
        bidders = [room.bidder(hall, code) for code in ("A1", "B2", "C3")]
        for bidder in bidders:
            await bidder.enter()
        offers = [bidders[n % 3].bid(START + STEP * n) for n in range(60)]
        verdicts = await asyncio.gather(*offers)
        assert sorted(int(str(verdict["seq"])) for verdict in verdicts) == list(range(1, 61))
        accepted = {int(str(v["seq"])) for v in verdicts if v["is_accepted"]}
        for bidder in bidders:
            await bidder.until(lambda one=bidder: one.number("seq") == 60, "the last bid")
            assert set(bidder.bids) == accepted

    async def test_the_same_bid_id_again_gets_the_first_verdict_byte_for_byte(
        self, room: ARoom, hall: AHall
    ) -> None:
        bidder = room.bidder(hall, "A1")
        await bidder.enter()
        bid_id = SOME_ID
        first = await bidder.bid(START, bid_id=bid_id)
        await bidder.bid(START + STEP)
        again = await bidder.bid(START + 9 * STEP, bid_id=bid_id)
        assert json.dumps(again) == json.dumps(first)
        await bidder.until(lambda: bidder.number("seq") == 2, "the frame")

    async def test_a_client_that_was_cut_off_finds_out_and_misses_nothing(
        self, room: ARoom, hall: AHall
    ) -> None:
        cut, other = room.bidder(hall, "A1"), room.bidder(hall, "B2")
        await cut.enter()
        await other.enter()
        sent = await cut.send_bid(START)
        await other.until(lambda: other.leader == "A1", "the bid of the one to be cut off")
        await cut.cut()
        for n in range(1, 6):
            await other.bid(START + STEP * n)
        await cut.enter()
        verdict = await cut.fate(sent)
        assert verdict is not None
        assert verdict["is_accepted"]
        assert await cut.fate(str(SOME_ID)) is None
        assert sorted(cut.bids) == [1, 2, 3, 4, 5, 6]

    async def test_a_watcher_cannot_bid(self, room: ARoom, hall: AHall) -> None:
        watcher = room.client(hall)
        await watcher.enter()
        assert (await watcher.bid(START))["code"] == "not_a_bidder"

    async def test_what_was_missed_is_fetched(self, room: ARoom, hall: AHall) -> None:
        bidder, watcher = room.bidder(hall, "A1"), room.client(hall)
        await bidder.enter()
        for n in range(60):
            await bidder.bid(START + STEP * n)
        await watcher.enter()
        assert min(watcher.bids) == 11
        await watcher._say({"type": "fetch", "from_seq": 0})
        await watcher.until(lambda: len(watcher.bids) == 60, "the first ten bids")


class TestEnding:
    async def test_it_closes_itself_after_its_extensions(
        self, room: ARoom, now_database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(
            now_database, as_owner, rules=SHORT, lasts=timedelta(seconds=8), has_home=False
        )
        bidder, rival = room.bidder(hall, "A1"), room.bidder(hall, "Y1")
        await bidder.enter()
        await rival.enter()
        await bidder.bid(START)
        left = bidder.number("closes_at") / 1000 - now_database.clock.now().timestamp()
        await asyncio.sleep(max(left - 1.5, 0))
        assert (await bidder.bid(START + STEP))["is_extended"]
        assert (await rival.bid(START + STEP))["is_accepted"]
        await bidder.until(lambda: bidder.phase == "sold", "the end")
        assert bidder.leader == "Y1"
        late = await bidder.bid(START + 2 * STEP)
        assert late["reason"] == "late"
        async with now_database.reading() as session:
            record = await bid_record(session, hall.session_id)
            closes_at = record[2].closes_at_after
            assert all(
                (line.entered_at < closes_at) == (line.verdict == "accepted") for line in record
            )
            assert (await journal.verify(session)).is_sound

    async def test_bids_on_the_way_when_it_ends_are_decided_first(
        self, room: ARoom, now_database: Database, as_owner: Execute
    ) -> None:
        rules = Rules(Ladder.MULTIPLE, Extension.NONE, LAW.starting_price, LAW.increment)
        hall = await a_hall(
            now_database, as_owner, rules=rules, lasts=timedelta(seconds=6), has_home=False
        )
        bidder = room.bidder(hall, "A1")
        await bidder.enter()
        ids, amount = [], START
        while bidder.phase != "sold":
            ids.append(await bidder.send_bid(amount))
            amount += STEP
            await asyncio.sleep(0.01)
        async with now_database.reading() as session:
            record = await bid_record(session, hall.session_id)
            board = await read_board(session, hall.session_id)
        timely = [line for line in record if line.entered_at < board.closes_at]
        assert len(timely) > 20
        assert all(line.reason != "late" for line in timely)
        assert all(line.reason == "late" for line in record if line not in timely)
        assert board.price == timely[-1].amount


class TestHome:
    async def test_a_second_process_says_where_the_home_is(
        self, room: ARoom, hall: AHall, settings: Settings, now_database: Database
    ) -> None:
        bidder = room.bidder(hall, "A1")
        await bidder.enter()
        async with a_room(settings, now_database) as second:
            stranger, watcher = second.bidder(hall, "B2"), second.client(hall)
            with pytest.raises(Exception, match="home_elsewhere"):
                await stranger.enter()
            await watcher.enter()
            await bidder.bid(START)
            await watcher.until(lambda: watcher.leader == "A1", "the bid at the home")

    async def test_an_old_home_tells_its_bidders_to_ask_the_new_one(
        self, room: ARoom, hall: AHall, settings: Settings, now_database: Database
    ) -> None:
        bidder = room.bidder(hall, "A1")
        await bidder.enter()
        await bidder.bid(START)
        room.keeper.is_leaving = True  # it beats no more, as a process that hangs
        async with a_room(settings, now_database) as second:
            async with now_database.unit(SYSTEM) as work:
                await leave(work, home_id=room.keeper.home_id)
            rival = second.bidder(hall, "B2")
            await rival.enter()
            # Told so, or sent away before it could ask: never that the bid counted.
            with contextlib.suppress(HallError):
                assert (await bidder.bid(START + STEP))["code"] == "moved"
            await rival.until(lambda: rival.phase == "open", "the end of the pause")
            assert (await rival.bid(START + STEP))["is_accepted"]
        async with now_database.reading() as session:
            assert [line.code for line in await bid_record(session, hall.session_id)] == [
                "A1",
                "B2",
            ]

    async def test_a_drained_process_has_answered_everything_it_took(
        self, settings: Settings, now_database: Database, as_owner: Execute
    ) -> None:
        hall = await a_hall(now_database, as_owner, has_home=False)
        async with a_signer(settings):
            async with a_room(settings, now_database) as room:
                bidder = room.bidder(hall, "A1")
                await bidder.enter()
                offers = [asyncio.create_task(bidder.bid(START + STEP * n)) for n in range(30)]
                await bidder.until(lambda: bidder.number("seq") > 0, "the first batch")
            told = await asyncio.gather(*offers, return_exceptions=True)
        assert bidder._socket is not None
        assert bidder._socket.close_code == CloseCode.SERVICE_RESTART
        verdicts = [one for one in told if isinstance(one, dict) and one["type"] == "verdict"]
        async with now_database.reading() as session:
            record = await bid_record(session, hall.session_id)
            board = await read_board(session, hall.session_id)
        assert len(record) == len(verdicts)
        assert board.state is SessionState.OPEN


class TestDoor:
    async def test_every_answer_guards_the_browser(self, room: ARoom) -> None:
        plain = room.settings.live_origin.replace("ws://", "http://")
        async with httpx2.AsyncClient() as client:
            answers = [
                (answered.status_code, answered.headers)
                for path in ("/healthz", "/", "/no/such/place")
                for answered in [await client.get(f"{plain}{path}")]
            ]
        with pytest.raises(InvalidStatus) as refused:
            await connect(room.settings.live_origin, origin="https://evil.example")
        answers.append((refused.value.response.status_code, refused.value.response.headers))
        async with connect(room.settings.live_origin, origin=room.settings.web_origin) as opened:
            assert opened.response is not None
            answers.append((opened.response.status_code, opened.response.headers))
        assert [status for status, _ in answers] == [200, 426, 404, 403, 101]
        for status, headers in answers:
            told = {name.lower(): value for name, value in headers.items()}
            assert told["x-content-type-options"] == "nosniff", status
            assert told["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert told["cache-control"] == "no-store"
            assert told["referrer-policy"] == "no-referrer"
            assert "server" not in told
            assert "strict-transport-security" not in told

    def test_over_tls_browsers_are_told_to_stay_there(self, settings: Settings) -> None:
        secure = msgspec.structs.replace(settings, web_origin="https://luochui.example")
        assert plain_headers(secure)["Strict-Transport-Security"] == HSTS

    @pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1:8000.evil.example"])
    async def test_another_origin_is_not_let_in(self, room: ARoom, origin: str | None) -> None:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(room.settings.live_origin, origin=origin)

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ("no json", "not_understood"),
            ('{"type":"shout"}', "not_understood"),
            (
                '{"type":"bid","bid_id":"01890000-0000-7000-8000-000000000007","amount_fen":-1}',
                "not_understood",
            ),
            (
                '{"type":"bid","bid_id":"01890000-0000-7000-8000-000000000007","amount_fen":1.5}',
                "not_understood",
            ),
            (
                '{"type":"bid","bid_id":"01890000-0000-7000-8000-000000000007","amount_fen":100}',
                "hello_first",
            ),
            ('{"type":"hello","listing":"01890000-0000-7000-8000-000000000007"}', "no_session"),
        ],
    )
    async def test_what_it_does_not_understand_gets_one_word(
        self, room: ARoom, said: str, code: str
    ) -> None:
        async with connect(
            room.settings.live_origin,
            origin=room.settings.web_origin,
        ) as client:
            await client.send(said)
            assert json.loads(await client.recv())["code"] == code

    @pytest.mark.parametrize(
        ("said", "detail", "is_named"),
        [
            ("no json", "malformed", False),
            ('{"type":"shout"}', "'shout' - at `$.type`", False),
            ('{"type":"a\\u0000\\u202e\\n"}', "'a???' - at `$.type`", False),
            ('{"type":"ping","sent":1,"then":2}', "unknown field `then`", False),
            ('{"type":"fate","bid_id":"7"}', "Invalid UUID - at `$.bid_id`", False),
            (f'{{"type":"bid","bid_id":"{SOME_ID}"}}', "required field `amount_fen`", True),
            (
                f'{{"type":"bid","bid_id":"{SOME_ID}","amount_fen":1.5}}',
                "got `float` - at `$.amount_fen`",
                True,
            ),
            (
                f'{{"type":"bid","bid_id":"{SOME_ID}","amount_fen":100,"only_if_prise":0}}',
                "unknown field `only_if_prise`",
                True,
            ),
        ],
    )
    async def test_it_says_what_it_did_not_understand_and_of_which_bid(
        self, room: ARoom, said: str, detail: str, is_named: bool
    ) -> None:
        async with connect(room.settings.live_origin, origin=room.settings.web_origin) as client:
            await client.send(said)
            told = json.loads(await client.recv())
        assert (told["code"], detail in told["detail"]) == ("not_understood", True), told
        assert told["bid_id"] == (str(SOME_ID) if is_named else None)

    async def test_what_it_says_of_a_long_message_is_short(self, room: ARoom) -> None:
        async with connect(room.settings.live_origin, origin=room.settings.web_origin) as client:
            await client.send(json.dumps({"type": "x" * 3000}))
            told = json.loads(await client.recv())
        assert len(told["detail"]) == DETAIL_MAX + len("…")

    async def test_a_condition_with_its_name_misspelt_makes_no_bid(
        self, room: ARoom, hall: AHall
    ) -> None:
        bidder = room.bidder(hall, "A1")
        await bidder.enter()
        bid = {"type": "bid", "bid_id": str(SOME_ID), "amount_fen": START, "only_if_prise": 0}
        await bidder._say(bid)
        told = await bidder._answer(str(SOME_ID))
        assert told["code"] == "not_understood"
        assert await bidder.fate(str(SOME_ID)) is None

    async def test_a_second_hello_is_called_that(self, room: ARoom, hall: AHall) -> None:
        watcher = room.client(hall)
        await watcher.enter()
        await watcher._say({"type": "hello", "listing": str(hall.listing_id)})
        await watcher.until(lambda: bool(watcher.faults), "the fault")
        assert watcher.faults == ["hello_again"]

    async def test_a_used_ticket_admits_nobody(self, room: ARoom, hall: AHall) -> None:
        first = room.bidder(hall, "A1")
        assert first._get_ticket is not None
        secret = await first._get_ticket()

        async def same() -> str:
            return secret

        await room.client(hall, same).enter()
        with pytest.raises(Exception, match="ticket_not_valid"):
            await room.client(hall, same).enter()

    async def test_a_long_message_ends_the_conversation(self, room: ARoom) -> None:
        async with connect(
            room.settings.live_origin,
            origin=room.settings.web_origin,
        ) as client:
            await client.send("x" * 5000)
            with pytest.raises(ConnectionClosed) as ended:
                await client.recv()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1009

    async def test_fragments_are_one_message(self, room: ARoom) -> None:
        async with connect(
            room.settings.live_origin,
            origin=room.settings.web_origin,
        ) as client:
            await client.send(['{"type":"pi', 'ng","sent"', ":7}"])
            pong = json.loads(await client.recv())
        assert (pong["type"], pong["sent"]) == ("pong", 7)

    async def test_too_many_messages_are_answered_and_then_ended(self, room: ARoom) -> None:
        limit = room.settings.live_messages_a_second
        async with connect(
            room.settings.live_origin,
            origin=room.settings.web_origin,
        ) as client:
            for _ in range(limit * 2 + 2):
                await client.send('{"type":"ping","sent":1}')
            told = [json.loads(await client.recv()) for _ in range(limit * 2 + 2)]
        assert any(one.get("code") == "too_fast" for one in told)

    async def test_a_bidders_sockets_share_his_limit(self, room: ARoom, hall: AHall) -> None:
        limit = room.settings.live_messages_a_second_by_bidder
        sockets = [room.bidder(hall, "A1") for _ in range(3)]
        other = room.bidder(hall, "B2")
        for one in (*sockets, other):
            await one.enter()
        for n in range(limit * 2 + 2):  # some second holds more than the limit of these
            await sockets[n % 3]._say({"type": "ping", "sent": n})
        await sockets[0].until(
            lambda: any("too_fast" in one.faults for one in sockets), "a word about the pace"
        )
        assert (await other.bid(START))["is_accepted"]


async def test_one_socket_too_many_of_a_bidder_is_told_so_until_another_leaves(
    room: ARoom, hall: AHall
) -> None:
    sockets = [room.bidder(hall, "A1") for _ in range(room.settings.live_sockets_by_bidder)]
    for one in sockets:
        await one.enter()
    assert await _turned_away(room, hall, "A1") == ("too_many_sockets", 1008, "too_many_sockets")
    await room.bidder(hall, "B2").enter()
    assert (await sockets[0].bid(START))["is_accepted"]
    await sockets[1].leave()
    await room.bidder(hall, "A1").enter()


async def _turned_away(room: ARoom, hall: AHall, code: str) -> tuple[str, int, str]:
    """What a socket that finds no place is told, and with what it is closed."""
    get_ticket = room.bidder(hall, code)._get_ticket
    assert get_ticket is not None
    async with connect(room.settings.live_origin, origin=room.settings.web_origin) as client:
        said = {"type": "hello", "listing": str(hall.listing_id), "ticket": await get_ticket()}
        await client.send(json.dumps(said))
        told = json.loads(await client.recv())
        with pytest.raises(ConnectionClosed) as ended:
            await client.recv()
    assert ended.value.rcvd is not None
    return told["code"], ended.value.rcvd.code, ended.value.rcvd.reason


async def test_a_socket_that_does_not_read_is_ended_and_little_is_kept_for_it(
    room: ARoom, hall: AHall
) -> None:
    async with connect(
        room.settings.live_origin,
        origin=room.settings.web_origin,
        max_queue=1,
    ) as client:
        await client.send(json.dumps({"type": "hello", "listing": str(hall.listing_id)}))
        await client.recv()
        (ours,) = room.keeper._halls[hall.session_id].fanout.sockets
        wire = ours.transport.get_extra_info("socket")
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * KERNEL_BYTES
        most = 0
        while ours.protocol.state is State.OPEN:
            ours.tell(b'"%s"' % (b"x" * FRAME))
            most = max(most, ours.transport.get_write_buffer_size())
    assert UNSENT_BYTES_MAX < most <= UNSENT_BYTES_MAX + 2 * FRAME
