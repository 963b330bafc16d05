"""Domain words for tests: a case, a lot, a listing, each made by the commands themselves."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from auction.cases.case import PartyRole
from auction.cases.claims import ClaimKind
from auction.cases.commands import NewCase, NewClaim, NewParty, add_party, open_case, register_claim
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import BEIJING
from auction.kernel.ids import (
    AssetId,
    CaseId,
    ClaimId,
    CourtId,
    ListingId,
    LotId,
    PartyId,
    PersonId,
)
from auction.kernel.money import Money
from auction.law.warnings import WARNING_KEYS
from auction.listings.commands import (
    NewListing,
    Opinion,
    complete_items,
    draft_listing,
    notify_parties,
    publish_listing,
    vote,
)
from auction.listings.items import ITEMS
from auction.listings.listing import Listing
from auction.listings.stays import propose_resumption, resume_listing
from auction.listings.terms import Terms
from auction.lots.asset import SUBJECTS, AssetKind, InvestigationStatus
from auction.lots.commands import (
    Finding,
    NewAsset,
    NewLot,
    NewSeizure,
    advance_lot,
    complete_investigation,
    make_lot,
    record_reference_price,
    seize_asset,
)
from auction.lots.lot import LotTrigger
from auction.lots.reference_price import ReferencePrice
from auction.people.organisation import Court
from auction.people.person import IDENTITY, Person, PersonKind
from auction.store.database import Database
from auction.store.unit import Unit
from tests.staff import employ

A_MILLION = Money.yuan(1_000_000)
COURT = CourtId("浙0199")
ELSEWHERE = CourtId("浙0198")


def uid(number: int) -> UUID:
    return UUID(int=0x0192 << 112 | 0x7 << 76 | 0b10 << 62 | number)


def an_actor(role: Role, number: int, court_id: CourtId | None = COURT) -> Actor:
    return Actor(PersonId(uid(number)), frozenset({role}), court_id)


OFFICER = an_actor(Role.OFFICER, 1)
PANEL = tuple(an_actor(Role.PANEL, number) for number in (2, 3, 4))
APPLICANT, RESPONDENT = PersonId(uid(5)), PersonId(uid(6))


async def a_court(database: Database) -> CourtId:
    async with database.unit(SYSTEM) as work:
        if await work.session.get(Court, COURT) is None:
            work.add(Court(id=COURT, name="杭湾市人民法院（演示）"))
    return COURT


async def a_person(work: Unit, person_id: UUID, name: str, number: str = "") -> Person:
    """A natural person, added to the unit; signs in as p<the end of the id>."""
    number = number or f"{person_id.int % 10**18:018d}"
    key = await work.subject_key(person_id)
    person = Person(
        id=person_id, subject_key=key, kind=PersonKind.NATURAL, name=name, identity_number=number,
        identity_index=work.keyring.blind(IDENTITY, number),
        username=f"p{person_id.int % 10**18}", enrolled_at=work.now,
    )  # fmt: skip
    work.add(person)
    return person


async def a_case(database: Database, *, number: int = 88) -> CaseId:
    """An open case with an applicant, a respondent and one ordinary claim."""
    await a_court(database)
    async with database.unit(OFFICER) as work:
        case = await open_case(
            work,
            new=NewCase(
                id=CaseId(work.new_id()),
                number=f"（2026）浙0199执{number}号",
                enforcement_basis="（2025）浙0199民初1234号民事判决书",
                debtor_is_enterprise=False,
            ),
        )
    parties: dict[PartyRole, PartyId] = {}
    for role, person_id, name in (
        (PartyRole.APPLICANT, APPLICANT, "杭湾商业银行"),
        (PartyRole.RESPONDENT, RESPONDENT, "甄有章"),
    ):
        async with database.unit(OFFICER) as work:
            new = NewParty(id=PartyId(work.new_id()), role=role, name=name, person_id=person_id)
            parties[role] = (await add_party(work, case.id, new=new)).id
    async with database.unit(OFFICER) as work:
        await register_claim(
            work,
            case.id,
            new=NewClaim(
                id=ClaimId(work.new_id()),
                party_id=parties[PartyRole.APPLICANT],
                kind=ClaimKind.ORDINARY,
                title_document="（2025）浙0199民初1234号民事判决书",
                principal=Money.yuan(1_000_000),
            ),
        )
    return case.id


async def an_asset(
    database: Database, case_id: CaseId, *, kind: AssetKind = AssetKind.HOME
) -> AssetId:
    """A seized and investigated asset whose seizure runs for a year and a half."""
    today = database.clock.now().astimezone(BEIJING).date()
    async with database.unit(OFFICER) as work:
        asset = await seize_asset(
            work,
            case_id,
            new=NewAsset(
                id=AssetId(work.new_id()),
                kind=kind,
                title="杭湾市潮声路8号2单元501室",
                description="住宅",
                registry_number="浙（2019）杭湾市不动产权第0008888号",
            ),
            seizure=NewSeizure(
                ruling_number="（2026）浙0199执88号之一",
                seized_on=today,
                expires_on=today + timedelta(days=547),
            ),
        )
    async with database.unit(OFFICER) as work:
        await complete_investigation(work, asset.id, findings=findings())
    return asset.id


def findings() -> list[Finding]:
    return [
        Finding(subject=subject, status=InvestigationStatus.CHECKED, finding="已查明")
        for subject in SUBJECTS
    ]


async def a_lot(database: Database, *, kind: AssetKind = AssetKind.HOME, number: int = 88) -> LotId:
    """An investigated lot, not yet priced."""
    asset_id = await an_asset(database, await a_case(database, number=number), kind=kind)
    async with database.unit(OFFICER) as work:
        new = NewLot(id=LotId(work.new_id()), title="杭湾市潮声路8号2单元501室")
        return (await make_lot(work, asset_id, new=new)).id


async def a_priced_lot(
    database: Database, *, price: Money = A_MILLION, kind: AssetKind = AssetKind.HOME
) -> LotId:
    """A lot with a reference price that holds for 300 days."""
    lot_id = await a_lot(database, kind=kind)
    now = database.clock.now()
    async with database.unit(OFFICER) as work:
        await advance_lot(work, lot_id, LotTrigger.OPEN_PRICING)
        await record_reference_price(
            work,
            lot_id,
            price=ReferencePrice(
                amount=price,
                method="appraisal",
                basis="杭评报字（2026）第88号",
                set_at=now,
                valid_until=now + timedelta(days=300),
            ),
        )
    return lot_id


async def a_draft(database: Database, *, lot_id: LotId | None = None) -> Listing:
    """A listing with the terms that the rulebook proposes."""
    chosen = lot_id or await a_priced_lot(database)
    async with database.unit(OFFICER) as work:
        return await draft_listing(work, chosen, new=NewListing(id=ListingId(work.new_id())))


async def approve(database: Database, listing_id: ListingId) -> None:
    """Three members of the panel approve the figures as they stand."""
    for member in PANEL:
        async with database.unit(member) as work:
            listing = await work.load(Listing, listing_id)
            opinion = Opinion(terms_digest=listing.terms.digest, is_approval=True, words="同意")
            await vote(work, listing_id, opinion=opinion)


async def complete(database: Database, listing_id: ListingId) -> None:
    """Fill in the eleven items and show the seven warnings."""
    async with database.unit(OFFICER) as work:
        texts = {item.key: f"{item.title}：见附件" for item in ITEMS}
        await complete_items(work, listing_id, texts=texts, shown=WARNING_KEYS)


async def a_listing(database: Database, *, lot_id: LotId | None = None) -> Listing:
    """A published listing; the clock moves past the days that the parties have."""
    drafted = await a_draft(database, lot_id=lot_id)
    await approve(database, drafted.id)
    await complete(database, drafted.id)
    async with database.unit(OFFICER) as work:
        await notify_parties(work, drafted.id, unreachable_because="下落不明")
    _wait(database, timedelta(days=4))
    async with database.unit(OFFICER) as work:
        return await publish_listing(work, drafted.id)


async def resume(database: Database, listing_id: ListingId, *, second: Actor = PANEL[0]) -> Listing:
    """The officer proposes to go on with a suspended listing, a second person says yes."""
    await employ(database, OFFICER, second)
    async with database.unit(OFFICER) as work:
        seen = (await propose_resumption(work, listing_id)).payload_hash
    async with database.unit(second) as work:
        return await resume_listing(work, listing_id, seen=seen)


def later(terms: Terms, *, days: int) -> Terms:
    """The same figures on later days."""
    by = timedelta(days=days)
    return replace(terms, opens_at=terms.opens_at + by, closes_at=terms.closes_at + by)


def day(text: str) -> date:
    return date.fromisoformat(text)


def _wait(database: Database, by: timedelta) -> None:
    advance = getattr(database.clock, "advance", None)
    if advance is not None:
        advance(by)
