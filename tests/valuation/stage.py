"""A court with one investigated lot, its people, and a road to any point of its valuation."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlalchemy import select

from auction.cases.case import PartyRole
from auction.cases.commands import NewCase, NewParty, add_party, open_case
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.money import Money
from auction.lots.asset import SUBJECTS, AssetKind, InvestigationStatus
from auction.lots.commands import (
    Finding,
    NewAsset,
    NewLot,
    NewSeizure,
    complete_investigation,
    make_lot,
    seize_asset,
)
from auction.notices.commands import record_rendering, serve_notice
from auction.notices.notice import Notice
from auction.people.commands import found_court
from auction.store.database import Database
from tests.signers import a_signed_paper
from tests.staff import employ
from valuation import vrf
from valuation.commands import assignments, draws, opening, reports, roster
from valuation.commission import Commission
from valuation.draw import commitment
from valuation.drawing import KEY_HOLDERS, Draw
from valuation.methods import Situation
from valuation.report import AppraisalMethod, ReportDraft, Signer
from valuation.roster import Field

COURT = CourtId("浙0199")
_SPACE = UUID("018f0000-0000-7000-8000-000000000000")
SECRETS = {role: hashlib.sha256(role.encode()).digest() for role in KEY_HOLDERS}


def made(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(_SPACE, name)


def person(name: str, *roles: Role, court: bool = False, organisation: str = "") -> Actor:
    """An actor whose id follows from his name."""
    return Actor(
        PersonId(made(name)),
        frozenset(roles),
        COURT if court else None,
        OrganisationId(made(organisation)) if organisation else None,
    )


OFFICER = person("officer", Role.OFFICER, court=True)
SUPERVISOR = person("supervisor", Role.SUPERVISOR, court=True)
APPLICANT = person("applicant", Role.BIDDER)
RESPONDENT = person("respondent", Role.BIDDER)
STRANGER = person("stranger", Role.BIDDER)


def agency(number: int) -> Actor:
    """Staff of one of the twelve listed agencies."""
    return person(f"staff{number}", Role.AGENCY, organisation=f"agency{number}")


def nonce(who: str) -> str:
    """The number a contributor hides."""
    return hashlib.sha256(f"nonce of {who}".encode()).hexdigest()


def report_draft(**changes: object) -> ReportDraft:
    """A report that the law would let stand."""
    said: dict[str, object] = {
        "number": "浙估字〔2026〕第7号",
        "based_on": date(2026, 3, 1),
        "methods": (AppraisalMethod.MARKET, AppraisalMethod.INCOME),
        "value": Money.yuan(1_000_000),
        "valid_until_on": date(2027, 2, 28),
        "signers": (Signer("估价师甲", "3320200001"), Signer("估价师乙", "3320200002")),
        "pdf_digest": "ab" * 32,
    }
    return ReportDraft(**{**said, **changes})


@dataclass(slots=True)
class Stage:
    """One lot and everybody around it."""

    database: Database
    clock: FrozenClock
    lot_id: UUID = field(default_factory=lambda: made("lot"))
    assignment_id: UUID = field(default_factory=lambda: made("assignment"))
    draw_id: UUID = field(default_factory=lambda: made("draw"))

    def by(self, actor: Actor):
        """One command by an actor."""
        return self.database.unit(actor)

    async def seized(self) -> None:
        """A case with two sides and an investigated lot; twelve agencies; both keys."""
        async with self.by(SYSTEM) as work:
            await found_court(work, COURT, name="示范市人民法院")
            for number in range(1, 13):
                await roster.list_agency(work, listing=_listing(number))
            for role, secret in SECRETS.items():
                key = vrf.public_key(secret).hex()
                await roster.register_draw_key(work, role=role, key=key)
        await employ(self.database, OFFICER, SUPERVISOR)
        async with self.by(OFFICER) as work:
            await self._case(work)
        async with self.by(OFFICER) as work:
            await self._lot(work)
        self.clock.advance(timedelta(days=2))

    async def _case(self, work) -> None:
        await open_case(
            work,
            new=NewCase(
                id=made("case"),
                number="（2026）浙0199执7号",
                enforcement_basis="（2025）浙0199民初1号",
                debtor_is_enterprise=False,
            ),
        )
        for role in (PartyRole.APPLICANT, PartyRole.RESPONDENT):
            new = NewParty(
                id=made(f"party {role}"), role=role, name=role.value, person_id=made(role.value)
            )
            await add_party(work, made("case"), new=new)

    async def _lot(self, work) -> None:
        await seize_asset(
            work,
            made("case"),
            new=NewAsset(id=made("asset"), kind=AssetKind.HOME, title="一套住房", description=""),
            seizure=NewSeizure(
                ruling_number="（2026）浙0199执7号之一",
                seized_on=date(2026, 3, 1),
                expires_on=date(2029, 2, 28),
            ),
        )
        await work.session.flush()
        findings = [
            Finding(subject=subject, status=InvestigationStatus.CHECKED, finding="无")
            for subject in SUBJECTS
        ]
        await complete_investigation(work, made("asset"), findings=findings)
        await work.session.flush()
        await make_lot(work, made("asset"), new=NewLot(id=self.lot_id, title="一套住房"))

    async def appraising(self) -> None:
        """No agreed price; the appraisal is open."""
        await self.seized()
        async with self.by(OFFICER) as work:
            await assignments.open_assignment(work, self.lot_id, assignment_id=self.assignment_id)
        async with self.by(OFFICER) as work:
            await assignments.record_negotiation(
                work,
                self.assignment_id,
                negotiation=assignments.Negotiation(
                    Money.yuan(1), None, held_on=date(2026, 3, 1), note="议价笔录"
                ),
            )
        async with self.by(OFFICER) as work:
            await assignments.open_appraisal(
                work,
                self.assignment_id,
                field=Field.REAL_ESTATE,
                region="浙江",
                situation=Situation(),
            )

    async def announced(self) -> None:
        """The manifest is frozen."""
        await self.appraising()
        await self.announce(self.draw_id)

    async def announce(self, draw_id: UUID) -> None:
        """Announce one draw."""
        seen = await self.propose()
        async with self.by(SUPERVISOR) as work:
            await opening.announce_draw(work, self.assignment_id, draw_id=draw_id, seen=seen)

    async def propose(self) -> str:
        """The officer proposes a draw; returns what the supervisor is to say yes to."""
        async with self.by(OFFICER) as work:
            return (await opening.propose_draw(work, self.assignment_id)).payload_hash

    async def void(self) -> None:
        """The officer asks for the draw to be void, the supervisor says yes."""
        async with self.by(OFFICER) as work:
            asked = await draws.ask_void(
                work, self.draw_id, ground="系统故障", ruling_digest="ef" * 32
            )
        async with self.by(SUPERVISOR) as work:
            await draws.void_draw(work, self.draw_id, seen=asked.payload_hash)

    async def commit(self, actor: Actor, who: str, digest: str = "") -> None:
        """Commit as a contributor."""
        draw = await self.draw()
        made_digest = commitment(bytes.fromhex(draw.digest), who, bytes.fromhex(nonce(who)))
        async with self.by(actor) as work:
            await draws.place_commit(work, self.draw_id, commitment=digest or made_digest.hex())

    async def reveal(self, actor: Actor, who: str) -> None:
        """Reveal as a contributor."""
        async with self.by(actor) as work:
            await draws.place_reveal(work, self.draw_id, nonce=nonce(who))

    async def close_commits(self) -> None:
        self.clock.advance(timedelta(hours=1))
        async with self.by(SYSTEM) as work:
            await draws.close_commits(work, self.draw_id)

    async def close_reveals(self) -> None:
        self.clock.advance(timedelta(hours=1))
        async with self.by(SYSTEM) as work:
            await draws.close_reveals(work, self.draw_id)

    async def prove(self, role: str) -> None:
        """Let one institution prove."""
        alpha = (await self.draw()).alpha or ""
        proof = vrf.prove(SECRETS[role], bytes.fromhex(alpha)).hex()
        async with self.by(SYSTEM) as work:
            await draws.record_proof(work, self.draw_id, role=role, proof=proof)

    async def revealing(self) -> None:
        """Applicant and officer have committed; the respondent has not."""
        await self.announced()
        await self.commit(APPLICANT, "applicant")
        await self.commit(OFFICER, "officer")
        await self.close_commits()

    async def proving(self) -> None:
        """Applicant and officer have revealed."""
        await self.revealing()
        await self.reveal(APPLICANT, "applicant")
        await self.reveal(OFFICER, "officer")
        await self.close_reveals()

    async def held(self) -> None:
        """The draw is held and the first agency asked."""
        await self.proving()
        for role in KEY_HOLDERS:
            await self.prove(role)
        async with self.by(SYSTEM) as work:
            await draws.hold_draw(work, self.draw_id)

    async def reported(self) -> UUID:
        """The first agency has accepted and reported; returns the report's id."""
        await self.held()
        commission = await self.commission()
        staff = await self.staff_of(commission)
        async with self.by(staff) as work:
            await reports.accept_commission(work, commission.id)
        async with self.by(staff) as work:
            await reports.submit_report(
                work, commission.id, report_id=made("report"), draft=report_draft()
            )
        return made("report")

    async def served(self) -> UUID:
        """The report was checked, and its service effected."""
        report_id = await self.reported()
        async with self.by(OFFICER) as work:
            await reports.check_report(work, report_id, faults=[], remark="")
        async with self.by(OFFICER) as work:
            await reports.serve_report(work, report_id)
        await self.deliver()
        return report_id

    async def deliver(self) -> None:
        """Render and serve every notice, as the worker does."""
        async with self.database.reading() as session:
            waiting = (
                await session.scalars(select(Notice.id).where(Notice.digest.is_(None)))
            ).all()
        for notice_id in waiting:
            async with self.by(SYSTEM) as work:
                await record_rendering(work, notice_id, paper=a_signed_paper("cd" * 32))
            async with self.by(SYSTEM) as work:
                await serve_notice(work, notice_id)

    async def draw(self) -> Draw:
        """The draw as it is stored."""
        async with self.database.reading() as session:
            found = await session.get(Draw, self.draw_id)
        assert found is not None
        return found

    async def commission(self, rank: int = 1) -> Commission:
        """The commission at a rank."""
        async with self.database.reading() as session:
            return (await session.scalars(select(Commission).where(Commission.rank == rank))).one()

    async def staff_of(self, commission: Commission) -> Actor:
        """Somebody of the commissioned agency."""
        return next(
            agency(number)
            for number in range(1, 13)
            if made(f"agency{number}") == commission.organisation_id
        )


def _listing(number: int) -> roster.Listing:
    return roster.Listing(
        organisation_id=made(f"agency{number}"),
        credit_code=f"91330000{number:010d}",
        name=f"评估机构{number:02d}",
        field=Field.REAL_ESTATE,
        region="浙江",
    )
