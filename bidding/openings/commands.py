"""Ask for the opening of one code, approve it as the second person, look, and tell the person.

Nothing here knows a person: the sealer alone tells whose the code is, to whoever shows it an
opening that two supervisors have put on record, and it looks for that record itself.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Case
from auction.kernel.ids import BidderCode, ListingId, PersonId
from auction.kernel.refusal import Refusal
from auction.listings.listing import Listing
from auction.notices.commands import issue_notice
from auction.notices.notice import NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people.approvals.action import Action
from auction.people.approvals.commands import Matter, conclude, propose
from auction.people.approvals.request import ApprovalRequest
from auction.people.mailing import LetterKind, write_letter
from auction.people.queries import court, person
from auction.store.unit import Unit
from bidding.hall.board import ENDED
from bidding.hall.session import Session
from bidding.hall_code import HallCode
from bidding.openings import policy
from bidding.openings.opening import IdentityOpening
from bidding.openings.queries import looks_of

REASON_MIN: Final = 4
REASON_MAX: Final = 200


async def propose_opening(
    work: Unit, opening_id: UUID, *, listing_id: ListingId, code: BidderCode, reason: str
) -> ApprovalRequest:
    """Ask that the sealer tell whose a code is, before the close (网拍18(2)).

    Refuses with `opening.unknown_code` and `opening.reason_missing`. The same id again is the
    same opening.
    """
    listing = await work.lock(Listing, listing_id, share=True)
    work.require(policy.PROPOSE, listing.court_id)
    said = reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise Refusal("opening.reason_missing", least=REASON_MIN, most=REASON_MAX)
    if await work.session.get(HallCode, (listing_id, code)) is None:
        raise Refusal("opening.unknown_code", asked=code)
    opening = await work.session.get(IdentityOpening, opening_id)
    if opening is None:
        opening = IdentityOpening(
            id=opening_id, listing_id=listing_id, court_id=listing.court_id, code=code,
            reason=said, proposed_by=_acting(work), proposed_at=work.now,
        )  # fmt: skip
        work.add(opening)
        await work.session.flush()
        work.record("identity.opening_proposed", opening.stream, listing=str(listing_id), code=code)
    return await propose(work, _matter(opening, listing))


async def open_identity(work: Unit, opening_id: UUID, *, seen: str) -> IdentityOpening:
    """Say yes as the second supervisor; from this commit on the sealer opens this code.

    `seen` is the digest of the proposal that he read.
    """
    opening = await work.lock(IdentityOpening, opening_id)
    work.require(policy.OPEN, opening.court_id)
    listing = await work.load(Listing, opening.listing_id)
    await conclude(work, _matter(opening, listing), seen=seen)
    opening.opened_by = _acting(work)
    opening.opened_at = work.now
    work.record(
        "identity.opened", opening.stream, listing=str(opening.listing_id), code=opening.code
    )
    return opening


async def note_look(work: Unit, opening_id: UUID) -> IdentityOpening:
    """Note that one of the two looks at who it is; the page shows it after this commit only."""
    opening = await work.load(IdentityOpening, opening_id)
    work.require(policy.LOOK, opening.court_id)
    if opening.opened_at is None:
        raise Refusal("opening.not_approved")
    if _acting(work) not in {opening.proposed_by, opening.opened_by}:
        raise Refusal("opening.not_yours")
    work.record("identity.looked_at", opening.stream, listing=str(opening.listing_id))
    return opening


async def tell_subject(work: Unit, opening_id: UUID, *, person_id: PersonId) -> None:
    """Tell the person whose code was opened, once the session is over: a paper and a letter.

    Refuses with `opening.session_runs` before; told once, whatever is asked again.
    """
    opening = await work.lock(IdentityOpening, opening_id)
    work.require(policy.TELL)
    hall = await work.session.scalar(
        select(Session).where(Session.listing_id == opening.listing_id)
    )
    if hall is None or hall.state not in ENDED or hall.closed_at is None:
        raise Refusal("opening.session_runs")
    if opening.opened_at is None or opening.told_at is not None:
        return
    draft = await _paper(work, opening, ended_at=hall.closed_at, person_id=person_id)
    await issue_notice(work, draft=draft)
    await write_letter(work, person_id, LetterKind.IDENTITY_OPENED)
    opening.told_at = work.now
    work.record("identity.subject_told", opening.stream, listing=str(opening.listing_id))


async def _paper(
    work: Unit, opening: IdentityOpening, *, ended_at: datetime, person_id: PersonId
) -> NoticeDraft:
    listing = await work.load(Listing, opening.listing_id)
    found = await work.load(Case, listing.case_id)
    approved_at = opening.opened_at or opening.proposed_at
    facts = {
        "court_name": (await court(work.session, opening.court_id)).name,
        "case_number": found.number,
        "lot_title": listing.title,
        "bidder_code": opening.code,
        "proposed_at": opening.proposed_at.isoformat(),
        "approved_at": approved_at.isoformat(),
        "looks": await looks_of(work.session, opening),
        "ended_at": ended_at.isoformat(),
    }
    return NoticeDraft(
        kind=NoticeKind.IDENTITY_OPENED,
        court_id=opening.court_id,
        case_id=listing.case_id,
        lot_id=listing.lot_id,
        addressee_name=(await person(work.session, person_id)).name,
        addressee_person_id=person_id,
        facts=facts,
    )


def _matter(opening: IdentityOpening, listing: Listing) -> Matter:
    return Matter(
        action=Action.IDENTITY_OPEN,
        subject=opening.id,
        court_id=opening.court_id,
        payload={
            "listing": listing.title,
            "code": opening.code,
            "ground": opening.reason,
        },
    )


def _acting(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("signin.needed")
    return work.actor.person_id
