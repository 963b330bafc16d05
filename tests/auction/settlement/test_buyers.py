"""Joint buyers: what share each holds, and every paper of a sale that names them all."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.kernel.clock import FrozenClock
from auction.kernel.ids import PersonId
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.settlement.buyers import percent, shares_of
from auction.settlement.queries import published_result, sale
from auction.settlement.sale import JointBuyerDraft
from auction.store.database import Database
from tests.finance import pays_in
from tests.sales import BUYER, STRANGER, SaleDesk

COMPANY = "91110000600037341L"
THIRD = 333_300


def a_joint_buyer(name: str, *, share: int | None, person: int | None = None) -> JointBuyerDraft:
    return JointBuyerDraft(
        name=name,
        identity_number=COMPANY,
        identity_index=bytes(16),
        person_id=PersonId(UUID(int=person)) if person else None,
        share_ppm=share,
    )


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    return made


async def papers(database: Database, kind: NoticeKind) -> Sequence[Notice]:
    async with database.reading() as session:
        rows = await session.scalars(
            select(Notice).where(Notice.kind == kind).order_by(Notice.issued_at, Notice.id)
        )
        return rows.all()


class TestShares:
    @pytest.mark.parametrize(
        ("joint", "told"),
        [
            ([], [""]),
            ([400_000], ["60%", "40%"]),
            ([THIRD, THIRD], ["33.34%", "33.33%", "33.33%"]),
            ([None], ["1/2", "1/2"]),
            ([None, None], ["1/3", "1/3", "1/3"]),
            ([400_000, None], ["1/3", "1/3", "1/3"]),
        ],
    )
    def test_the_registered_buyer_holds_what_the_others_leave_or_all_hold_alike(
        self, joint: list[int | None], told: list[str]
    ) -> None:
        assert shares_of(joint) == told

    @pytest.mark.parametrize(("ppm", "told"), [(10_000, "1"), (5_000, "0.5"), (1_000_000, "100")])
    def test_a_percentage_has_no_idle_zeros(self, ppm: int, told: str) -> None:
        assert percent(ppm) == told


class TestPapers:
    async def test_name_all_buyers_with_their_shares_and_masked_numbers(
        self, desk: SaleDesk, database: Database
    ) -> None:
        offered = await desk.a_case_with_claims()
        won = await desk.a_deposit(listing_id=offered.listing_id)
        await desk.books(pays_in(won.amount, won.virtual_account))
        joint = (a_joint_buyer("某公司", share=400_000),)
        made = await desk.hammered(offered, won, joint=joint)
        (confirmation,) = await papers(database, NoticeKind.SALE_CONFIRMATION)
        assert confirmation.facts["buyer_name"] == "张三、某公司"
        rows = confirmation.facts["buyers"]
        assert isinstance(rows, list)
        assert [row["share"] for row in rows] == ["60%", "40%"]
        assert all("*" in row["identity"] for row in rows)
        async with database.reading() as session:
            told = await sale(session, made.id)
            shown = await published_result(session, offered.listing_id)
        assert shown is not None
        assert [buyer.name for buyer in told.buyers] == ["张三", "某公司"]
        assert shown.buyers == told.buyers

    async def test_go_to_every_joint_buyer_who_has_an_account(
        self, desk: SaleDesk, database: Database
    ) -> None:
        offered = await desk.a_case_with_claims()
        won = await desk.a_deposit(listing_id=offered.listing_id)
        await desk.books(pays_in(won.amount, won.virtual_account))
        joint = (
            a_joint_buyer("路人", share=None, person=108),
            a_joint_buyer("某公司", share=None),
        )
        made = await desk.hammered(offered, won, joint=joint)
        issued = await papers(database, NoticeKind.SALE_CONFIRMATION)
        addressees = {(one.addressee_name, one.addressee_person_id) for one in issued}
        assert addressees == {("张三", BUYER.person_id), ("路人", STRANGER.person_id)}
        assert issued[0].facts == issued[1].facts
        assert made.confirmation_notice_id in {one.id for one in issued}

    async def test_of_one_buyer_tell_no_share(self, desk: SaleDesk, database: Database) -> None:
        await desk.a_sale()
        (confirmation,) = await papers(database, NoticeKind.SALE_CONFIRMATION)
        rows = confirmation.facts["buyers"]
        assert isinstance(rows, list)
        assert [(row["name"], row["share"]) for row in rows] == [("张三", "全部")]
