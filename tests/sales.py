"""Words of the settlement desk for tests: a lot under the hammer, paid, ruled, taxed, planned."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from auction.cases.case import Case, CaseState, Party, PartyRole
from auction.cases.claims import Claim, ClaimKind
from auction.deposits.deposit import Deposit
from auction.distribution.estate import Account, Choices
from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.ids import (
    BidderCode,
    CaseId,
    ListingId,
    LotId,
    OrganisationId,
    PersonId,
    RegistrationId,
    SessionId,
)
from auction.kernel.money import ZERO, Money
from auction.law.taxes import Bearer, TaxKind
from auction.listings.listing import Listing, ListingState, Round
from auction.lots.asset import Asset, AssetKind
from auction.lots.lot import Lot, LotState
from auction.notices.commands import record_receipt, record_rendering, serve_notice
from auction.notices.notice import Notice, NoticeState
from auction.people.credentials import Credential, Passwords
from auction.people.identity import check_digit
from auction.people.organisation import Court, Organisation, OrganisationKind
from auction.people.person import RoleGrant
from auction.settlement.commands import (
    AssessedTax,
    ask_assistance,
    check_qualification,
    confirm_sale,
    issue_ruling,
    record_tax_lines,
    serve_ruling,
)
from auction.settlement.sale import Hammer, JointBuyerDraft, Sale
from tests.builders import a_person
from tests.conftest import NOON
from tests.finance import COURT, Desk, pays_in
from tests.signers import a_signed_paper

PRICE = Money.yuan(1_000_000)
CHOICES = Choices(
    fee_account=Account("杭湾市财政局（演示）", "3300100"),
    tax_account=Account("国家金库杭湾支库（演示）", "3300200"),
)
SELLER_VAT = AssessedTax(
    kind=TaxKind.VAT,
    base=Money.yuan(900_000),
    rate=Fraction(3, 100),
    amount=Money.yuan(27_000),
    bearer=Bearer.SELLER,
)
BUYER_DEED = AssessedTax(
    kind=TaxKind.DEED,
    base=Money.yuan(1_000_000),
    rate=Fraction(1, 100),
    amount=Money.yuan(10_000),
    bearer=Bearer.BUYER,
)


def staff(serial: int, role: Role) -> Actor:
    return Actor(PersonId(UUID(int=serial)), frozenset({role}), COURT)


OFFICER = staff(101, Role.OFFICER)
PANEL = staff(102, Role.PANEL)
APPROVER = staff(103, Role.FINANCE_APPROVER)
CLERK = staff(111, Role.FINANCE_CLERK)
SUPERVISOR = staff(112, Role.SUPERVISOR)
BUYER = Actor(PersonId(UUID(int=104)), frozenset({Role.BIDDER}))
APPLICANT = Actor(PersonId(UUID(int=105)), frozenset({Role.BIDDER}))
DEBTOR = Actor(PersonId(UUID(int=106)), frozenset({Role.BIDDER}))
BANK = Actor(PersonId(UUID(int=107)), frozenset({Role.BIDDER}))
STRANGER = Actor(PersonId(UUID(int=108)), frozenset({Role.BIDDER}))
REGISTRY = Actor(
    PersonId(UUID(int=109)),
    frozenset({Role.REGISTRY}),
    organisation_id=OrganisationId(UUID(int=201)),
)
BUREAU = Actor(
    PersonId(UUID(int=110)), frozenset({Role.TAX}), organisation_id=OrganisationId(UUID(int=202))
)
PEOPLE = (
    OFFICER, PANEL, APPROVER, CLERK, SUPERVISOR, BUYER, APPLICANT, DEBTOR, BANK, STRANGER,
)  # fmt: skip
"""Those with an account of their own."""
NAMES = {
    101: "沈执", 102: "顾衡", 103: "金核", 104: "张三", 105: "周立信", 106: "吴长欠",
    107: "杭湾商业银行", 108: "路人", 109: "登记经办", 110: "税务经办",
    111: "钱谨", 112: "严鉴",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offered:
    """A published lot of a case with its parties."""

    case_id: CaseId
    lot_id: LotId
    listing_id: ListingId


class SaleDesk(Desk):
    """Everybody who has a hand in a sale, on one database."""

    async def found(self) -> None:
        async with self.database.unit(SYSTEM) as work:
            work.add(Court(id=COURT, name="杭湾市人民法院（演示）"))
            for serial, kind in ((201, OrganisationKind.REGISTRY), (202, OrganisationKind.TAX)):
                work.add(
                    Organisation(
                        id=UUID(int=serial), kind=kind, name=f"机构{serial}",
                        credit_code=str(serial), enrolled_at=NOON,
                    )
                )  # fmt: skip
            for serial, name in NAMES.items():
                first = f"99010119800101{serial:03d}"
                await a_person(work, UUID(int=serial), name, first + check_digit(first))
            await work.session.flush()
            for actor in PEOPLE:
                for role in actor.roles:
                    work.add(
                        RoleGrant(
                            id=work.new_id(), person_id=actor.person_id, role=role,
                            court_id=actor.court_id, organisation_id=None, granted_at=NOON,
                            revoked_at=None,
                        )
                    )  # fmt: skip

    async def let_in(self, password: str) -> None:
        """Give everybody one password, to sign in as p<serial>."""
        passwords = Passwords()
        password_hash = await passwords.hash(password)
        passwords.close()
        async with self.database.unit(SYSTEM) as work:
            for actor in PEOPLE:
                work.add(
                    Credential(
                        person_id=actor.person_id, password_hash=password_hash, changed_at=NOON
                    )
                )

    async def a_listing(self, *, is_enterprise: bool = False, number: int = 88) -> Offered:
        async with self.database.unit(SYSTEM) as work:
            case_id, asset_id, lot_id = work.new_id(), work.new_id(), work.new_id()
            work.add(
                Case(
                    id=case_id, court_id=COURT, number=f"（2026）浙0199执{number}号",
                    enforcement_basis="（2025）浙0199民初1号", officer_id=OFFICER.person_id,
                    debtor_is_enterprise=is_enterprise, state=CaseState.OPEN, rulebook="law",
                    opened_at=NOON, stay_ground="",
                )
            )  # fmt: skip
            await work.session.flush()
            work.add(
                Asset(
                    id=asset_id, subject_key=await work.subject_key(asset_id), case_id=case_id,
                    court_id=COURT, kind=AssetKind.HOME,
                    title="一套住房", description="", location="", registry_number="浙不动产1",
                    area_m2=None, owner_name="吴长欠", seized_at=NOON,
                )
            )  # fmt: skip
            await work.session.flush()
            work.add(
                Lot(
                    id=lot_id, case_id=case_id, asset_id=asset_id, court_id=COURT,
                    title="一套住房", state=LotState.FIRST_AUCTION, held_ground="",
                    rulebook="law", made_at=NOON, price=PRICE, price_method="appraisal",
                    price_basis="参考价16", price_set_at=NOON - timedelta(days=60),
                    price_valid_until=NOON + timedelta(days=300),
                )
            )  # fmt: skip
            await work.session.flush()
            listing_id = work.new_id()
            work.add(
                Listing(
                    id=listing_id, lot_id=lot_id, case_id=case_id, court_id=COURT,
                    round=Round.FIRST_AUCTION, state=ListingState.PUBLISHED, title="一套住房",
                    starting_price=Money.yuan(700_000), increment=Money.yuan(5_000),
                    deposit=Money.yuan(50_000), opens_at=NOON - timedelta(days=1), closes_at=NOON,
                    balance_days=10, rulebook="law", drafted_by=OFFICER.person_id,
                    drafted_at=NOON, published_at=NOON, ground="", delay_ground="",
                )
            )  # fmt: skip
            return Offered(CaseId(case_id), LotId(lot_id), ListingId(listing_id))

    async def a_party(self, offered: Offered, role: PartyRole, who: Actor, account: str) -> Party:
        name = NAMES[who.person_id.int if who.person_id else 0]
        async with self.database.unit(SYSTEM) as work:
            party_id = work.new_id()
            party = Party(
                id=party_id, subject_key=await work.subject_key(who.person_id or party_id),
                case_id=offered.case_id, role=role, person_id=who.person_id,
                name=name, contact="", payout_name=name, payout_bank="", payout_account=account,
                added_at=work.now,
            )  # fmt: skip
            work.add(party)
        return party

    async def a_claim(
        self, party: Party, kind: ClaimKind, principal: Money, **known: object
    ) -> Claim:
        values: dict[str, object] = {
            "interest": ZERO, "advanced_costs": ZERO, "since": None, "seizure_order": None,
            "pay_by": None, "title_document": "判决书", "registered_at": NOON,
        }  # fmt: skip
        async with self.database.unit(SYSTEM) as work:
            claim = Claim(
                id=work.new_id(), case_id=party.case_id, party_id=party.id, kind=kind,
                principal=principal, **(values | known),
            )  # fmt: skip
            work.add(claim)
        return claim

    async def a_case_with_claims(self) -> Offered:
        """A mortgage of 600,000 and an ordinary claim of 500,000 with costs of 3,000."""
        offered = await self.a_listing()
        applicant = await self.a_party(offered, PartyRole.APPLICANT, APPLICANT, "6222105")
        await self.a_party(offered, PartyRole.RESPONDENT, DEBTOR, "6222106")
        bank = await self.a_party(offered, PartyRole.CREDITOR, BANK, "6222107")
        await self.a_claim(bank, ClaimKind.MORTGAGE, Money.yuan(600_000), since=date(2022, 1, 1))
        await self.a_claim(
            applicant, ClaimKind.ORDINARY, Money.yuan(500_000), advanced_costs=Money.yuan(3_000)
        )
        return offered

    async def a_sale(self, offered: Offered | None = None) -> Sale:
        """The buyer's and another bidder's deposits held, then the hammer falls."""
        offered = offered or await self.a_case_with_claims()
        won = await self.a_deposit(listing_id=offered.listing_id)
        lost = await self.a_deposit(listing_id=offered.listing_id)
        await self.books(
            pays_in(won.amount, won.virtual_account), pays_in(lost.amount, lost.virtual_account)
        )
        return await self.hammered(offered, won)

    async def hammered(
        self,
        offered: Offered,
        won: Deposit,
        price: Money = PRICE,
        joint: tuple[JointBuyerDraft, ...] = (),
    ) -> Sale:
        hammer = Hammer(
            listing_id=offered.listing_id,
            session_id=SessionId(UUID(int=301)),
            code=BidderCode("A1B2"),
            registration_id=RegistrationId(won.registration_id),
            buyer_id=PersonId(UUID(int=104)),
            hammer_price=price,
            closed_at=self.clock.now(),
            joint=joint,
        )
        async with self.database.unit(SYSTEM) as work:
            return await confirm_sale(work, hammer=hammer)

    async def a_paid_sale(self) -> Sale:
        sale = await self.a_sale()
        await self.books(pays_in(sale.balance, sale.virtual_account))
        return await self.sale(sale.id)

    async def a_ruled_sale(self) -> Sale:
        sale = await self.a_paid_sale()
        async with self.database.unit(OFFICER) as work:
            await check_qualification(work, sale.id, is_qualified=True, evidence="查询结果")
        async with self.database.unit(OFFICER) as work:
            sale = await issue_ruling(work, sale.id, ruling_number="（2026）浙0199执88号之二")
        await self.deliver_notices()
        return sale

    async def a_taxed_sale(self, *lines: AssessedTax) -> Sale:
        """Title passed, letters out, the bureau's lines in."""
        sale = await self.a_ruled_sale()
        await self.title_passes(sale.id)
        async with self.database.unit(BUREAU) as work:
            return await record_tax_lines(work, sale.id, lines=lines or (SELLER_VAT, BUYER_DEED))

    async def title_passes(self, sale_id: UUID) -> Sale:
        """The buyer signs for the ruling that was served, and the letters go out."""
        sale = await self.sale(sale_id)
        async with self.database.unit(BUYER) as work:
            await record_receipt(work, sale.ruling_notice_id or UUID(int=0))
            await serve_ruling(work, sale.id)
        return await self.ask_assistance(sale)

    async def ask_assistance(self, sale: Sale) -> Sale:
        async with self.database.unit(OFFICER) as work:
            return await ask_assistance(
                work,
                sale.id,
                registry_id=UUID(int=201),
                bureau_id=UUID(int=202),
                requests=["解除查封", "转移登记至买受人名下"],
            )

    async def deliver_notices(self) -> None:
        """What the worker does with every notice issued so far."""
        async with self.database.reading() as session:
            waiting = await session.scalars(
                select(Notice.id).where(Notice.state == NoticeState.ISSUED)
            )
            ids = waiting.all()
        for notice_id in ids:
            async with self.database.unit(SYSTEM) as work:
                await record_rendering(work, notice_id, paper=a_signed_paper("0" * 64))
            async with self.database.unit(SYSTEM) as work:
                await serve_notice(work, notice_id)

    async def sale(self, sale_id: UUID) -> Sale:
        async with self.database.reading() as session:
            return await session.get_one(Sale, sale_id)
