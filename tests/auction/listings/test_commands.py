from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from auction.cases.case import PartyRole
from auction.cases.commands import NewParty, add_party, stay_case
from auction.kernel.actor import SYSTEM, Role
from auction.kernel.clock import BEIJING, FrozenClock
from auction.kernel.ids import CaseId, ListingId, PartyId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.warnings import CONDITION_KEYS, WARNING_KEYS
from auction.listings.commands import (
    NewListing,
    Opinion,
    change_terms,
    complete_items,
    draft_listing,
    notify_parties,
    pass_in,
    publish_listing,
    suspend_listing,
    vote,
    withdraw_listing,
)
from auction.listings.items import ITEMS
from auction.listings.listing import (
    LISTING_LIFE,
    Listing,
    ListingState,
    ListingTrigger,
    PartyNotification,
)
from auction.listings.queries import (
    calendar,
    draft,
    listing,
    public_citations,
    public_listing,
    published_listings,
)
from auction.listings.round import Round
from auction.lots.commands import withdraw_lot
from auction.lots.lot import Lot, LotState
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.store.database import Database
from tests.builders import (
    ELSEWHERE,
    OFFICER,
    PANEL,
    a_draft,
    a_listing,
    a_lot,
    a_priced_lot,
    an_actor,
    approve,
    complete,
    later,
    resume,
    uid,
)


async def lot_state(database: Database, found: Listing) -> LotState:
    async with database.reading() as session:
        return (await session.get_one(Lot, found.lot_id)).state


async def state(database: Database, listing_id: ListingId) -> ListingState:
    async with database.reading() as session:
        return (await listing(session, listing_id)).state


async def published_code(database: Database, listing_id: ListingId) -> Refusal:
    with pytest.raises(Refusal) as refused:
        async with database.unit(OFFICER) as work:
            await publish_listing(work, listing_id)
    return refused.value


