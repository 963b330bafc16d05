"""Seize an asset, investigate it, make a lot of it, price it, move it through its life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Case, CaseState
from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.ids import AssetId, CaseId, LotId, PersonId
from auction.kernel.refusal import Refusal
from auction.law.periods import ends_at, last_day_of
from auction.law.rulebook import BY_NAME
from auction.lots import policy
from auction.lots.asset import (
    SUBJECT_NAMES,
    SUBJECTS,
    Asset,
    AssetKind,
    InvestigationItem,
    InvestigationStatus,
    InvestigationSubject,
    Seizure,
)
from auction.lots.draft_lot import DraftLot, DraftLotState
from auction.lots.importing import DraftRow
from auction.lots.lot import ON_OFFER, WITHDRAWABLE, Lot, LotState, LotTrigger
from auction.lots.queries import seizure_in_force
from auction.lots.reference_price import ReferencePrice
from auction.store.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    id: AssetId
    kind: AssetKind
    title: str
    description: str
    location: str = ""
    registry_number: str = ""
    area_m2: Decimal | None = None
    owner_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeizure:
    """A seizure as its ruling says; it ends by itself unless it is renewed before."""

    ruling_number: str
    seized_on: date
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about one subject of the investigation form."""

    subject: InvestigationSubject
    status: InvestigationStatus
    finding: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    id: LotId
    title: str
    draft_id: UUID | None = None
    """The imported draft that this lot adopts, if it came from a file."""


async def seize_asset(work: Unit, case_id: CaseId, *, new: NewAsset, seizure: NewSeizure) -> Asset:
    """Record what the court has taken hold of, and until when."""
    case = await work.lock(Case, case_id)
    work.require(policy.SEIZE, case.court_id)
    known = await work.session.get(Asset, new.id)
    if known is not None:
        return known
    _is_open(case)
    asset = Asset(
        id=new.id,
        subject_key=await work.subject_key(new.id),
        case_id=case.id,
        court_id=case.court_id,
        kind=new.kind,
        title=_said(new.title, "title"),
        description=new.description.strip(),
        location=new.location.strip(),
        registry_number=new.registry_number.strip(),
        area_m2=new.area_m2,
        owner_name=new.owner_name.strip(),
        seized_at=work.now,
    )
    work.add(asset)
    await work.session.flush()
    _add_seizure(work, asset, seizure)
    work.record("asset.seized", stream=asset.stream, asset=str(asset.id), of=asset.kind.value)
    return asset


async def renew_seizure(work: Unit, asset_id: AssetId, *, seizure: NewSeizure) -> Seizure:
    """Renew a seizure before it runs out (民诉解释485); a lapsed one cannot be renewed."""
    asset = await work.lock(Asset, asset_id)
    work.require(policy.SEIZE, asset.court_id)
    current = await seizure_in_force(work.session, asset_id)
    today = work.now.astimezone(BEIJING).date()
    if current is None or current.expires_on < today:
        raise Refusal("asset.seizure_lapsed", asset=str(asset_id))
    if seizure.expires_on <= current.expires_on:
        raise Refusal("asset.seizure_not_longer", until=current.expires_on.isoformat())
    added = _add_seizure(work, asset, seizure)
    work.record("asset.seizure_renewed", stream=asset.stream, asset=str(asset.id))
    return added


async def complete_investigation(
    work: Unit, asset_id: AssetId, *, findings: Sequence[Finding]
) -> None:
    """Fill in the whole form (参考价3): every subject checked, not checked or unknown."""
    asset = await work.lock(Asset, asset_id)
    work.require(policy.INVESTIGATE, asset.court_id)
    looked_by = work.actor.person_id
    if looked_by is None:
        raise Refusal("forbidden", action=policy.INVESTIGATE.action)
    by_subject = {item.subject: item for item in findings}
    missing = [subject.value for subject in SUBJECTS if subject not in by_subject]
    if missing:
        raise Refusal(
            "asset.investigation_incomplete", subject=f"InvestigationSubject.{missing[0]}"
        )
    for subject in SUBJECTS:
        await _keep_finding(work, asset, by_subject[subject], looked_by)
    lot = await work.session.scalar(select(Lot).where(Lot.asset_id == asset_id).with_for_update())
    if lot is not None and lot.state is LotState.SEIZED:
        lot.advance(LotTrigger.INVESTIGATE)
    said = {item.subject.value: [item.status.value, item.finding] for item in by_subject.values()}
    work.record(
        "asset.investigated",
        stream=asset.stream,
        asset=str(asset.id),
        form_digest=sha256_hex(canon(said)),
    )


