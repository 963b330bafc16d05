"""One object of every kind that an address can name, each made by the commands themselves."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Party
from auction.cases.claims import Claim
from auction.distribution.commands import draft_plan, serve_plan
from auction.distribution.objections import raise_objection
from auction.distribution.plan import PlanLine
from auction.kernel.actor import SYSTEM, VISITOR, Actor
from auction.kernel.canonical import sha256_hex
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import AssetId, BidderCode, CourtId, DrawId, ListingId, LotId, PersonId
from auction.kernel.money import Money
from auction.kernel.sealed_file import seal_file
from auction.ledger.orders import PaymentOrder
from auction.ledger.tables import Account, PostingRow
from auction.listings.commands import complete_items, notify_parties, publish_listing
from auction.listings.listing import Listing
from auction.lots.asset import Asset
from auction.lots.photographs import add_photograph
from auction.notices.notice import Notice
from auction.notices.wording import NoticeKind
from auction.people.commands import sign_in
from auction.people.factors import CodeGenerator, Passkey
from auction.people.person import PersonKind
from auction.people.proving import FactorKey
from auction.store.database import Database
from auction.store.files import FileStore
from auction.store.keys import KeyHolder
from auction.store.outbox import ATTEMPTS_MAX, OutboxRow, record_failure
from bidding.commands import make_session
from bidding.eligibility.commands import Named, name_participant
from bidding.eligibility.participant import ParticipantKind
from bidding.engine import Extension, Ladder, Rules
from bidding.enrolment import claim_priority, start_registration
from bidding.hall.session import SessionTerms
from bidding.hall_code import HallCode
from bidding.openings.commands import propose_opening
from tests import builders, sales
from tests.conftest import Execute
from tests.finance import COURT, pays_in
from tests.sales import CHOICES, SaleDesk
from tests.uploads import taken
from tests.valuation import stage as valuation
from tests.web.matrix.cast import SUBJECT, cast, enrol
from tests.web.matrix.forms import CODE
from valuation.commands.draws import ask_void
from valuation.commands.reports import raise_objection as object_to_report
from valuation.report import ObjectionGround

FIVE = timedelta(minutes=5)


@dataclass(slots=True)
class Stage:
    """A database with everything in it, and the names under which the table finds it."""

    database: Database
    clock: FrozenClock
    files: FileStore
    key: FactorKey
    keeper: KeyHolder
    as_owner: Execute
    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    """What fills the holes of a path: name of the object -> {hole: text}."""
    people: dict[str, Actor | None] = field(default_factory=dict)

    async def build(self) -> None:
        """Walk the commands of the whole house once."""
        await self._offer()
        await self._sale()
        await self._appraisal()
        agency = await valuation.Stage(self.database, self.clock).commission()
        asked = agency.organisation_id
        own = next(n for n in range(1, 13) if valuation.made(f"agency{n}") == asked)
        self.people = dict(cast(valuation.agency(own), valuation.agency(own % 12 + 1)))
        await enrol(self.database, {**self.people, **_others()})
        await self._papers()
        await self._accounts()
        await self._registration()
        await self._platform()

    def one(self, name: str, **holes: object) -> None:
        """Remember an object."""
        self.objects[name] = {hole: str(value) for hole, value in holes.items()}

    async def _offer(self) -> None:
        """A published listing with its case, asset, lot, photograph, file; and a mere draft."""
        drafted = await builders.a_draft(self.database)
        await self._rename_case("（2026）浙0199执99号")
        await builders.approve(self.database, drafted.id)
        await builders.complete(self.database, drafted.id)
        async with self.database.reading() as session:
            asset = (await session.scalars(select(Asset))).one()
        async with self.database.unit(builders.OFFICER) as work:
            await complete_items(
                work,
                drafted.id,
                texts={"valuation_report": "见附件"},
                shown=(),
                files={"valuation_report": await self.files.put(b"%PDF-1.7 a report")},
            )
        photo_id = await self._photograph(AssetId(asset.id))
        async with self.database.unit(builders.OFFICER) as work:
            await notify_parties(work, drafted.id, unreachable_because="下落不明")
        self.clock.advance(timedelta(days=4))
        async with self.database.unit(builders.OFFICER) as work:
            await publish_listing(work, drafted.id)
        async with self.database.reading() as session:
            parties = (await session.scalars(select(Party))).all()
            claims = (await session.scalars(select(Claim))).all()
        self.one("listing", id=drafted.id, listing=drafted.id, bid=UUID(int=1))
        self.one("listed file", listing=drafted.id, key="valuation_report")
        self.one("lot", id=drafted.lot_id)
        self.one("case", id=drafted.case_id)
        self.one("party", id=parties[0].id)
        self.one("claim", id=claims[0].id)
        self.one("asset", id=asset.id)
        self.one("photo", id=photo_id)
        self.one("stream", stream=f"case:{drafted.case_id}")
        draft = await builders.a_draft(self.database)
        await self._rename_case("（2026）浙0199执98号")
        self.one("draft", id=draft.id, listing=draft.id)

    async def _photograph(self, asset_id: AssetId) -> UUID:
        """A picture with its sealed original."""
        picture = taken("PNG")
        public = (await self.keeper.ask("original.public"))["public_key"]
        shown = await self.files.put(picture)
        sealed = await self.files.put(seal_file(bytes.fromhex(public), picture))
        async with self.database.unit(builders.OFFICER) as work:
            made = await add_photograph(
                work, asset_id, digest=shown, original_digest=sha256_hex(picture),
                sealed_digest=sealed,
            )  # fmt: skip
        return made.id

    async def _sale(self) -> None:
        """A sale with its papers, its book, its plan served and objected to."""
        desk = SaleDesk(self.database, self.clock)
        await self._forget_court()
        await desk.found()
        sale = await desk.a_taxed_sale()
        await desk.books(pays_in(Money.yuan(100), ""))
        async with self.database.unit(sales.OFFICER) as work:
            plan = await draft_plan(work, sale_id=sale.id, choices=CHOICES)
        async with self.database.unit(sales.OFFICER) as work:
            await serve_plan(work, plan.id)
        await desk.deliver_notices()
        async with self.database.unit(sales.APPLICANT) as work:
            objection = await raise_objection(work, plan.id, line_id=None, reason="抵押已注销")
        self.one("sale", id=sale.id)
        self.one("sold lot", id=sale.lot_id)
        self.one("plan", id=plan.id)
        self.one("plan objection", id=objection.id)
        async with self.database.reading() as session:
            for name, kind in (("letter", NoticeKind.ASSIST_EXECUTION),
                               ("tax letter", NoticeKind.TAX_COORDINATION),
                               ("ruling", NoticeKind.TITLE_RULING)):  # fmt: skip
                found = (await session.scalars(select(Notice).where(Notice.kind == kind))).one()
                self.one(name, id=found.id, code=found.code)
            for name, kind in (("plan line", PlanLine), ("account", Account),
                               ("posting", PostingRow)):  # fmt: skip
                self.one(name, id=(await session.scalars(select(kind.id).limit(1))).one())
            number = select(PaymentOrder.order_number).limit(1)
            self.one("order", number=(await session.scalars(number)).one())
        self.one("bank line", id=(await desk.lines())[-1].id)
        statement = desk.bank.statement([pays_in(Money.yuan(7), "")], self.clock.now())
        digest = await self.files.put(statement)
        self.one("statement", digest=digest, seal=self.key.upload_seal(COURT, digest))

    async def _appraisal(self) -> None:
        """A held draw, a served report and an objection to it."""
        at = valuation.Stage(self.database, self.clock)
        await self._forget_court()
        report_id = await at.served()
        async with self.database.unit(valuation.APPLICANT) as work:
            objection = await object_to_report(
                work,
                report_id,
                objection_id=work.new_id(),
                ground=ObjectionGround.DATA,
                reasons="面积有误",
            )
        ruling = await self.files.put(b"%PDF-1.7 a ruling")
        async with self.database.unit(valuation.OFFICER) as work:
            asked = await ask_void(
                work, DrawId(at.draw_id), ground="摇号有误", ruling_digest=ruling
            )
        self.one("request", id=asked.id, payload_hash=asked.payload_hash)
        self.one("draw", id=at.draw_id)
        self.one("valued lot", id=at.lot_id, assignment=at.assignment_id)
        self.one("commission", id=(await at.commission()).id)
        self.one("report", id=report_id)
        self.one("report objection", id=objection.id)

    async def _rename_case(self, number: str) -> None:
        """The builders give every case one number."""
        await self.as_owner(f"UPDATE cases SET number = '{number}' WHERE number LIKE '%执88号'")

    async def _forget_court(self) -> None:
        """The builders of sales and of appraisals found the court themselves."""
        await self.as_owner(f"DELETE FROM court WHERE id = '{COURT}'")

    async def _papers(self) -> None:
        """Files for the papers and the report, which the builders only name."""
        digest = await self.files.put(b"%PDF-1.7 a paper")
        await self.as_owner(f"UPDATE notice SET digest = '{digest}' WHERE digest IS NOT NULL")
        await self.as_owner(f"UPDATE reports SET pdf_digest = '{digest}'")

    async def _accounts(self) -> None:
        """The buyer's sign-in and passkey, the stranger's generator; organisations."""
        buyer = sales.BUYER.person_id
        assert buyer is not None
        async with self.database.unit(VISITOR) as work:
            sign_in_id = await sign_in(
                work, work.new_id(), person_id=buyer, token="elsewhere", browser="another"
            )
        async with self.database.unit(SYSTEM) as work:
            passkey = Passkey(
                id=work.new_id(), person_id=buyer, credential_id=b"1", public_key=b"2",
                sign_count=0, label="key", made_at=work.now, used_at=None, revoked_at=None,
            )  # fmt: skip
            generator = CodeGenerator(
                person_id=sales.STRANGER.person_id, salt=b"3", made_at=work.now,
                confirmed_at=work.now, last_counter=0,
            )  # fmt: skip
            work.add(passkey)
            work.add(generator)
        self.one("sign-in", id=sign_in_id)
        self.one("passkey", id=passkey.id)
        self.one("person", id=SUBJECT)
        self.one("organisation", id=UUID(int=201))
        self.one("registry", id=UUID(int=201))
        self.one("bureau", id=UUID(int=202))

    async def _registration(self) -> None:
        """The buyer signed up for the listing, claiming a right of pre-emption; its session."""
        listing_id = UUID(self.objects["listing"]["id"])
        async with self.database.unit(sales.BUYER) as work:
            signed = await start_registration(work, work.new_id(), listing_id=listing_id)
        async with self.database.unit(sales.BUYER) as work:
            await claim_priority(work, signed.id, ground="承租人")
        self.one("priority", id=signed.id)
        async with self.database.unit(sales.BUYER) as work:
            named = Named(
                ParticipantKind.JOINT, PersonKind.NATURAL, "某联合人", "11010519491231002X"
            )
            joint = await name_participant(
                work, work.new_id(), registration_id=signed.id, named=named
            )
        self.one("participant", id=joint.id)
        async with self.database.reading() as session:
            listing = await session.get_one(Listing, listing_id)
        rules = Rules(
            Ladder.MULTIPLE, Extension.RESET, listing.starting_price, listing.increment, FIVE, FIVE
        )
        terms = SessionTerms(
            ListingId(listing_id), LotId(listing.lot_id), CourtId(COURT), listing.opens_at,
            listing.closes_at, rules,
        )  # fmt: skip
        async with self.database.unit(SYSTEM) as work:
            await make_session(work, terms=terms)
            work.add(HallCode(listing_id=listing_id, code=CODE, issued_on_hour=work.now))
        async with self.database.unit(sales.SUPERVISOR) as work:
            asked = await propose_opening(
                work, work.new_id(), listing_id=ListingId(listing_id), code=BidderCode(CODE),
                reason="举报围标",
            )  # fmt: skip
        self.one("opening", id=asked.subject)

    async def _platform(self) -> None:
        """A row of the outbox that was given up."""
        async with self.database.unit(SYSTEM) as work:
            work.enqueue("greet", person="7")
        async with self.database.unit(SYSTEM) as work:
            row = (
                await work.session.scalars(select(OutboxRow.id).where(OutboxRow.name == "greet"))
            ).one()
            for _ in range(ATTEMPTS_MAX):
                await record_failure(work.session, row, work.now, "RuntimeError: stumbled")
        self.one("dead row", id=row)
        self.one("guide", role="bidder")
        self.one("export", program="hledger")


def _others() -> dict[str, Actor | None]:
    """Who acted while the stage was built and does not ask for anything now."""
    drew = {f"valuation {name}": valuation.person(name) for name in ("officer", "respondent")}
    offered = {f"builder {n}": Actor(PersonId(builders.uid(n)), frozenset()) for n in range(1, 7)}
    return {**drew, **offered}
