"""Joint buyers from the registration to the last paper of the sale, by the commands themselves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from auction.deposits.queries import deposit_of
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import ListingId, RegistrationId
from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from auction.law.warnings import VERSION
from auction.notices.notice import Notice
from auction.notices.render import paper_of, render
from auction.people.identity import check_digit
from auction.people.person import PersonKind
from auction.settlement.commands import check_qualification, issue_ruling
from auction.settlement.sale import Sale
from auction.store.database import Database
from auction.store.outbox import OutboxRow
from bidding import sealing
from bidding.admission import admit
from bidding.commands import close_session, place_bids
from bidding.eligibility.commands import Named, decide_participant, name_participant
from bidding.eligibility.participant import ParticipantKind
from bidding.enrolment import PasswordLock, acknowledge, register_bidder, start_registration
from bidding.hall.batch import PlacedBid
from bidding.queries import session_of_listing
from bidding.undertakings import texts_of
from tests.bidding.halls import AHall, a_placed_bid, home, sign
from tests.finance import pays_in
from tests.sales import BUYER, OFFICER, STRANGER, Offered, SaleDesk
from tests.tools import run
from tests.web.live.rooms import a_signer
from workers import halls
from workers.registrations import issue_codes, qualify_registration
from workers.wiring import Context, build_context, close_context

Execute = Callable[[str], Awaitable[None]]
SPACE = UUID("018f0000-0000-7000-8000-000000000000")
ID = RegistrationId(uuid5(SPACE, "registration"))
PRIVATE = bytes(range(32))
DAY = timedelta(days=1)
COMPANY = "91110000600037341L"
FIRST17 = "99010119800101108"
ORIGIN = "https://luochui.example"
JOINT = (
    Named(
        ParticipantKind.JOINT, PersonKind.NATURAL, "路人", FIRST17 + check_digit(FIRST17), 250_000
    ),
    Named(ParticipantKind.JOINT, PersonKind.LEGAL, "某公司", COMPANY, 150_000),
)


@pytest.fixture
async def context(settings: Settings, database: Database) -> AsyncIterator[Context]:
    made = build_context(settings, database.clock)
    async with a_signer(settings):
        yield made
    await close_context(made)


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    return made


async def opens_tomorrow(desk: SaleDesk, as_owner: Execute) -> Offered:
    offered = await desk.a_case_with_claims()
    opens_at = desk.clock.now() + DAY
    await as_owner(
        f"UPDATE listings SET opens_at = '{opens_at}', closes_at = '{opens_at + DAY}'"
        f" WHERE id = '{offered.listing_id}'"
    )
    return offered


async def registers_jointly(desk: SaleDesk, listing_id: ListingId) -> None:
    database = desk.database
    async with database.unit(BUYER) as work:
        await start_registration(work, ID, listing_id=listing_id)
    for named in JOINT:
        desk.clock.advance(timedelta(seconds=1))  # who is named first stands first
        async with database.unit(BUYER) as work:
            one = await name_participant(work, work.new_id(), registration_id=ID, named=named)
        async with database.unit(OFFICER) as work:
            await decide_participant(work, one.id, is_confirmed=True)
    for text in texts_of(()):
        async with database.unit(BUYER) as work:
            await acknowledge(work, ID, key=text.key, version=VERSION)
    lock = PasswordLock(bytes(16), sealing.public_key_of(PRIVATE))
    async with database.unit(BUYER) as work:
        await register_bidder(work, ID, lock=lock)


async def pays_and_gets_a_code(desk: SaleDesk, context: Context, listing_id: ListingId) -> str:
    async with desk.database.reading() as session:
        deposit = await deposit_of(session, ID)
    assert deposit is not None
    await desk.books(pays_in(deposit.amount, deposit.virtual_account))
    async with desk.database.unit(SYSTEM) as work:
        await qualify_registration(context, work, registration_id=str(ID))
    row = await job(desk.database, "issue_codes")
    await issue_codes(context, row.id, listing_id=str(listing_id))
    async with desk.database.unit(BUYER) as work:
        return await admit(work, ID, private_key=PRIVATE, secret=bytes(32))


async def job(database: Database, name: str) -> OutboxRow:
    async with database.reading() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.name == name))
        return rows.all()[-1]


async def wins(context: Context, desk: SaleDesk, offered: Offered, bid: PlacedBid) -> Sale:
    database = desk.database
    async with database.reading() as session:
        board = await session_of_listing(session, offered.listing_id)
    assert board is not None
    hall = AHall(
        board.session_id, offered.listing_id, board.opens_at, board.closes_at,
        uuid5(SPACE, "home"), 0,
    )  # fmt: skip
    epoch = await home(database, hall)
    async with database.unit(SYSTEM) as work:
        await place_bids(work, session_id=hall.session_id, epoch=epoch, bids=[bid], sign=sign)
    desk.clock.advance(DAY)
    async with database.unit(SYSTEM) as work:
        await close_session(work, session_id=hall.session_id, epoch=epoch)
    row = await job(database, "confirm_sale")
    await halls.confirm_sale(context, row.id, session_id=str(hall.session_id))
    async with database.reading() as session:
        found = await session.scalar(select(Sale).where(Sale.listing_id == offered.listing_id))
    assert found is not None
    return found


async def text_of(database: Database, notice_id: UUID | None, folder: Path) -> str:
    """What the paper of a notice says when it is read back from its PDF."""
    async with database.reading() as session:
        notice = await session.get_one(Notice, notice_id)
    file = folder / f"{notice_id}.pdf"
    file.write_bytes(render(paper_of(notice), ORIGIN))
    return "".join(run("pdftotext", file, "-").split())


async def bought_jointly(desk: SaleDesk, context: Context, as_owner: Execute) -> Sale:
    offered = await opens_tomorrow(desk, as_owner)
    await registers_jointly(desk, offered.listing_id)
    await halls.make_sessions(context)
    code = await pays_and_gets_a_code(desk, context, offered.listing_id)
    desk.clock.advance(DAY)
    bid = a_placed_bid(desk.database, 700_000, code)
    return await wins(context, desk, offered, bid)


async def test_all_buyers_stand_with_their_shares_on_every_paper_of_the_sale(
    desk: SaleDesk, context: Context, as_owner: Execute, tmp_path: Path
) -> None:
    sale = await bought_jointly(desk, context, as_owner)
    database = desk.database
    confirmation = await text_of(database, sale.confirmation_notice_id, tmp_path)
    assert "买受人：张三、路人、某公司（" in confirmation
    for name, share in (("张三", "60%"), ("路人", "25%"), ("某公司", "15%")):
        assert f"{name}：证件号码" in confirmation
        assert f"份额{share}" in confirmation
    assert COMPANY not in confirmation  # what is published shows masked numbers alone
    await desk.books(pays_in(sale.balance, sale.virtual_account))
    async with database.unit(OFFICER) as work:
        await check_qualification(work, sale.id, is_qualified=True, evidence="查询结果")
    async with database.unit(OFFICER) as work:
        ruled = await issue_ruling(work, sale.id, ruling_number="（2026）浙0199执88号之二")
    ruling = await text_of(database, ruled.ruling_notice_id, tmp_path)
    owned = "归买受人张三、路人、某公司按份共有（张三60%、路人25%、某公司15%）"
    assert owned in ruling
    await desk.deliver_notices()
    asked = await desk.title_passes(sale.id)
    for notice_id in (asked.registry_notice_id, asked.tax_notice_id):
        letter = await text_of(database, notice_id, tmp_path)
        assert f"某公司：证件号码{COMPANY}，份额15%" in letter
        assert "路人：证件号码990101198001011" in letter


async def test_a_joint_buyer_with_an_account_gets_his_own_confirmation(
    desk: SaleDesk, context: Context, as_owner: Execute
) -> None:
    await bought_jointly(desk, context, as_owner)
    async with desk.database.reading() as session:
        rows = await session.scalars(
            select(Notice).where(Notice.addressee_person_id == STRANGER.person_id)
        )
        assert [notice.kind.value for notice in rows] == ["sale_confirmation"]


async def test_a_joint_buyer_of_a_defaulted_sale_is_barred_from_the_next(
    desk: SaleDesk, context: Context, as_owner: Execute
) -> None:
    sale = await bought_jointly(desk, context, as_owner)
    await as_owner(f"UPDATE sale SET state = 'defaulted' WHERE id = '{sale.id}'")
    await as_owner(f"UPDATE listings SET state = 'published' WHERE id = '{sale.listing_id}'")
    await as_owner(
        f"UPDATE sessions SET state = 'scheduled' WHERE listing_id = '{sale.listing_id}'"
    )
    with pytest.raises(Refusal) as refused:
        async with desk.database.unit(STRANGER) as work:
            await start_registration(work, work.new_id(), listing_id=ListingId(sale.listing_id))
    assert refused.value.facts["article"] == "网拍24(2)"
