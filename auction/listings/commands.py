"""Draft a listing, have the panel decide its figures, complete it, publish it, end it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import select

from auction.cases.case import Case, Party
from auction.kernel.ids import ListingId, LotId, PersonId
from auction.kernel.refusal import Refusal
from auction.law import warnings
from auction.law.rulebook import BY_NAME, Rulebook
from auction.listings import papers, policy, standing
from auction.listings.items import ITEM_KEYS
from auction.listings.listing import (
    Listing,
    ListingItem,
    ListingState,
    ListingTrigger,
    PanelVote,
    PartyNotification,
    WarningShown,
)
from auction.listings.readiness import missing
from auction.listings.round import Round
from auction.listings.terms import Terms, check, propose, publish_at_min
from auction.lots.asset import Asset
from auction.lots.lot import Lot, LotState, LotTrigger
from auction.notices.commands import issue_notice
from auction.store.unit import Unit

_PUBLISHING: Final = {
    Round.FIRST_AUCTION: LotTrigger.PUBLISH_FIRST,
    Round.SECOND_AUCTION: LotTrigger.PUBLISH_SECOND,
    Round.SELL_OFF: LotTrigger.PUBLISH_SELL_OFF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewListing:
    id: ListingId
    terms: Terms | None = None
    """None: what the rulebook proposes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a member of the panel says, of which figures."""

    terms_digest: str
    is_approval: bool
    words: str


async def draft_listing(work: Unit, lot_id: LotId, *, new: NewListing) -> Listing:
    """Draft the next offer of a lot: its round follows from where the lot stands (网拍26)."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.DRAFT, lot.court_id)
    drafted_by = _somebody(work)
    known = await work.session.get(Listing, new.id)
    if known is not None:
        return known
    previous = await standing.previous_listing(work.session, lot)
    ground = await standing.ground(work.session, lot, previous)
    rules = BY_NAME[lot.rulebook]
    terms = new.terms or propose(rules, ground, publish_at=publish_at_min(rules, work.now))
    check(rules, ground, terms, publish_at=work.now)
    listing = Listing(
        id=new.id,
        lot_id=lot.id,
        case_id=lot.case_id,
        court_id=lot.court_id,
        previous_id=previous.id if previous else None,
        round=ground.round,
        state=ListingState.DRAFT,
        title=lot.title,
        rulebook=lot.rulebook,
        drafted_by=drafted_by,
        drafted_at=work.now,
        ground="",
        delay_ground="",
    )
    listing.take_terms(terms)
    work.add(listing)
    _record(work, listing, "listing.drafted", round=ground.round.value, terms_digest=terms.digest)
    return listing


async def change_terms(
    work: Unit, listing_id: ListingId, *, terms: Terms, delay_ground: str = ""
) -> Listing:
    """Change the figures: votes and notices on others no longer count (网拍27).

    `delay_ground` says why a later round misses its term, where it does (网拍26).
    """
    listing = await work.lock(Listing, listing_id)
    work.require(policy.DRAFT, listing.court_id)
    if delay_ground.strip() and delay_ground.strip() != listing.delay_ground:
        _still_draft(listing)
        listing.delay_ground = delay_ground.strip()
        _record(work, listing, "listing.delay_explained")
    if terms.digest == listing.terms.digest:
        return listing
    lot = await work.lock(Lot, listing.lot_id, share=True)
    previous = await standing.listing_before(work.session, listing)
    ground = await standing.ground(work.session, lot, previous, current=listing)
    check(BY_NAME[listing.rulebook], ground, terms, publish_at=work.now)
    listing.advance(ListingTrigger.CHANGE)
    listing.approved_at = None
    listing.take_terms(terms)
    _record(work, listing, "listing.terms_changed", terms_digest=terms.digest)
    return listing