class TestDrafting:
    async def test_an_unpriced_lot_is_not_listed(self, database: Database) -> None:
        lot_id = await a_lot(database)
        with pytest.raises(Refusal) as refused:
            await a_draft(database, lot_id=lot_id)
        assert refused.value.code == "listing.no_reference_price"

    async def test_the_proposal_is_the_rulebooks(self, database: Database) -> None:
        found = await a_draft(database)
        assert (found.round, found.state) == (Round.FIRST_AUCTION, ListingState.DRAFT)
        assert found.starting_price == Money(70_000_000)
        assert found.deposit == Money(3_500_000)

    async def test_one_offer_at_a_time(self, database: Database) -> None:
        found = await a_draft(database)
        async with database.unit(OFFICER) as work:
            again = await draft_listing(work, found.lot_id, new=NewListing(id=found.id))
        assert again.id == found.id
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                new = NewListing(id=ListingId(uid(600)))
                await draft_listing(work, found.lot_id, new=new)
        assert refused.value.code == "listing.already_open.conflict"

    async def test_unlawful_figures_are_refused(self, database: Database) -> None:
        found = await a_draft(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                low = replace(found.terms, starting_price=Money(69_999_999))
                await change_terms(work, found.id, terms=low)
        assert refused.value.code == "listing.starting_price_too_low"
        assert refused.value.facts["basis"] == "网拍10"


class TestThePanel:
    async def test_three_other_people_approve(self, database: Database) -> None:
        found = await a_draft(database)
        await approve(database, found.id)
        assert await state(database, found.id) is ListingState.APPROVED
        assert await lot_state(database, found) is LotState.DISPOSAL_APPROVED

    async def test_two_are_not_enough_and_a_majority_against_is_no_approval(
        self, database: Database
    ) -> None:
        found = await a_draft(database)
        for member, says in zip(PANEL, (True, False, False), strict=True):
            async with database.unit(member) as work:
                said = Opinion(terms_digest=found.terms.digest, is_approval=says, words="")
                await vote(work, found.id, opinion=said)
            assert await state(database, found.id) is ListingState.DRAFT

    async def test_one_person_has_one_vote(self, database: Database) -> None:
        found = await a_draft(database)
        said = Opinion(terms_digest=found.terms.digest, is_approval=True, words="同意")
        for _ in range(3):
            async with database.unit(PANEL[0]) as work:
                await vote(work, found.id, opinion=said)
        assert await state(database, found.id) is ListingState.DRAFT
        with pytest.raises(Refusal) as refused:
            async with database.unit(PANEL[0]) as work:
                await vote(work, found.id, opinion=replace(said, is_approval=False))
        assert refused.value.code == "listing.voted_already.conflict"

    async def test_the_officer_of_the_case_has_none(self, database: Database) -> None:
        found = await a_draft(database)
        both = replace(OFFICER, roles=frozenset({Role.OFFICER, Role.PANEL}))
        with pytest.raises(Refusal) as refused:
            async with database.unit(both) as work:
                said = Opinion(terms_digest=found.terms.digest, is_approval=True, words="")
                await vote(work, found.id, opinion=said)
        assert refused.value.code == "listing.officer_votes"

    async def test_a_changed_figure_voids_the_votes(self, database: Database) -> None:
        found = await a_draft(database)
        old = found.terms
        await approve(database, found.id)
        async with database.unit(OFFICER) as work:
            await change_terms(work, found.id, terms=later(old, days=1))
        assert await state(database, found.id) is ListingState.DRAFT
        with pytest.raises(Refusal) as refused:
            async with database.unit(PANEL[0]) as work:
                said = Opinion(terms_digest=old.digest, is_approval=True, words="")
                await vote(work, found.id, opinion=said)
        assert refused.value.code == "listing.figures_changed"
        await approve(database, found.id)
        assert await state(database, found.id) is ListingState.APPROVED

    async def test_who_is_nobody_has_none(self, database: Database) -> None:
        found = await a_draft(database)
        nobody = replace(PANEL[0], person_id=None)
        with pytest.raises(Refusal, match="forbidden"):
            async with database.unit(nobody) as work:
                said = Opinion(terms_digest=found.terms.digest, is_approval=True, words="")
                await vote(work, found.id, opinion=said)

    async def test_a_fourth_vote_comes_too_late(self, database: Database) -> None:
        found = await a_draft(database)
        await approve(database, found.id)
        with pytest.raises(Refusal) as refused:
            async with database.unit(an_actor(Role.PANEL, 10)) as work:
                said = Opinion(terms_digest=found.terms.digest, is_approval=False, words="")
                await vote(work, found.id, opinion=said)
        assert refused.value.code == "state.not_allowed"
        assert await state(database, found.id) is ListingState.APPROVED


class TestWhatIsPublishedTogether:
    @pytest.mark.parametrize(
        ("texts", "shown", "files"),
        [
            ({"no_such_item": "有"}, set(), {}),
            ({}, {"no_such_warning"}, {}),
            ({}, set(), {"no_such_item": "0" * 64}),
        ],
    )
    async def test_an_unknown_item_is_refused(
        self, database: Database, texts: dict[str, str], shown: set[str], files: dict[str, str]
    ) -> None:
        found = await a_draft(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await complete_items(work, found.id, texts=texts, shown=shown, files=files)
        assert refused.value.code == "listing.item_unknown"

    async def test_conditions_are_chosen_and_taken_back_while_it_is_a_draft(
        self, database: Database
    ) -> None:
        found = await a_draft(database)
        asked = sorted(CONDITION_KEYS)
        for conditions, then in ((asked, asked), (None, asked), (asked[:1], asked[:1]), ((), [])):
            async with database.unit(OFFICER) as work:
                await complete_items(work, found.id, texts={}, shown=(), conditions=conditions)
            async with database.reading() as session:
                assert (await session.get_one(Listing, found.id)).conditions == then
        with pytest.raises(Refusal, match="item_unknown"):
            async with database.unit(OFFICER) as work:
                await complete_items(work, found.id, texts={}, shown=(), conditions=["no_such"])

    async def test_an_empty_text_overwrites_none(self, database: Database) -> None:
        found = await a_draft(database)
        key = ITEMS[0].key
        for text in ("已查明", "  "):
            async with database.unit(OFFICER) as work:
                await complete_items(work, found.id, texts={key: text}, shown=())
        async with database.reading() as session:
            view = await draft(session, found.id, now=database.clock.now())
        assert [item.text for item in view.items if item.text] == ["已查明"]


class TestNotifyingTheParties:
    async def a_party_without_an_inbox(self, database: Database, found: Listing) -> None:
        async with database.unit(OFFICER) as work:
            new = NewParty(id=PartyId(work.new_id()), role=PartyRole.CREDITOR, name="某某")
            await add_party(work, CaseId(found.case_id), new=new)

    async def notifies(self, database: Database, found: Listing, because: str = "") -> None:
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id, unreachable_because=because)

    async def test_waits_for_the_panel(self, database: Database) -> None:
        found = await a_draft(database)
        with pytest.raises(Refusal, match="not_approved"):
            await self.notifies(database, found)

    async def test_one_whom_the_platform_cannot_reach_needs_a_reason(
        self, database: Database
    ) -> None:
        found = await a_draft(database)
        await self.a_party_without_an_inbox(database, found)
        await approve(database, found.id)
        with pytest.raises(Refusal) as refused:
            await self.notifies(database, found, " ")
        assert refused.value.code == "listing.party_unreachable"
        await self.notifies(database, found, "下落不明")
        async with database.reading() as session:
            rows = await session.scalars(select(PartyNotification))
            told = [(bool(row.notice_id), row.impossible_because) for row in rows]
        assert sorted(told) == [(False, "下落不明"), (True, ""), (True, "")]


class TestPublication:
    async def test_is_refused_naming_all_that_is_missing(self, database: Database) -> None:
        found = await a_draft(database)
        refused = await published_code(database, found.id)
        assert refused.code == "listing.not_ready"
        assert refused.facts["count"] == 1 + 11 + 7 + 1
        missing = str(refused.facts["missing"])
        assert all(item.title in missing for item in ITEMS)

    @pytest.mark.parametrize("left_out", [ITEMS[8].key, "agency"])
    async def test_one_missing_item_or_warning_is_enough(
        self, database: Database, clock: FrozenClock, left_out: str
    ) -> None:
        found = await a_draft(database)
        await approve(database, found.id)
        async with database.unit(OFFICER) as work:
            texts = {item.key: "有" for item in ITEMS if item.key != left_out}
            await complete_items(work, found.id, texts=texts, shown=WARNING_KEYS - {left_out})
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id)
        clock.advance(timedelta(days=4))
        refused = await published_code(database, found.id)
        assert (refused.code, refused.facts["count"]) == ("listing.not_ready", 1)
        await complete(database, found.id)
        async with database.unit(OFFICER) as work:
            assert (await publish_listing(work, found.id)).state is ListingState.PUBLISHED

    async def test_the_parties_have_three_days_first(
        self, database: Database, clock: FrozenClock
    ) -> None:
        found = await a_draft(database)
        await approve(database, found.id)
        await complete(database, found.id)
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id)
        clock.advance(timedelta(days=3))
        refused = await published_code(database, found.id)
        assert refused.facts["missing"] == "通知后的法定间隔"
        async with database.reading() as session:
            (gap,) = (await draft(session, found.id, now=clock.now())).missing
        assert gap.when == datetime(2026, 3, 6, tzinfo=BEIJING)
        clock.advance(timedelta(days=1))
        async with database.unit(OFFICER) as work:
            await publish_listing(work, found.id)
        async with database.reading() as session:
            kinds = [row.kind for row in await session.scalars(select(Notice))]
        assert kinds.count(NoticeKind.PARTY_NOTICE) == 2
        assert kinds.count(NoticeKind.AUCTION_ANNOUNCEMENT) == 1

    async def test_the_notice_period_counts_from_the_publication(
        self, database: Database, clock: FrozenClock
    ) -> None:
        found = await a_draft(database)
        await approve(database, found.id)
        await complete(database, found.id)
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id)
        clock.advance(timedelta(days=6))
        assert (await published_code(database, found.id)).code == "listing.opens_too_early"

    async def test_an_expired_price_stops_it(self, database: Database, clock: FrozenClock) -> None:
        found = await a_draft(database)
        async with database.unit(OFFICER) as work:
            await change_terms(work, found.id, terms=later(found.terms, days=320))
        await approve(database, found.id)
        await complete(database, found.id)
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id)
        clock.advance(timedelta(days=301))
        refused = await published_code(database, found.id)
        assert refused.facts["missing"] == "在有效期内的财产处置参考价"

    async def test_a_seizure_that_ends_too_soon_stops_it(
        self, database: Database, clock: FrozenClock
    ) -> None:
        found = await a_draft(database)
        async with database.unit(OFFICER) as work:
            await change_terms(work, found.id, terms=later(found.terms, days=520))
        await approve(database, found.id)
        await complete(database, found.id)
        async with database.unit(OFFICER) as work:
            await notify_parties(work, found.id)
        clock.advance(timedelta(days=4))
        refused = await published_code(database, found.id)
        assert refused.facts["missing"] == "覆盖整个拍卖期间的查封、扣押或者冻结"

    async def test_only_what_is_published_is_public(self, database: Database) -> None:
        found = await a_draft(database)
        async with database.reading() as session:
            with pytest.raises(Refusal):
                await public_listing(session, found.id)
            assert await calendar(session) == []

    async def test_a_published_listing_is_on_the_calendar_with_its_articles(
        self, database: Database
    ) -> None:
        found = await a_listing(database)
        async with database.unit(OFFICER) as work:
            await publish_listing(work, found.id)  # again: nothing happens
        async with database.reading() as session:
            assert [row.id for row in await published_listings(session)] == [found.id]
            assert (await public_listing(session, found.id)).starting_price == Money(70_000_000)
            assert (await public_citations(session, found.id))[0].basis == "网拍10"
            view = await draft(session, found.id, now=database.clock.now())
        assert (view.missing, len(view.votes), len(view.items)) == ((), 3, 11)
        assert await lot_state(database, found) is LotState.FIRST_AUCTION

    async def test_nothing_is_changed_after_it(self, database: Database) -> None:
        found = await a_listing(database)
        with pytest.raises(Refusal):
            async with database.unit(OFFICER) as work:
                await change_terms(work, found.id, terms=later(found.terms, days=1))
        with pytest.raises(Refusal):
            await complete(database, found.id)

    async def test_a_case_at_rest_publishes_nothing(self, database: Database) -> None:
        found = await a_draft(database)
        async with database.unit(OFFICER) as work:
            await stay_case(work, CaseId(found.case_id), ground="执行中止")
        assert (await published_code(database, found.id)).code == "case.not_open"

    async def test_another_courts_officer_may_not(self, database: Database) -> None:
        found = await a_draft(database)
        with pytest.raises(Refusal) as refused:
            async with database.unit(an_actor(Role.OFFICER, 9, ELSEWHERE)) as work:
                await publish_listing(work, found.id)
        assert refused.value.code == "forbidden"


