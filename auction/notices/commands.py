"""Issue a notice, note that its paper exists, serve it, note the addressee's receipt."""

from collections.abc import Mapping
from uuid import UUID

from auction.kernel.canonical import canon
from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from auction.notices import policy
from auction.notices.notice import (
    NOTICE_LIFE,
    Notice,
    NoticeDraft,
    NoticeState,
    NoticeTrigger,
    SignedPaper,
    verification_code,
)
from auction.notices.wording import VERSION, check_facts
from auction.store.unit import Unit


async def issue_notice(work: Unit, *, draft: NoticeDraft) -> Notice:
    """Word a notice and have it rendered and served after this commit."""
    work.require(policy.ISSUE, draft.court_id)
    check_facts(draft.kind, draft.facts)
    notice_id = work.new_id()
    notice = Notice(
        id=notice_id,
        subject_key=await work.subject_key(notice_id),
        code=verification_code(work.new_id()),
        kind=draft.kind,
        template=f"{draft.kind.value}.{VERSION[draft.kind]}",
        court_id=draft.court_id,
        case_id=draft.case_id,
        lot_id=draft.lot_id,
        addressee_name=draft.addressee_name,
        addressee_person_id=draft.addressee_person_id,
        addressee_organisation_id=draft.addressee_organisation_id,
        facts=dict(draft.facts),
        state=NoticeState.ISSUED,
        issued_at=work.now,
        issued_by=work.actor.person_id,
    )
    work.add(notice)
    facts_digest = _digest(work, notice.facts)
    _record(work, notice, "notice.issued", wording=notice.template, facts_digest=facts_digest)
    work.enqueue("render_notice", notice_id=str(notice.id))
    return notice


async def record_rendering(work: Unit, notice_id: UUID, *, paper: SignedPaper) -> Notice:
    """Note the signed PDF, which from now on is the notice, and have it served."""
    notice = await work.lock(Notice, notice_id)
    work.require(policy.DELIVER)
    _advance(notice, NoticeTrigger.RENDER)
    notice.digest = paper.digest
    notice.unsigned_digest = paper.unsigned_digest
    notice.signed_under = paper.certificate
    notice.rendered_at = work.now
    _record(
        work,
        notice,
        "notice.rendered",
        digest=paper.digest,
        unsigned_digest=paper.unsigned_digest,
        certificate=paper.certificate,
        template=notice.template,
    )
    work.enqueue("serve_notice", notice_id=str(notice.id))
    return notice


async def serve_notice(work: Unit, notice_id: UUID) -> Notice:
    """Put it into the addressee's inbox; one addressed to nobody in particular is public."""
    notice = await work.lock(Notice, notice_id)
    work.require(policy.DELIVER)
    _advance(notice, NoticeTrigger.SERVE)
    notice.served_at = work.now
    way = "inbox" if _has_addressee(notice) else "publication"
    _record(work, notice, "notice.served", way=way)
    return notice


async def record_receipt(
    work: Unit, notice_id: UUID, *, answer: Mapping[str, object] | None = None
) -> Notice:
    """The addressee acknowledges; a second time with the same answer changes nothing."""
    notice = await work.lock(Notice, notice_id)
    work.require(policy.ACKNOWLEDGE)
    if not is_addressee(notice, work):
        raise Refusal("notice.not_yours")
    given = dict(answer or {})
    if notice.state is NoticeState.ACKNOWLEDGED and notice.answer == given:
        return notice
    _advance(notice, NoticeTrigger.ACKNOWLEDGE)
    notice.answer = given
    notice.acknowledged_at = work.now
    notice.acknowledged_by = work.actor.person_id
    _record(work, notice, "notice.acknowledged", answer_digest=_digest(work, given))
    return notice


def is_addressee(notice: Notice, work: Unit) -> bool:
    """Whether the actor is the person, or acts for the organisation, it is addressed to."""
    actor = work.actor
    by_person = actor.person_id is not None and notice.addressee_person_id == actor.person_id
    by_organisation = (
        actor.organisation_id is not None
        and notice.addressee_organisation_id == actor.organisation_id
    )
    return by_person or by_organisation


def _has_addressee(notice: Notice) -> bool:
    return bool(notice.addressee_person_id or notice.addressee_organisation_id)


def _advance(notice: Notice, trigger: NoticeTrigger) -> None:
    notice.state = after(NOTICE_LIFE, notice.state, trigger)


def _digest(work: Unit, facts: Mapping[str, object]) -> str:
    """Of names and numbers a bare digest could be tried out; the paper's own is on the paper."""
    return work.keyring.digest("notice", canon(dict(facts)).decode())


def _record(work: Unit, notice: Notice, kind: str, **body: object) -> None:
    work.record(kind, stream=f"case:{notice.case_id}", notice=str(notice.id), **body)
