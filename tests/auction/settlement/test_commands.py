from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from sqlalchemy import select

from auction.deposits.deposit import Deposit, DepositState
from auction.kernel.actor import SYSTEM
from auction.kernel.clock import FrozenClock
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.law.taxes import Bearer, TaxKind
from auction.ledger.book import balance, find_account
from auction.ledger.chart import AccountKind
from auction.ledger.statement import LineState
from auction.listings.listing import Listing, ListingState
from auction.lots.asset import Seizure
from auction.lots.lot import Lot, LotState
from auction.notices.commands import record_receipt
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.settlement.commands import (
    ask_assistance,
    check_qualification,
    declare_default,
    deliver_lot,
    issue_ruling,
    miss_term,
    record_tax_lines,
    register_title,
    send_last_notice,
    serve_ruling,
    show_taxes_paid,
)
from auction.settlement.sale import Sale, SaleState
from auction.store.database import Database
from tests.finance import COURT, DEPOSIT, pays_in
from tests.sales import (
    BUREAU,
    BUYER,
    BUYER_DEED,
    OFFICER,
    PANEL,
    PRICE,
    REGISTRY,
    SELLER_VAT,
    STRANGER,
    SaleDesk,
)


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> SaleDesk:
    made = SaleDesk(database, clock)
    await made.found()
    return made


async def held(database: Database, kind: AccountKind, sale: Sale) -> Money:
    async with database.reading() as session:
        account = await find_account(session, kind, f"sale:{sale.id}", COURT)
        return (await balance(session, account)).posted if account else ZERO