class TestWhatFollows:
    async def test_a_passed_in_lot_is_offered_again_for_a_fifth_less(
        self, database: Database
    ) -> None:
        first = await a_listing(database)
        for _ in range(2):
            async with database.unit(SYSTEM) as work:
                await pass_in(work, first.id)
        second = await a_draft(database, lot_id=first.lot_id)
        assert (second.round, second.previous_id) == (Round.SECOND_AUCTION, first.id)
        assert second.starting_price == Money(56_000_000)
        assert second.opens_at - database.clock.now() < timedelta(days=21)

    async def test_a_default_repeats_its_round_and_cuts_nothing_anew(
        self, database: Database
    ) -> None:
        first = await a_listing(database)
        async with database.unit(SYSTEM) as work:
            await pass_in(work, first.id)
        second = await a_listing(database, lot_id=first.lot_id)
        async with database.unit(SYSTEM) as work:
            (await work.lock(Listing, second.id)).state = ListingState.SOLD
            (await work.lock(Lot, first.lot_id)).state = LotState.DEFAULTED
        again = await a_draft(database, lot_id=first.lot_id)
        assert (again.round, again.previous_id) == (Round.SECOND_AUCTION, second.id)
        assert again.starting_price == second.starting_price == Money(56_000_000)

    async def test_the_reason_of_a_late_round_is_kept_beside_the_same_figures(
        self, database: Database
    ) -> None:
        found = await a_draft(database)
        for said in ("执行异议审查", " "):
            async with database.unit(OFFICER) as work:
                await change_terms(work, found.id, terms=found.terms, delay_ground=said)
        async with database.reading() as session:
            assert (await listing(session, found.id)).delay_ground == "执行异议审查"

    async def test_a_lot_on_offer_is_withdrawn_by_its_listing(self, database: Database) -> None:
        found = await a_listing(database)
        with pytest.raises(Refusal, match="on_offer"):
            async with database.unit(OFFICER) as work:
                await withdraw_lot(work, found.lot_id, ground="已履行")

    async def test_the_court_stops_and_goes_on(self, database: Database) -> None:
        found = await a_listing(database)
        async with database.unit(OFFICER) as work:
            await suspend_listing(work, found.id, ground="案外人异议")
        async with database.reading() as session:
            assert await published_listings(session) == []
        await resume(database, found.id)
        with pytest.raises(Refusal) as refused:
            async with database.unit(OFFICER) as work:
                await withdraw_listing(work, found.id, ground=" ")
        assert refused.value.code == "case.field_empty"
        async with database.unit(OFFICER) as work:
            await withdraw_listing(work, found.id, ground="被执行人已履行")
        assert await lot_state(database, found) is LotState.WITHDRAWN

    async def test_a_withdrawn_draft_leaves_the_lot_where_it_was(self, database: Database) -> None:
        lot_id = await a_priced_lot(database)
        found = await a_draft(database, lot_id=lot_id)
        async with database.unit(OFFICER) as work:
            await withdraw_listing(work, found.id, ground="数额有误")
        assert (await a_draft(database, lot_id=lot_id)).round is Round.FIRST_AUCTION

    @pytest.mark.parametrize("state", ListingState)
    @pytest.mark.parametrize("trigger", ListingTrigger)
    def test_every_other_step_is_refused(
        self, state: ListingState, trigger: ListingTrigger
    ) -> None:
        found = Listing(state=state)
        if (state, trigger) in LISTING_LIFE:
            found.advance(trigger)
            assert found.state is LISTING_LIFE[state, trigger]
        else:
            with pytest.raises(Refusal):
                found.advance(trigger)
