from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.cases.commands import stay_case
from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import BEIJING, FrozenClock
from auction.kernel.ids import AssetId, LotId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.lots.asset import AssetKind, InvestigationStatus, InvestigationSubject, Seizure
from auction.lots.commands import (
    NewAsset,
    NewLot,
    NewSeizure,
    advance_lot,
    complete_investigation,
    hold_lot,
    import_draft_lots,
    make_lot,
    record_reference_price,
    release_hold,
    renew_seizure,
    seize_asset,
    withdraw_lot,
)
from auction.lots.importing import COLUMNS, read_lots
from auction.lots.lot import Lot, LotState, LotTrigger
from auction.lots.photographs import add_photograph
from auction.lots.queries import asset, draft_lots, lot, seizure_in_force
from auction.lots.reference_price import ReferencePrice
from auction.store.database import Database
from tests.builders import ELSEWHERE, OFFICER, a_case, a_lot, an_actor, an_asset, day, findings, uid

HOME = NewAsset(id=AssetId(uid(400)), kind=AssetKind.HOME, title="一套住宅", description="")
SEIZED = NewSeizure(
    ruling_number="（2026）浙0199执88号之一",
    seized_on=day("2026-03-01"),
    expires_on=day("2029-03-01"),
)


class TestSeizure:
    @pytest.mark.parametrize(
        ("kind", "changes", "code"),
        [
            (AssetKind.HOME, {"expires_on": day("2029-03-02")}, "asset.seizure_too_long"),
            (AssetKind.VEHICLE, {"expires_on": day("2028-03-02")}, "asset.seizure_too_long"),
            (AssetKind.HOME, {"seized_on": day("2026-03-03")}, "asset.seizure_in_future"),
            (AssetKind.HOME, {"expires_on": day("2026-03-02")}, "asset.seizure_over"),
            (AssetKind.HOME, {"ruling_number": ""}, "case.field_empty"),
        ],
    )
    async def test_its_term_is_the_laws(
        self, database: Database, kind: AssetKind, changes: dict[str, object], code: str
    ) -> None:
        case_id = await a_case(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                seizure = replace(SEIZED, **changes)
                await seize_asset(work, case_id, new=replace(HOME, kind=kind), seizure=seizure)
        assert refused.value.code == code

    async def test_three_years_to_the_day_are_lawful_for_a_home(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.unit(OFFICER) as work:
            await seize_asset(work, case_id, new=HOME, seizure=SEIZED)
        async with database.reading() as session:
            found = await seizure_in_force(session, HOME.id)
        assert found is not None
        assert found.expires_on == day("2029-03-01")

    async def test_said_twice_it_is_one_asset(self, database: Database) -> None:
        case_id = await a_case(database)
        for _ in range(2):
            async with database.unit(OFFICER) as work:
                found = await seize_asset(work, case_id, new=HOME, seizure=SEIZED)
        assert found.id == HOME.id
        async with database.reading() as session:
            assert len((await session.scalars(select(Seizure))).all()) == 1

    async def test_a_case_at_rest_takes_hold_of_nothing_new(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.unit(OFFICER) as work:
            await stay_case(work, case_id, ground="执行中止")
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await seize_asset(work, case_id, new=HOME, seizure=SEIZED)
        assert refused.value.code == "case.not_open"

    async def test_it_is_renewed_before_it_lapses_and_never_after(
        self, database: Database, clock: FrozenClock
    ) -> None:
        asset_id = await an_asset(database, await a_case(database))
        longer = replace(SEIZED, expires_on=day("2028-12-31"))
        async with database.unit(OFFICER) as work:
            await renew_seizure(work, asset_id, seizure=longer)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await renew_seizure(work, asset_id, seizure=longer)
        assert refused.value.code == "asset.seizure_not_longer"
        clock.advance(timedelta(days=1100))
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await renew_seizure(work, asset_id, seizure=longer)
        assert refused.value.code == "asset.seizure_lapsed"


class TestInvestigation:
    async def test_every_subject_is_asked_for(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.unit(OFFICER) as work:
            await seize_asset(work, case_id, new=HOME, seizure=SEIZED)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await complete_investigation(work, HOME.id, findings=findings()[:-1])
        assert refused.value.facts == {"subject": "InvestigationSubject.defects"}

    async def test_checked_says_what_and_unknown_may_be_silent(self, database: Database) -> None:
        asset_id = await an_asset(database, await a_case(database))
        form = findings()
        form[0] = replace(form[0], finding=" ")
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await complete_investigation(work, asset_id, findings=form)
        assert refused.value.code == "asset.finding_empty"
        form[0] = replace(form[0], status=InvestigationStatus.UNKNOWN)
        async with database.unit(OFFICER) as work:
            await complete_investigation(work, asset_id, findings=form)
        async with database.reading() as session:
            first = (await asset(session, asset_id)).findings[0]
        assert first.subject is InvestigationSubject.OWNERSHIP
        assert first.status is InvestigationStatus.UNKNOWN

    async def test_who_looked_is_a_person(self, database: Database) -> None:
        asset_id = await an_asset(database, await a_case(database))
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(replace(OFFICER, person_id=None)) as work:
                await complete_investigation(work, asset_id, findings=findings())

    async def test_a_lot_that_waited_for_it_goes_on(self, database: Database) -> None:
        lot_id = await a_lot(database)
        async with database.unit(OFFICER) as work:
            waiting = await work.lock(Lot, lot_id)
            waiting.state = LotState.SEIZED
        async with database.unit(OFFICER) as work:
            await complete_investigation(work, AssetId(waiting.asset_id), findings=findings())
        async with database.reading() as session:
            assert (await lot(session, lot_id)).state is LotState.INVESTIGATED

    async def test_the_same_picture_twice_is_one(self, database: Database) -> None:
        asset_id = await an_asset(database, await a_case(database))
        for digest in ("a" * 64, "b" * 64, "a" * 64):
            async with database.unit(OFFICER) as work:
                await add_photograph(
                    work, asset_id, digest=digest, original_digest="c" * 64, sealed_digest="d" * 64
                )
        async with database.reading() as session:
            pictures = (await asset(session, asset_id)).photographs
        assert [picture.digest[0] for picture in pictures] == ["a", "b"]


class TestMaking:
    async def test_there_is_no_lot_before_the_investigation(self, database: Database) -> None:
        case_id = await a_case(database)
        async with database.unit(OFFICER) as work:
            await seize_asset(work, case_id, new=HOME, seizure=SEIZED)
        new = NewLot(id=LotId(uid(500)), title="住宅")
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await make_lot(work, HOME.id, new=new)
        assert refused.value.code == "lot.not_investigated"
        assert refused.value.facts["subjects"] == "权属、权利负担、占有使用、欠缴费用、瑕疵"
        async with database.unit(OFFICER) as work:
            await complete_investigation(work, HOME.id, findings=findings())
        async with database.unit(OFFICER) as work:
            made = await make_lot(work, HOME.id, new=new)
        assert (made.state, made.rulebook) == (LotState.INVESTIGATED, "law")

    async def test_an_asset_is_one_lot(self, database: Database) -> None:
        lot_id = await a_lot(database)
        async with database.reading() as session:
            asset_id = (await session.get_one(Lot, lot_id)).asset_id
        async with database.unit(OFFICER) as work:
            again = await make_lot(
                work, AssetId(asset_id), new=NewLot(id=LotId(uid(501)), title="又一次")
            )
        assert again.id == lot_id

    async def test_a_lot_on_offer_is_withdrawn_by_its_listing(self, database: Database) -> None:
        lot_id = await a_lot(database)
        async with database.unit(OFFICER) as work:
            (await work.lock(Lot, lot_id)).state = LotState.FIRST_AUCTION
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_lot(work, lot_id, ground="已履行")
        assert refused.value.code == "lot.on_offer"

    @pytest.mark.parametrize("state", [LotState.SOLD, LotState.CLOSED, LotState.WITHDRAWN])
    async def test_a_lot_that_is_sold_or_gone_is_not_withdrawn(
        self, database: Database, state: LotState
    ) -> None:
        lot_id = await a_lot(database)
        async with database.unit(OFFICER) as work:
            (await work.lock(Lot, lot_id)).state = state
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_lot(work, lot_id, ground="误")
        assert refused.value.code == "lot.past_withdrawal"

    async def test_an_imported_draft_is_adopted_once(self, database: Database) -> None:
        row = "38905781866,1,杭湾,2014,2554500.0,2550000.0,5000.0,4.0,1.0,3895000.0,,"
        rows = read_lots(f"{','.join(COLUMNS)}\n{row}\n".encode()).rows
        async with database.unit(SYSTEM) as work:
            await import_draft_lots(work, rows=rows, file_digest="0" * 64)
        async with database.reading() as session:
            (draft,) = await draft_lots(session)
        case_id = await a_case(database)
        for number in (0, 1):
            asset_id = await an_asset(database, case_id)
            new = NewLot(id=LotId(uid(510 + number)), title="住宅", draft_id=draft.id)
            if number == 0:
                async with database.unit(OFFICER) as work:
                    await make_lot(work, asset_id, new=new)
                continue
            with pytest.raises(Refusal) as refused:
                async with database.unit(OFFICER) as work:
                    await make_lot(work, asset_id, new=new)
            assert refused.value.code == "lot.draft_adopted.conflict"
        async with database.reading() as session:
            assert await draft_lots(session) == []


class TestReferencePrice:
    async def test_it_holds_for_at_most_a_year(
        self, database: Database, clock: FrozenClock
    ) -> None:
        lot_id = await a_lot(database)
        async with database.unit(OFFICER) as work:
            await advance_lot(work, lot_id, LotTrigger.OPEN_PRICING)
        now = clock.now()
        sound = ReferencePrice(
            amount=Money.yuan(1_000_000),
            method="appraisal",
            basis="评报字1号",
            set_at=now,
            valid_until=now + timedelta(days=365),
        )
        for code, price in {
            "lot.price_validity_wrong": replace(sound, valid_until=now + timedelta(days=368)),
            "lot.price_zero": replace(sound, amount=ZERO),
        }.items():
            with pytest.raises(Refusal) as refused:
                async with database.unit(OFFICER) as work:
                    await record_reference_price(work, lot_id, price=price)
            assert refused.value.code == code
        async with database.unit(OFFICER) as work:
            await record_reference_price(work, lot_id, price=sound)
        async with database.reading() as session:
            view = await lot(session, lot_id)
        assert (view.state, view.reference_price) == (LotState.PRICED, sound)
        assert sound.holds_at(now)
        assert not sound.holds_at(sound.valid_until.astimezone(BEIJING))

    async def test_another_court_may_not_price_it(self, database: Database) -> None:
        lot_id = await a_lot(database)
        price = ReferencePrice(
            Money(1), "appraisal", "x", database.clock.now(), database.clock.now()
        )
        with pytest.raises(Refusal) as refused:
            async with database.unit(an_actor(Role.OFFICER, 9, ELSEWHERE)) as work:
                await record_reference_price(work, lot_id, price=price)
        assert refused.value.code == "forbidden"


class TestHolding:
    async def test_a_held_lot_does_not_move_but_may_be_withdrawn(self, database: Database) -> None:
        lot_id = await a_lot(database)
        async with database.unit(OFFICER) as work:
            await hold_lot(work, lot_id, ground="案外人异议（民诉法238）")
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await advance_lot(work, lot_id, LotTrigger.OPEN_PRICING)
        assert refused.value.code == "lot.held"
        async with database.unit(OFFICER) as work:
            await release_hold(work, lot_id)
        async with database.unit(OFFICER) as work:
            await hold_lot(work, lot_id, ground="案外人异议成立")
        async with database.unit(OFFICER) as work:
            assert (await withdraw_lot(work, lot_id, ground="已履行完毕")).state is (
                LotState.WITHDRAWN
            )
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_lot(work, lot_id, ground="再次")
        assert refused.value.code == "lot.past_withdrawal"

    def test_the_lot_pins_its_states(self) -> None:
        assert Lot.__table__.c.state.nullable is False