async def import_draft_lots(work: Unit, *, rows: Sequence[DraftRow], file_digest: str) -> int:
    """Keep every row that is not known yet as a draft; return how many were new."""
    work.require(policy.IMPORT)
    stored = await work.session.execute(select(DraftLot.source_number, DraftLot.round))
    known = {(row.source_number, row.round) for row in stored}
    new = [row for row in rows if (row.source_number, row.round) not in known]
    for row in new:
        work.add(_draft(work, row))
    work.record(
        "draft_lots.imported",
        stream="import:lots",
        file_digest=file_digest,
        rows=len(rows),
        added=len(new),
    )
    return len(new)


async def make_lot(work: Unit, asset_id: AssetId, *, new: NewLot) -> Lot:
    """Make the lot under which an asset will be offered; it pins the rulebook in force."""
    asset = await work.lock(Asset, asset_id)
    work.require(policy.MAKE, asset.court_id)
    known = await work.session.scalar(select(Lot).where(Lot.asset_id == asset_id))
    if known is not None:
        return known
    await _require_investigated(work, asset_id)
    lot = Lot(
        id=new.id,
        case_id=asset.case_id,
        asset_id=asset.id,
        court_id=asset.court_id,
        title=_said(new.title, "title"),
        state=LotState.INVESTIGATED,
        held_ground="",
        rulebook=work.rules.name,
        made_at=work.now,
        price=None,
        price_method="",
        price_basis="",
        price_set_at=None,
        price_valid_until=None,
    )
    work.add(lot)
    await work.session.flush()
    if new.draft_id is not None:
        await _adopt(work, new.draft_id, lot)
    work.record("lot.made", stream=lot.stream, lot=str(lot.id), asset=str(asset.id))
    work.record("lot.made", stream=asset.stream, lot=str(lot.id), asset=str(asset.id))
    return lot


async def record_reference_price(work: Unit, lot_id: LotId, *, price: ReferencePrice) -> Lot:
    """Keep the price that a method of valuation has fixed, for at most a year (参考价27)."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.PRICE, lot.court_id)
    longest = ends_at(price.set_at, BY_NAME[lot.rulebook].rule("valuation.validity_max"))
    if price.valid_until > longest or not price.holds_at(work.now):
        raise Refusal("lot.price_validity_wrong", latest=longest.isoformat())
    if price.amount.fen == 0:
        raise Refusal("lot.price_zero")
    lot.advance(LotTrigger.SET_PRICE)
    lot.take_price(price)
    work.record(
        "lot.reference_price_set",
        stream=lot.stream,
        lot=str(lot.id),
        amount_fen=price.amount.fen,
        method=price.method,
        valid_until=price.valid_until.isoformat(),
    )
    return lot


async def advance_lot(work: Unit, lot_id: LotId, trigger: LotTrigger) -> Lot:
    """Move a lot along its life; called by the command that makes the step true."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.ADVANCE)
    was = lot.state
    lot.advance(trigger)
    work.record(
        "lot.advanced",
        stream=lot.stream,
        lot=str(lot.id),
        trigger=trigger.value,
        was=was.value,
        state=lot.state.value,
    )
    return lot


async def hold_lot(work: Unit, lot_id: LotId, *, ground: str) -> Lot:
    """Stop everything about a lot, for example on a third party's objection (网拍36(2))."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.HOLD, lot.court_id)
    lot.held_ground = _said(ground, "ground")
    work.record("lot.held", stream=lot.stream, lot=str(lot.id))
    return lot


async def release_hold(work: Unit, lot_id: LotId) -> Lot:
    """Let a held lot go on."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.HOLD, lot.court_id)
    lot.held_ground = ""
    work.record("lot.hold_released", stream=lot.stream, lot=str(lot.id))
    return lot


