import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import httpx2
import pytest
from sqlalchemy import select

from auction.cases.case import Party, PartyRole
from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import BidderCode, CaseId, CourtId, ListingId, PartyId, RegistrationId
from auction.law.warnings import SPECIAL_WARNINGS
from auction.listings.listing import Listing
from auction.people.identity import check_digit
from auction.people.organisation import Court
from auction.people.person import RoleGrant
from auction.people.queries import person_named
from auction.settlement.sale import PAYABLE, Sale, SaleState
from auction.store.database import Database
from auction.store.keys import KeyHolder
from bidding import admission, sealing
from bidding.commands import close_session, make_session
from bidding.engine import Extension, Ladder, Rules
from bidding.hall.session import SessionTerms
from bidding.hall_code import HallCode
from bidding.queries import session_of_listing
from bidding.registration import PriorityState, Registration, RegistrationState
from bidding.undertakings import UNDERTAKINGS
from tests.bidding.halls import AHall, a_placed_bid, home, place
from tests.conftest import Execute
from tests.web.browser import Browser, approves, forms_of
from tests.web.conftest import NewBrowser
from web.pages.bidder import Entry

SPACE = UUID("018f0000-0000-7000-8000-000000000000")
LISTING = uuid5(SPACE, "listing")
COURT = CourtId("浙0199")
JOIN = f"/lots/{LISTING}/join"
ROOM = f"/lots/{LISTING}/room"
PASSWORD = "参拍密码八位以上"
CODE = BidderCode("M4T9K2QX")
TEXTS = [text.key for text in (*SPECIAL_WARNINGS, *UNDERTAKINGS)]
FIRST17 = {"alice": "99010119900307001", "bob": "99010119900307002", "carol": "99010119900307003"}


@pytest.fixture
async def site(database: Database, as_owner: Execute, new_browser: NewBrowser) -> NewBrowser:
    """A published listing with its session, before anybody signed up."""
    await as_owner(
        "INSERT INTO cases (id, court_id, number, enforcement_basis, officer_id,"
        " debtor_is_enterprise, state, rulebook, opened_at, stay_ground) VALUES"
        f" ('{LISTING}', '{COURT}', '（2026）浙0199执88号', '', '{LISTING}', false, 'open', 'LAW',"
        " '2026-01-01', '')"
    )
    await as_owner(
        "INSERT INTO listings (id, lot_id, case_id, court_id, round, state, title,"
        " starting_price, increment, deposit, opens_at, closes_at, balance_days, rulebook,"
        " drafted_by, drafted_at, published_at, ground) VALUES"
        f" ('{LISTING}', '{LISTING}', '{LISTING}', '{COURT}', 'first_auction', 'published',"
        " '示范住宅', 118000000, 1000000, 11800000, '2026-03-03', '2026-03-04', 10, 'LAW',"
        f" '{LISTING}', '2026-01-01', '2026-01-02', '')"
    )
    async with database.unit(SYSTEM) as work:
        work.add(Court(id=COURT, name="示范法院"))
    return new_browser


def trouble(page: str) -> str:
    """What stands above a form that was refused."""
    return page.partition('id="trouble"')[2].partition("</div>")[0]


async def signed_up(browser: Browser, name: str = "alice") -> Browser:
    fields = {
        "kind": "natural",
        "name": name,
        "identity_number": FIRST17[name] + check_digit(FIRST17[name]),
        "username": name,
        "password": "correct horse battery",
        "has_agreed": "on",
    }
    answer = await browser.submit("/sign-up", "sign-up", fields)
    assert answer.status_code == 303, answer.text
    return browser


async def submitted(browser: Browser) -> httpx2.Response:
    await browser.submit(JOIN, "start-registration", {})
    for key in TEXTS:
        await browser.submit(JOIN, f"ack-{key}", {})
    return await browser.submit(
        JOIN, "submit-registration", {"room_password": PASSWORD, "room_password_again": PASSWORD}
    )


async def the_registration(database: Database) -> Registration:
    async with database.reading() as session:
        return (await session.scalars(select(Registration))).one()