async def vote(work: Unit, listing_id: ListingId, *, opinion: Opinion) -> PanelVote:
    """One member of the panel decides on the figures; three votes and a majority approve them."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.VOTE, listing.court_id)
    person_id = _somebody(work)
    case = await work.load(Case, listing.case_id)
    if person_id in {case.officer_id, listing.drafted_by}:
        raise Refusal("listing.officer_votes", basis=policy.VOTE.basis)
    digest = listing.terms.digest
    if opinion.terms_digest != digest:
        raise Refusal("listing.figures_changed")
    known = await work.session.get(PanelVote, (listing_id, person_id, digest))
    if known is not None:
        return _same_vote(known, opinion)
    if listing.state is not ListingState.DRAFT:
        raise Refusal("state.not_allowed", state=listing.state.value, trigger="vote")
    cast = PanelVote(
        listing_id=listing.id,
        person_id=person_id,
        terms_digest=digest,
        is_approval=opinion.is_approval,
        opinion=opinion.words.strip(),
        voted_at=work.now,
    )
    work.add(cast)
    answer = "approve" if opinion.is_approval else "reject"
    _record(work, listing, "listing.voted", terms_digest=digest, answer=answer)
    await work.session.flush()
    await _decide(work, listing, digest)
    return cast


async def complete_items(
    work: Unit,
    listing_id: ListingId,
    *,
    texts: Mapping[str, str],
    shown: Collection[str],
    files: Mapping[str, str] = MappingProxyType({}),
    conditions: Collection[str] | None = None,
) -> Listing:
    """Fill in what is published together: items by key, and the warnings shown (网拍13、14).

    `files` are digests of what is published beside a text, such as the valuation report;
    `conditions` are the keys of what bidders are asked, and None leaves them as they are.
    """
    listing = await work.lock(Listing, listing_id)
    work.require(policy.COMPLETE, listing.court_id)
    _still_draft(listing)
    unknown = ((set(texts) | set(files)) - ITEM_KEYS) | (set(shown) - warnings.WARNING_KEYS)
    unknown |= set(conditions or ()) - warnings.CONDITION_KEYS
    if unknown:
        raise Refusal("listing.item_unknown", key=min(unknown)[:40])
    for key, text in texts.items():
        if text.strip():
            await _keep_item(work, listing, key, (text.strip(), files.get(key, "")))
    for key in shown:
        await _show_warning(work, listing, key)
    if conditions is not None:
        listing.conditions = sorted(conditions)
    _record(
        work, listing, "listing.items_completed", items=len(texts), warnings=len(shown),
        conditions=list(listing.conditions),
    )  # fmt: skip
    return listing


async def notify_parties(
    work: Unit, listing_id: ListingId, *, unreachable_because: str = ""
) -> Listing:
    """Notify every party of the approved figures before publication (网拍16).

    One who has no inbox here cannot be notified by the platform: the officer says why, the
    publication repeats it, and after five days he counts as notified.
    """
    listing = await work.lock(Listing, listing_id)
    work.require(policy.NOTIFY, listing.court_id)
    if listing.state is not ListingState.APPROVED:
        raise Refusal("listing.not_approved")
    case = await work.load(Case, listing.case_id)
    told = 0
    for party in await standing.unnotified_parties(work.session, listing):
        await _notify(work, listing, (case, party), unreachable_because.strip())
        told += 1
    _record(work, listing, "listing.parties_notified", parties=told)
    return listing


async def publish_listing(work: Unit, listing_id: ListingId) -> Listing:
    """Publish: refused, naming everything that is missing, until nothing is (网拍12、13、14)."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.PUBLISH, listing.court_id)
    lot = await work.lock(Lot, listing.lot_id)
    if listing.state is ListingState.PUBLISHED:
        return listing
    _still_draft(listing)
    case = await standing.open_case(work.session, listing)
    rules = BY_NAME[listing.rulebook]
    gaps = missing(rules, await standing.of(work.session, listing, lot), work.now)
    if gaps:
        raise Refusal(
            "listing.not_ready", missing="、".join(gap.what for gap in gaps), count=len(gaps)
        )
    await _check_as_published(work, rules, listing, lot)
    listing.advance(ListingTrigger.PUBLISH)
    lot.advance(_PUBLISHING[listing.round])
    listing.published_at = work.now
    listing.take_search((await work.load(Asset, lot.asset_id)).location)
    items = await standing.items(work.session, listing.id)
    notice = await issue_notice(
        work, draft=await papers.announcement(work.session, listing, case, items)
    )
    _record(
        work,
        listing,
        "listing.published",
        round=listing.round.value,
        terms_digest=listing.terms.digest,
        notice=str(notice.id),
    )
    return listing