async def withdraw_lot(work: Unit, lot_id: LotId, *, ground: str) -> Lot:
    """Take a lot back before it is sold (撤回): paid, settled, title gone (拍变17)."""
    lot = await work.lock(Lot, lot_id)
    work.require(policy.WITHDRAW, lot.court_id)
    if lot.state in ON_OFFER:
        raise Refusal("lot.on_offer", state=lot.state.value)
    if lot.state not in WITHDRAWABLE:
        raise Refusal("lot.past_withdrawal", state=f"LotState.{lot.state.value}")
    lot.held_ground = _said(ground, "ground")
    lot.advance(LotTrigger.WITHDRAW)
    work.record("lot.withdrawn", stream=lot.stream, lot=str(lot.id))
    return lot


def _add_seizure(work: Unit, asset: Asset, seizure: NewSeizure) -> Seizure:
    """Check the term against the longest the law allows (民诉解释485) and add it."""
    rule = work.rules.rule(asset.kind.seizure_rule)
    longest = last_day_of(seizure.seized_on, rule)
    today = work.now.astimezone(BEIJING).date()
    if seizure.seized_on > today:
        raise Refusal("asset.seizure_in_future", on=seizure.seized_on.isoformat())
    if seizure.expires_on > longest:
        raise Refusal("asset.seizure_too_long", latest=longest.isoformat(), basis=rule.basis)
    if seizure.expires_on <= max(today, seizure.seized_on):
        raise Refusal("asset.seizure_over", on=seizure.expires_on.isoformat())
    added = Seizure(
        id=work.new_id(),
        asset_id=asset.id,
        ruling_number=_said(seizure.ruling_number, "ruling_number"),
        seized_on=seizure.seized_on,
        expires_on=seizure.expires_on,
        recorded_at=work.now,
    )
    work.add(added)
    return added


async def _keep_finding(work: Unit, asset: Asset, said: Finding, looked_by: PersonId) -> None:
    finding = said.finding.strip()
    if said.status is InvestigationStatus.CHECKED and not finding:
        raise Refusal("asset.finding_empty", subject=f"InvestigationSubject.{said.subject.value}")
    row = await work.session.get(InvestigationItem, (asset.id, said.subject))
    if row is None:
        row = InvestigationItem(asset_id=asset.id, subject=said.subject)
        work.add(row)
    row.status, row.finding = said.status, finding
    row.looked_at, row.looked_by = work.now, looked_by


async def _require_investigated(work: Unit, asset_id: AssetId) -> None:
    """Each of the five subjects is answered before there is a lot (参考价3)."""
    found = await work.session.scalars(
        select(InvestigationItem.subject).where(InvestigationItem.asset_id == asset_id)
    )
    answered = set(found)
    missing = [subject for subject in SUBJECTS if subject not in answered]
    if missing:
        raise Refusal(
            "lot.not_investigated",
            subjects="、".join(SUBJECT_NAMES[subject] for subject in missing),
        )


def _draft(work: Unit, row: DraftRow) -> DraftLot:
    return DraftLot(
        id=work.new_id(),
        source_number=row.source_number,
        round=row.round,
        city=row.city,
        year=row.year,
        appraisal=row.appraisal,
        starting_price=row.starting_price,
        increment=row.increment,
        registered=row.registered,
        has_priority_buyer=row.has_priority_buyer,
        final_price=row.final_price,
        longitude=row.longitude,
        latitude=row.latitude,
        state=DraftLotState.DRAFT,
        lot_id=None,
        imported_at=work.now,
    )


async def _adopt(work: Unit, draft_id: UUID, lot: Lot) -> None:
    draft = await work.lock(DraftLot, draft_id)
    if draft.state is DraftLotState.ADOPTED:
        raise Refusal("lot.draft_adopted.conflict", lot=str(draft.lot_id))
    draft.state = DraftLotState.ADOPTED
    draft.lot_id = lot.id
    work.record("draft_lot.adopted", stream=lot.stream, lot=str(lot.id), draft=str(draft.id))


def _is_open(case: Case) -> None:
    if case.state is not CaseState.OPEN:
        raise Refusal("case.not_open", state=case.state.value)


def _said(text: str, field: str) -> str:
    """A text that must not be empty."""
    said = text.strip()
    if not said:
        raise Refusal("case.field_empty", field=field)
    return said
