"""Who may bid, with whom, and for what deposit, as the court's registers have it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import PartyRole
from auction.cases.queries import claims, parties_of_person
from auction.kernel.ids import PersonId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.listings.round import Round
from auction.people.conflicts.queries import is_barred_number, is_barred_person
from auction.people.person import Person
from auction.people.queries import person_numbered
from auction.settlement.sale import JointBuyer, JointBuyerDraft, Sale, SaleState
from bidding.eligibility.deposit import deposit_due
from bidding.eligibility.participant import Participant, ParticipantKind, ParticipantState
from bidding.enrolment_queries import RegistrationView, registration_named, registration_of
from bidding.registration import Registration


async def due_of(session: AsyncSession, listing: Listing, person_id: PersonId) -> Money:
    """The deposit as announced, but for the applicant of the case (网拍17(2)).

    A sell-off is prepaid in full: that is the price and no deposit, so nobody is let off it.
    """
    mine = {
        party.id
        for party in await parties_of_person(session, person_id)
        if party.case_id == listing.case_id and party.role is PartyRole.APPLICANT
    }
    if not mine or listing.round is Round.SELL_OFF:
        return listing.deposit
    registered = [
        amount
        for claim in await claims(session, listing.case_id)
        if claim.party_id in mine
        for amount in (claim.principal, claim.interest)
    ]
    return deposit_due(listing.deposit, registered)


async def require_unbarred(session: AsyncSession, listing: Listing, person_id: UUID) -> None:
    """Refuse whom 网拍34 bars from this lot, and who defaulted on it (网拍24(2))."""
    if await is_barred_person(session, person_id, court_id=listing.court_id, lot_id=listing.lot_id):
        raise Refusal("registration.conflict_of_interest", article="网拍34")
    defaulted = await session.scalar(
        select(Sale.id)
        .where(
            Sale.lot_id == listing.lot_id,
            Sale.state == SaleState.DEFAULTED,
            or_(Sale.buyer_id == person_id, _bought_jointly(person_id)),
        )
        .limit(1)
    )
    if defaulted is not None:
        raise Refusal("registration.barred_defaulter", article="网拍24(2)")


async def require_unbarred_number(
    session: AsyncSession, listing: Listing, identity_index: bytes
) -> None:
    """Refuse whom 网拍34 bars from this lot by his number alone: he need not have an account."""
    if await is_barred_number(
        session, [identity_index], court_id=listing.court_id, lot_id=listing.lot_id
    ):
        raise Refusal("registration.conflict_of_interest", article="网拍34")


def _bought_jointly(person_id: UUID) -> ColumnElement[bool]:
    """Whether a sale has a person among its joint buyers, by his checked number."""
    return exists().where(
        JointBuyer.sale_id == Sale.id,
        JointBuyer.identity_index == Person.identity_index,
        Person.id == person_id,
    )


async def joint_buyers_of(
    session: AsyncSession, registration_id: UUID
) -> tuple[JointBuyerDraft, ...]:
    """Who buys jointly with a bidder, as the court confirmed them, in the order named."""
    confirmed = [
        one
        for one in await participants_of(session, registration_id)
        if one.kind is ParticipantKind.JOINT and one.state is ParticipantState.CONFIRMED
    ]
    return tuple([await _joint_buyer(session, one) for one in confirmed])


async def _joint_buyer(session: AsyncSession, one: Participant) -> JointBuyerDraft:
    known = await person_numbered(session, one.identity_number)
    return JointBuyerDraft(
        name=one.name,
        identity_number=one.identity_number,
        identity_index=one.identity_index,
        person_id=known.id if known else None,
        share_ppm=one.share_ppm,
    )


async def is_undecided(session: AsyncSession, registration_id: UUID) -> bool:
    """Whether the court has yet to decide about somebody whom a registration names."""
    waiting = exists().where(
        Participant.registration_id == registration_id,
        Participant.state == ParticipantState.CLAIMED,
    )
    return bool(await session.scalar(select(waiting)))


async def participants_of(session: AsyncSession, registration_id: UUID) -> Sequence[Participant]:
    """Everybody whom a registration named, in that order."""
    rows = await session.scalars(
        select(Participant)
        .where(Participant.registration_id == registration_id)
        .order_by(Participant.claimed_at, Participant.id)
    )
    return rows.all()


async def participants_waiting(
    session: AsyncSession, court_id: str
) -> Sequence[tuple[Participant, Registration]]:
    """Whom the court has to decide about, the oldest first."""
    rows = await session.execute(
        select(Participant, Registration)
        .join(Registration, Registration.id == Participant.registration_id)
        .where(Registration.court_id == court_id, Participant.state == ParticipantState.CLAIMED)
        .order_by(Participant.claimed_at)
    )
    return [(participant, registration) for participant, registration in rows]


async def is_agent_of(session: AsyncSession, registration_id: UUID, person_id: UUID) -> bool:
    """Whether a person is the confirmed agent of a registration, by his checked number."""
    is_his = exists().where(
        Participant.registration_id == registration_id,
        Participant.kind == ParticipantKind.AGENT,
        Participant.state == ParticipantState.CONFIRMED,
        Participant.identity_index == Person.identity_index,
        Person.id == person_id,
    )
    return bool(await session.scalar(select(is_his)))


async def registration_acted_in(
    session: AsyncSession, listing_id: UUID, person_id: UUID
) -> RegistrationView | None:
    """The registration under which a person bids: his own, or that of whom he is agent."""
    own = await registration_of(session, listing_id, person_id)
    if own is not None:
        return own
    found = await session.scalar(
        select(Registration.id)
        .join(Participant, Participant.registration_id == Registration.id)
        .join(Person, Person.identity_index == Participant.identity_index)
        .where(
            Registration.listing_id == listing_id,
            Participant.kind == ParticipantKind.AGENT,
            Participant.state == ParticipantState.CONFIRMED,
            Person.id == person_id,
        )
        .order_by(Registration.applied_at)
        .limit(1)
    )
    return await registration_named(session, found) if found is not None else None