async def suspend_listing(work: Unit, listing_id: ListingId, *, ground: str) -> Listing:
    """Stop a published auction by decision of the court and say why (网拍28)."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.SUSPEND, listing.court_id)
    said = _said(ground)
    listing.advance(ListingTrigger.SUSPEND)
    listing.ground = said
    _record(work, listing, "listing.suspended")
    return listing


async def withdraw_listing(work: Unit, listing_id: ListingId, *, ground: str) -> Listing:
    """Take the offer back, and with a published one the lot (拍变17)."""
    listing = await work.lock(Listing, listing_id)
    work.require(policy.WITHDRAW, listing.court_id)
    said = _said(ground)
    was_public = listing.published_at is not None
    listing.advance(ListingTrigger.WITHDRAW)
    listing.ground = said
    listing.concluded_at = work.now
    if was_public:
        lot = await work.lock(Lot, listing.lot_id)
        lot.advance(LotTrigger.WITHDRAW)
    _record(work, listing, "listing.withdrawn")
    return listing


async def pass_in(work: Unit, listing_id: ListingId) -> Listing:
    """End a round in which nobody bid (流拍, 网拍26)."""
    return (await pass_all_in(work, [listing_id]))[listing_id]


async def pass_all_in(work: Unit, listing_ids: Collection[ListingId]) -> dict[ListingId, Listing]:
    """End many rounds in which nobody bid; one that has ended so is left as it is."""
    listings = await work.lock_all(Listing, listing_ids)
    for listing in listings.values():
        work.require(policy.PASS_IN, listing.court_id)
    running = [one for one in listings.values() if one.state is not ListingState.PASSED_IN]
    lots = await work.lock_all(Lot, [listing.lot_id for listing in running])
    for listing in running:
        listing.advance(ListingTrigger.PASS_IN)
        lots[listing.lot_id].advance(LotTrigger.PASS_IN)
        listing.concluded_at = work.now
        _record(work, listing, "listing.passed_in", round=listing.round.value)
    return {ListingId(key): listing for key, listing in listings.items()}


async def _decide(work: Unit, listing: Listing, digest: str) -> None:
    """Count the votes on these figures: enough members, and more for than against."""
    votes = (
        await work.session.scalars(
            select(PanelVote).where(
                PanelVote.listing_id == listing.id, PanelVote.terms_digest == digest
            )
        )
    ).all()
    approvals = sum(cast.is_approval for cast in votes)
    enough = BY_NAME[listing.rulebook].integer("auction.panel_members_min")
    if len(votes) < enough or 2 * approvals <= len(votes):
        return
    listing.advance(ListingTrigger.APPROVE)
    listing.approved_at = work.now
    lot = await work.lock(Lot, listing.lot_id)
    if lot.state is LotState.PRICED:
        lot.advance(LotTrigger.APPROVE_DISPOSAL)
    _record(work, listing, "listing.approved", terms_digest=digest, votes=len(votes))


async def _check_as_published(work: Unit, rules: Rulebook, listing: Listing, lot: Lot) -> None:
    """The notice period counts from this very moment (网拍12)."""
    previous = await standing.listing_before(work.session, listing)
    ground = await standing.ground(work.session, lot, previous, current=listing)
    check(rules, ground, listing.terms, publish_at=work.now)


async def _keep_item(work: Unit, listing: Listing, key: str, said: tuple[str, str]) -> None:
    item = await work.session.get(ListingItem, (listing.id, key))
    if item is None:
        item = ListingItem(listing_id=listing.id, key=key)
        work.add(item)
    item.text, item.digest = said
    item.completed_at = work.now


async def _show_warning(work: Unit, listing: Listing, key: str) -> None:
    if await work.session.get(WarningShown, (listing.id, key)) is None:
        work.add(
            WarningShown(
                listing_id=listing.id, key=key, version=warnings.VERSION, completed_at=work.now
            )
        )


async def _notify(
    work: Unit, listing: Listing, whom: tuple[Case, Party], unreachable_because: str
) -> None:
    case, party = whom
    notice_id = None
    if party.person_id is None and not unreachable_because:
        raise Refusal("listing.party_unreachable", role=papers.ROLE_NAMES[party.role])
    if party.person_id is not None:
        draft = await papers.party_notice(work.session, listing, case, party)
        notice_id = (await issue_notice(work, draft=draft)).id
    work.add(
        PartyNotification(
            listing_id=listing.id,
            party_id=party.id,
            terms_digest=listing.terms.digest,
            notice_id=notice_id,
            impossible_because="" if notice_id else unreachable_because,
            notified_at=work.now,
        )
    )


def _still_draft(listing: Listing) -> None:
    if listing.state not in {ListingState.DRAFT, ListingState.APPROVED}:
        raise Refusal("state.not_allowed", state=listing.state.value, trigger="publish")


def _same_vote(known: PanelVote, opinion: Opinion) -> PanelVote:
    if known.is_approval is not opinion.is_approval:
        raise Refusal("listing.voted_already.conflict")
    return known


def _somebody(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("forbidden", action="listing")
    return work.actor.person_id


def _said(ground: str) -> str:
    if not ground.strip():
        raise Refusal("case.field_empty", field="ground")
    return ground.strip()


def _record(work: Unit, listing: Listing, kind: str, **body: object) -> None:
    work.record(kind, stream=listing.stream, listing=str(listing.id), **body)