async def qualified(database: Database) -> None:
    """What the worker and the sealer do once the deposit is held."""
    row = await the_registration(database)
    assert row.public_key is not None
    about = sealing.about_code(str(LISTING), str(row.id))
    box = sealing.seal(row.public_key, CODE.encode(), about=about, ephemeral=bytes(31) + b"\x07")
    async with database.unit(SYSTEM) as work:
        await admission.hold_registration(work, row.id)
    async with database.unit(SYSTEM) as work:
        await admission.qualify_registrations(work, boxes={RegistrationId(row.id): box})


async def add_session(database: Database) -> None:
    async with database.reading() as session:
        listing = await session.get_one(Listing, LISTING)
    terms = SessionTerms(
        listing_id=ListingId(LISTING),
        lot_id=listing.lot_id,
        court_id=COURT,
        opens_at=listing.opens_at,
        closes_at=listing.closes_at,
        rules=Rules(
            Ladder.MULTIPLE,
            Extension.RESET,
            listing.starting_price,
            listing.increment,
            timedelta(minutes=5),
            timedelta(minutes=5),
        ),
    )
    async with database.unit(SYSTEM) as work:
        await make_session(work, terms=terms)


class TestJoining:
    async def test_leads_task_by_task_to_an_account_to_pay_the_deposit_to(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        answer = await submitted(browser)
        assert answer.status_code == 303
        page = await browser.get(JOIN)
        assert "118,000.00" in page.text
        assert "955899" in page.text
        assert (await the_registration(database)).state is RegistrationState.DEPOSIT_AWAITED

    async def test_offers_no_password_while_a_warning_is_open(self, site: NewBrowser) -> None:
        browser = await signed_up(site())
        await browser.submit(JOIN, "start-registration", {})
        forms = forms_of((await browser.get(JOIN)).text)
        assert "submit-registration" not in forms
        remaining = (await browser.get(JOIN)).text.partition('id="remaining"')[2]
        assert all(f'href="#text-{key}"' in remaining for key in TEXTS)
        assert {f"ack-{key}" for key in TEXTS} <= set(forms)

    async def test_says_when_the_passwords_differ_and_hands_nothing_in(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await browser.submit(JOIN, "start-registration", {})
        for key in TEXTS:
            await browser.submit(JOIN, f"ack-{key}", {})
        answer = await browser.submit(
            JOIN, "submit-registration", {"room_password": PASSWORD, "room_password_again": "other"}
        )
        assert answer.status_code == 422
        assert "两次输入的参拍密码不一致" in answer.text
        assert (await the_registration(database)).state is RegistrationState.APPLIED

    async def test_refuses_the_sign_in_password_as_room_password(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await browser.submit(JOIN, "start-registration", {})
        for key in TEXTS:
            await browser.submit(JOIN, f"ack-{key}", {})
        same = "correct horse battery"
        answer = await browser.submit(
            JOIN, "submit-registration", {"room_password": same, "room_password_again": same}
        )
        assert answer.status_code == 422
        assert "参拍密码不能与登录密码相同" in answer.text
        assert (await the_registration(database)).state is RegistrationState.APPLIED

    @pytest.mark.parametrize(
        ("role", "mark"),
        [(PartyRole.APPLICANT, "as-applicant"), (PartyRole.RESPONDENT, "as-respondent")],
    )
    async def test_tells_a_party_of_the_case_what_bidding_means_for_him(
        self, site: NewBrowser, database: Database, role: PartyRole, mark: str
    ) -> None:
        browser = await signed_up(site())
        assert mark not in (await browser.get(JOIN)).text
        async with database.unit(SYSTEM) as work:
            me = (await work.session.execute(select(RoleGrant.person_id))).scalar_one()
            work.add(
                Party(
                    id=PartyId(work.new_id()), subject_key=await work.subject_key(me),
                    case_id=CaseId(LISTING), role=role, person_id=me,
                    name="alice", contact="", payout_name="", payout_bank="", payout_account="",
                    added_at=work.now,
                )
            )  # fmt: skip
        assert f'id="{mark}"' in (await browser.get(JOIN)).text

    async def test_tells_staff_of_the_enforcing_court_the_article(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        async with database.unit(SYSTEM) as work:
            me = (await work.session.execute(select(RoleGrant.person_id))).scalar_one()
            work.add(
                RoleGrant(
                    id=work.new_id(), person_id=me, role=Role.OFFICER, court_id=COURT,
                    organisation_id=None, granted_at=work.now, revoked_at=None,
                )
            )  # fmt: skip
        answer = await browser.submit(JOIN, "start-registration", {})
        assert answer.status_code == 422
        assert "网拍34" in answer.text

    async def test_sends_a_visitor_to_sign_in(self, site: NewBrowser) -> None:
        answer = await site().get(JOIN)
        assert answer.status_code in {303, 401, 403}

    async def test_in_english_says_nothing_in_chinese_that_it_should_not(
        self, site: NewBrowser
    ) -> None:
        browser = await signed_up(site())
        await browser.submit(JOIN, "start-registration", {})
        page = (await browser.get(f"{JOIN}?lang=en")).text
        assert "I have read and understood this" in page
        assert "我已阅读" not in page


class TestAWrongForm:
    async def test_names_each_field_and_its_limit_on_top(self, site: NewBrowser) -> None:
        fields = {"kind": "natural", "name": "", "identity_number": "1", "username": "carol"}
        page = await site().submit("/sign-up", "sign-up", {**fields, "password": "p" * 201})
        top = trouble(page.text)
        assert "姓名或单位名称：必填" in top
        assert "身份证号或统一社会信用代码：内容太短，至少 15 字" in top
        assert "密码：内容太长，最多 200 字" in top

    async def test_does_not_tell_whose_number_is_known(self, site: NewBrowser) -> None:
        await signed_up(site())
        number = FIRST17["alice"] + check_digit(FIRST17["alice"])
        fields = {"kind": "natural", "name": "other", "identity_number": number}
        more = {"username": "other", "password": "correct horse battery", "has_agreed": "on"}
        known_number = await site().submit("/sign-up", "sign-up", {**fields, **more})
        free = FIRST17["bob"] + check_digit(FIRST17["bob"])
        taken = {**fields, **more, "identity_number": free, "username": "alice"}
        known_name = await site().submit("/sign-up", "sign-up", taken)
        said = [trouble(page.text) for page in (known_number, known_name)]
        assert said[0] == said[1]
        assert "用户名或者证件号码可能已被使用" in said[0]


class TestTheRoom:
    async def test_is_open_to_anybody_to_watch(self, site: NewBrowser) -> None:
        page = await site().get(ROOM)
        assert page.status_code == 200
        assert "示范住宅" in page.text

    async def test_of_an_unpublished_listing_is_not_found(
        self, site: NewBrowser, as_owner: Execute
    ) -> None:
        await as_owner("UPDATE listings SET published_at = NULL")
        assert (await site().get(ROOM)).status_code == 404

    async def test_opens_the_code_by_the_password_and_keeps_the_seat(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await qualified(database)
        plain = f"/lots/{LISTING}/bid"
        assert CODE not in (await browser.get(plain)).text
        await add_session(database)
        answer = await browser.submit(ROOM, "enter-room", {"room_password": PASSWORD})
        assert answer.status_code == 303, answer.text
        assert CODE in (await browser.get(ROOM)).text

    async def test_gives_a_program_a_ticket_as_the_page_of_the_protocol_says(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await qualified(database)
        await add_session(database)
        await browser.submit(ROOM, "enter-room", {"room_password": PASSWORD})
        found = re.search(r'data-token="([0-9a-f]{64})"', (await browser.get(ROOM)).text)
        assert found is not None
        asked = {"accept": "application/json", "x-csrf-token": found[1]}
        # An empty body that is called a form, as common clients call it.
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await browser.client.post(f"{ROOM}/ticket", headers=asked | kind)
        assert (answer.status_code, list(answer.json())) == (200, ["ticket"])
        forged = await browser.client.post(f"{ROOM}/ticket", headers={"accept": asked["accept"]})
        assert forged.headers["content-type"] == "application/problem+json"
        told = forged.json()
        assert (told["status"], told["code"]) == (403, "form.forged")
        assert told["title"].endswith("。")

    async def test_a_wrong_password_opens_nothing(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await qualified(database)
        await add_session(database)
        answer = await browser.submit(ROOM, "enter-room", {"room_password": "something else"})
        assert answer.status_code == 422
        assert CODE not in (await browser.get(ROOM)).text

    async def test_says_amounts_in_words(self, site: NewBrowser) -> None:
        answer = await site().get("/amount-in-words?fen=128000000")
        assert answer.text == "壹佰贰拾捌万元整"
        assert (await site().get("/amount-in-words?fen=-1")).status_code == 422


class TestMyPage:
    async def test_says_what_waits_for_me(self, site: NewBrowser) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        page = (await browser.get("/me")).text
        assert f"/lots/{LISTING}/join#deposit" in page

    async def test_shows_nothing_of_others(self, site: NewBrowser) -> None:
        await submitted(await signed_up(site()))
        other = await signed_up(site(), "bob")
        assert str(LISTING) not in (await other.get("/me")).text


class TestWhatIsOver:
    async def test_takes_no_registration_and_says_so(
        self, site: NewBrowser, as_owner: Execute
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await as_owner("UPDATE listings SET state = 'sold'")
        for page in (
            (await browser.get(JOIN)).text,
            (await (await signed_up(site(), "bob")).get(JOIN)).text,
        ):
            assert 'id="over"' in page
            for gone in ('id="identity"', 'id="warnings"', "virtual-account", "start-registration"):
                assert gone not in page

    async def test_shows_its_result_in_the_room_without_any_script(
        self, site: NewBrowser, database: Database, clock: FrozenClock
    ) -> None:
        await add_session(database)
        async with database.reading() as session:
            board = await session_of_listing(session, ListingId(LISTING))
        assert board is not None
        hall = AHall(
            board.session_id, board.listing_id, board.opens_at, board.closes_at, LISTING, 0
        )
        hall = replace(hall, epoch=await home(database, hall))
        clock.advance(board.opens_at - clock.now())
        async with database.unit(SYSTEM) as work:
            work.add(HallCode(listing_id=ListingId(LISTING), code=CODE, issued_on_hour=work.now))
        await place(database, hall, a_placed_bid(database, 1_180_000, CODE))
        running = (await site().get(ROOM)).text.partition('id="words"')[0]
        assert "1 次出价" in running
        assert "竞价结束" not in running
        clock.advance(board.closes_at - clock.now())
        async with database.unit(SYSTEM) as work:
            await close_session(work, session_id=hall.session_id, epoch=hall.epoch)
        page = (await site().get(ROOM)).text.partition('id="words"')[0]
        for said in ("竞价结束，成交", f"竞得代码 {CODE}", "1,180,000.00"):
            assert said in page
        for gone in ("正在连接", "还没有人出价", "您尚未出价"):
            assert gone not in page

    async def test_a_waived_deposit_is_called_so_and_not_held(
        self, site: NewBrowser, as_owner: Execute
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        me = (await browser.get("/me")).text
        assert "无须交纳" not in me
        await as_owner("UPDATE registration SET state = 'deposit_held'")
        await as_owner(f"UPDATE deposits SET registration_id = '{LISTING}'")
        me = (await browser.get("/me")).text
        assert "无须交纳保证金，等待竞买代码" in me
        assert "保证金已到账" not in me


class TestAnEntryOfMine:
    def test_says_who_won_once_there_is_a_sale(self) -> None:
        entry = Entry(None, None, None, None, None, "")
        assert entry.ending == ""
        assert replace(entry, sale=Sale()).ending == "won"
        assert replace(entry, is_sold_to_another=True).ending == "not_won"

    @pytest.mark.parametrize("state", SaleState)
    def test_tells_an_account_to_pay_into_while_something_may_be_paid(
        self, state: SaleState
    ) -> None:
        entry = Entry(None, None, None, None, Sale(state=state), "")
        assert entry.is_unpaid == (state in PAYABLE | {SaleState.CONFIRMED})


async def panel_member(
    browser: Browser, database: Database, name: str, role: Role = Role.PANEL
) -> Browser:
    """Somebody who signed up and was then made a member of the panel, or given another role."""
    member = await signed_up(browser, name)
    async with database.unit(SYSTEM) as work:
        found = await person_named(work.session, name)
        work.add(
            RoleGrant(
                id=work.new_id(), person_id=found.id, role=role, court_id=COURT,
                organisation_id=None, granted_at=work.now, revoked_at=None,
            )
        )  # fmt: skip
    form = {"username": name, "password": "correct horse battery"}
    await member.submit("/account", "sign-out", {})  # staff sign in with a second factor
    assert (await member.submit("/sign-in", "sign-in", form)).status_code == 303
    return member


class TestThePanel:
    async def test_confirms_a_claim_with_its_rank(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await browser.submit(JOIN, "start-registration", {})
        await browser.submit(JOIN, "claim-priority", {"ground": "按份共有人"})
        panel = await panel_member(site(), database, "bob")
        row = await the_registration(database)
        answer = await panel.submit(
            "/court/priority", f"decide-{row.id}", {"decision": "confirm", "rank": "1"}
        )
        assert answer.status_code == 303, answer.text
        assert (await the_registration(database)).priority is PriorityState.CLAIMED
        other = await panel_member(site(), database, "carol")
        await approves(other)
        decided = await the_registration(database)
        assert (decided.priority, decided.priority_rank) == (PriorityState.CONFIRMED, 1)

    async def test_page_is_closed_to_bidders(self, site: NewBrowser) -> None:
        browser = await signed_up(site())
        assert (await browser.get("/court/priority")).status_code == 403


class TestOpeningWhoABidderIs:
    async def test_takes_two_supervisors_and_shows_it_to_them_alone(
        self, site: NewBrowser, database: Database, signer: KeyHolder
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await add_session(database)
        row = await the_registration(database)
        async with database.unit(SYSTEM) as work:
            await admission.hold_registration(work, row.id)
        told = await signer.ask("code.issue", registration_id=str(row.id))
        boxes = {RegistrationId(row.id): bytes.fromhex(told["sealed_code"])}
        async with database.unit(SYSTEM) as work:
            await admission.qualify_registrations(work, boxes=boxes)
        await browser.submit(ROOM, "enter-room", {"room_password": PASSWORD})
        async with database.reading() as session:
            code = str((await session.scalars(select(HallCode.code))).one())
        first, second = [
            await panel_member(site(), database, name, Role.SUPERVISOR) for name in ("bob", "carol")
        ]
        place = "/supervision/openings"
        asked = {"listing": str(LISTING), "code": code.lower(), "reason": "举报围标"}
        answer = await first.submit(place, "ask-opening", asked)
        assert answer.status_code == 303, answer.text
        opening = answer.headers["location"]
        assert "show-identity" not in forms_of((await first.get(opening)).text)
        await approves(second)
        assert "alice" not in (await first.get(opening)).text
        shown = await first.submit(opening, "show-identity", {})
        assert (shown.status_code, "alice" in shown.text) == (200, True)
        assert "alice" not in (await first.get(opening)).text
        assert code in (await second.get(place)).text
        public = await site().get(f"/lots/{LISTING}/service")
        assert "依法查明竞买人身份 1 次" in public.text

    async def test_page_is_closed_to_the_panel(self, site: NewBrowser, database: Database) -> None:
        panel = await panel_member(site(), database, "bob")
        assert (await panel.get("/supervision/openings")).status_code == 403


class TestMyReceipts:
    async def test_ask_for_the_password_and_then_show_what_was_bid(
        self, site: NewBrowser, database: Database
    ) -> None:
        browser = await signed_up(site())
        await submitted(browser)
        await qualified(database)
        await add_session(database)
        receipts = f"/lots/{LISTING}/receipts"
        answer = await browser.submit(receipts, "enter-room", {"room_password": PASSWORD})
        assert answer.headers["location"] == receipts
        assert CODE in (await browser.get(receipts)).text

    async def test_of_somebody_who_never_registered_are_not_found(self, site: NewBrowser) -> None:
        browser = await signed_up(site())
        assert (await browser.get(f"/lots/{LISTING}/receipts")).status_code == 404


class TestTheKeyOfTheReceipts:
    async def test_is_published_for_people_and_programs(self, site: NewBrowser) -> None:
        browser = site()
        told = (await browser.get("/hall/keys.json")).json()
        key = told["receipts"]["key"]
        assert len(bytes.fromhex(key)) == 32
        assert key in (await browser.get("/hall/keys")).text

    async def test_and_the_terms_of_the_auction_too(
        self, site: NewBrowser, database: Database
    ) -> None:
        await add_session(database)
        terms = (await site().get(f"/lots/{LISTING}/terms.json")).json()
        assert (terms["start"], terms["extension"]) == ("1180000.00", "reset:300")