class TestConfirming:
    async def test_the_winner_s_deposit_counts_and_the_others_go_back(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_sale()
        assert sale.state is SaleState.AWAITING_BALANCE
        assert (sale.deposit, sale.balance) == (DEPOSIT, PRICE - DEPOSIT)
        assert await held(database, AccountKind.PROCEEDS, sale) == DEPOSIT
        async with database.reading() as session:
            states = (await session.scalars(select(Deposit.state))).all()
            listing = await session.get_one(Listing, sale.listing_id)
            lot = await session.get_one(Lot, sale.lot_id)
        assert sorted(states) == [DepositState.APPLIED, DepositState.RELEASE_ORDERED]
        assert (listing.state, lot.state) == (ListingState.SOLD, LotState.SOLD)

    async def test_the_confirmation_names_the_winner_with_a_masked_number(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_sale()
        async with database.reading() as session:
            notice = await session.get_one(Notice, sale.confirmation_notice_id)
        assert notice.kind is NoticeKind.SALE_CONFIRMATION
        assert notice.facts["buyer_name"] == "张三"
        rows = notice.facts["buyers"]
        assert isinstance(rows, list)
        assert "*" in rows[0]["identity"]

    async def test_the_same_hammer_again_is_the_same_sale(
        self, desk: SaleDesk, database: Database
    ) -> None:
        offered = await desk.a_case_with_claims()
        won = await desk.a_deposit(listing_id=offered.listing_id)
        await desk.books(pays_in(won.amount, won.virtual_account))
        first = await desk.hammered(offered, won)
        again = await desk.hammered(offered, won)
        assert first.id == again.id
        assert await held(database, AccountKind.PROCEEDS, first) == DEPOSIT

    async def test_a_sell_off_at_its_prepaid_price_is_paid_at_once(self, desk: SaleDesk) -> None:
        offered = await desk.a_case_with_claims()
        won = await desk.a_deposit(listing_id=offered.listing_id)
        await desk.books(pays_in(won.amount, won.virtual_account))
        sale = await desk.hammered(offered, won, price=won.amount)
        assert (sale.state, sale.balance) == (SaleState.PAID, ZERO)
        assert sale.ruling_due_at is not None

    async def test_the_balance_is_due_when_the_announcement_said(self, desk: SaleDesk) -> None:
        sale = await desk.a_sale()
        assert sale.balance_due_at - sale.closed_at > timedelta(days=10)
        assert sale.balance_due_at - sale.closed_at <= timedelta(days=11)


class TestBalance:
    async def test_comes_in_parts_and_the_last_fen_makes_the_sale_paid(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_sale()
        await desk.books(pays_in(Money.yuan(900_000), sale.virtual_account))
        part = await desk.sale(sale.id)
        assert (part.state, part.balance) == (SaleState.AWAITING_BALANCE, Money.yuan(50_000))
        await desk.books(pays_in(Money.yuan(50_000), sale.virtual_account))
        paid = await desk.sale(sale.id)
        assert paid.state is SaleState.PAID
        assert paid.ruling_due_at is not None
        assert await held(database, AccountKind.PROCEEDS, sale) == PRICE

    async def test_more_than_is_due_is_not_taken_silently(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_sale()
        (line,) = await desk.books(pays_in(sale.balance + Money(1), sale.virtual_account))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "sale.overpaid")
        assert (await desk.sale(sale.id)).balance == PRICE - DEPOSIT
        assert await held(database, AccountKind.PROCEEDS, sale) == DEPOSIT

    async def test_nothing_is_taken_once_all_is_paid(self, desk: SaleDesk) -> None:
        sale = await desk.a_paid_sale()
        (line,) = await desk.books(pays_in(Money(1), sale.virtual_account))
        assert (line.state, line.reason) == (LineState.UNIDENTIFIED, "sale.not_payable")


class TestDefault:
    async def test_forfeits_the_deposit_after_a_last_chance(
        self, desk: SaleDesk, database: Database, clock: FrozenClock
    ) -> None:
        sale = await desk.a_sale()
        with pytest.raises(Refusal, match=r"sale\.term_runs"):
            async with database.unit(SYSTEM) as work:
                await miss_term(work, sale.id)
        clock.advance(timedelta(days=12))
        async with database.unit(SYSTEM) as work:
            await miss_term(work, sale.id)
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(OFFICER) as work:
                await declare_default(work, sale.id)
        async with database.unit(OFFICER) as work:
            await send_last_notice(work, sale.id)
        with pytest.raises(Refusal, match=r"sale\.term_runs"):
            async with database.unit(OFFICER) as work:
                await declare_default(work, sale.id)
        clock.advance(timedelta(days=6))
        async with database.unit(OFFICER) as work:
            defaulted = await declare_default(work, sale.id)
        assert defaulted.state is SaleState.DEFAULTED
        assert await held(database, AccountKind.FORFEITED, sale) == DEPOSIT
        assert await held(database, AccountKind.PROCEEDS, sale) == ZERO

    async def test_a_late_payment_still_saves_the_sale(
        self, desk: SaleDesk, database: Database, clock: FrozenClock
    ) -> None:
        sale = await desk.a_sale()
        clock.advance(timedelta(days=12))
        async with database.unit(SYSTEM) as work:
            await miss_term(work, sale.id)
        await desk.books(pays_in(sale.balance, sale.virtual_account))
        assert (await desk.sale(sale.id)).state is SaleState.PAID


class TestRuling:
    async def test_is_not_given_before_the_qualification_was_proven_again(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_paid_sale()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(OFFICER) as work:
                await issue_ruling(work, sale.id, ruling_number="之一")

    async def test_is_never_given_to_a_buyer_without_qualification(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_paid_sale()
        async with database.unit(OFFICER) as work:
            await check_qualification(work, sale.id, is_qualified=False, evidence="限购")
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(OFFICER) as work:
                await issue_ruling(work, sale.id, ruling_number="之一")

    async def test_passes_title_when_the_buyer_signs_for_it(
        self, desk: SaleDesk, database: Database, clock: FrozenClock
    ) -> None:
        sale = await desk.a_ruled_sale()
        with pytest.raises(Refusal, match=r"sale\.ruling_unsigned"):
            async with database.unit(BUYER) as work:
                await serve_ruling(work, sale.id)
        clock.advance(timedelta(hours=1))
        async with database.unit(BUYER) as work:
            await record_receipt(work, sale.ruling_notice_id or UUID(int=0))
            served = await serve_ruling(work, sale.id)
        assert served.state is SaleState.TITLE_PASSED
        assert served.title_passed_at == clock.now()

    async def test_of_a_check_says_what_was_checked(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_paid_sale()
        with pytest.raises(Refusal, match=r"sale\.evidence_missing"):
            async with database.unit(OFFICER) as work:
                await check_qualification(work, sale.id, is_qualified=True, evidence=" ")
        assert (await desk.sale(sale.id)).state is SaleState.PAID

    async def test_has_a_number_of_its_own(self, desk: SaleDesk, database: Database) -> None:
        sale = await desk.a_paid_sale()
        async with database.unit(OFFICER) as work:
            await check_qualification(work, sale.id, is_qualified=True, evidence="查询结果")
            work.add(
                Seizure(
                    id=work.new_id(), asset_id=(await work.load(Lot, sale.lot_id)).asset_id,
                    ruling_number="（2026）浙0199执88号之一", seized_on=work.now.date(),
                    expires_on=work.now.date() + timedelta(days=700), recorded_at=work.now,
                )
            )  # fmt: skip
        for number, code in ((" ", "missing"), ("（2026）浙0199执88号之一", "conflict")):
            with pytest.raises(Refusal, match=rf"sale\.ruling_number.{code}"):
                async with database.unit(OFFICER) as work:
                    await issue_ruling(work, sale.id, ruling_number=number)

    async def test_that_was_never_issued_is_not_signed_for(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_paid_sale()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(BUYER) as work:
                await serve_ruling(work, sale.id)

    async def test_is_signed_for_by_nobody_else(self, desk: SaleDesk, database: Database) -> None:
        sale = await desk.a_ruled_sale()
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(STRANGER) as work:
                await serve_ruling(work, sale.id)

    async def test_a_panel_member_alone_cannot_rule(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_paid_sale()
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(PANEL) as work:
                await check_qualification(work, sale.id, is_qualified=True, evidence="x")


class TestTaxes:
    async def test_are_kept_as_the_bureau_assessed_them(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_taxed_sale()
        assert sale.state is SaleState.TAXES_ASSESSED

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            (replace(SELLER_VAT, bearer=Bearer.BUYER), "tax.bearer_unlawful"),
            (replace(BUYER_DEED, bearer=Bearer.SELLER), "tax.bearer_unlawful"),
            (replace(SELLER_VAT, amount=Money.yuan(27_001)), "tax.amount_above_rate"),
        ],
    )
    async def test_no_bearer_but_the_one_of_the_law(
        self, desk: SaleDesk, database: Database, line: object, code: str
    ) -> None:
        with pytest.raises(Refusal) as refused:
            await desk.a_taxed_sale(line)
        assert refused.value.code == code

    async def test_stamp_tax_may_stand_once_on_each_side(self, desk: SaleDesk) -> None:
        stamp = replace(
            SELLER_VAT, kind=TaxKind.STAMP, rate=Fraction(5, 10_000), amount=Money.yuan(450)
        )
        sale = await desk.a_taxed_sale(stamp, replace(stamp, bearer=Bearer.BUYER))
        assert sale.state is SaleState.TAXES_ASSESSED

    async def test_one_tax_stands_once_on_a_side(self, desk: SaleDesk) -> None:
        with pytest.raises(Refusal, match=r"tax\.line_twice"):
            await desk.a_taxed_sale(SELLER_VAT, BUYER_DEED, SELLER_VAT)

    async def test_a_letter_asks_for_something(self, desk: SaleDesk, database: Database) -> None:
        sale = await desk.a_ruled_sale()
        async with database.unit(BUYER) as work:
            await record_receipt(work, sale.ruling_notice_id or UUID(int=0))
            await serve_ruling(work, sale.id)
        with pytest.raises(Refusal, match=r"sale\.requests_missing"):
            async with database.unit(OFFICER) as work:
                await ask_assistance(
                    work, sale.id, registry_id=UUID(int=201), bureau_id=UUID(int=202),
                    requests=["", " "],
                )  # fmt: skip
        assert (await desk.sale(sale.id)).state is SaleState.TITLE_PASSED

    async def test_another_bureau_cannot_answer(self, desk: SaleDesk, database: Database) -> None:
        sale = await desk.a_ruled_sale()
        async with database.unit(BUYER) as work:
            await record_receipt(work, sale.ruling_notice_id or UUID(int=0))
            await serve_ruling(work, sale.id)
        await desk.ask_assistance(sale)
        other = replace(BUREAU, organisation_id=REGISTRY.organisation_id)
        with pytest.raises(Refusal, match=r"notice\.not_yours"):
            async with database.unit(other) as work:
                await record_tax_lines(work, sale.id, lines=[SELLER_VAT])


class TestHandOver:
    async def test_follows_vouchers_and_registration(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_taxed_sale()
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            async with database.unit(REGISTRY) as work:
                await register_title(work, sale.id, certificate_number="浙2026")
        async with database.unit(OFFICER) as work:
            await show_taxes_paid(work, sale.id, vouchers="完税凭证 1、2")
        async with database.unit(REGISTRY) as work:
            await register_title(work, sale.id, certificate_number="浙2026")
        async with database.unit(OFFICER) as work:
            delivered = await deliver_lot(work, sale.id)
        assert delivered.state is SaleState.DELIVERED
        async with database.reading() as session:
            assert (await session.get_one(Lot, sale.lot_id)).state is LotState.HANDED_OVER

    async def test_needs_the_numbers_of_its_papers(
        self, desk: SaleDesk, database: Database
    ) -> None:
        sale = await desk.a_taxed_sale()
        with pytest.raises(Refusal, match=r"sale\.vouchers_missing"):
            async with database.unit(OFFICER) as work:
                await show_taxes_paid(work, sale.id, vouchers=" ")
        async with database.unit(OFFICER) as work:
            await show_taxes_paid(work, sale.id, vouchers="完税凭证 1")
        with pytest.raises(Refusal, match=r"sale\.certificate_missing"):
            async with database.unit(REGISTRY) as work:
                await register_title(work, sale.id, certificate_number=" ")
        assert (await desk.sale(sale.id)).state is SaleState.TAXES_PAID
