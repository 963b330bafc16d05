"""The papers of a sale: what each notice is told, gathered from the case, the lot and the buyer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.cases.case import Case, Party, PartyRole
from auction.kernel.refusal import Refusal
from auction.ledger.virtual import BANK_NAME, account_holder
from auction.lots.asset import Asset, AssetKind
from auction.lots.lot import Lot
from auction.notices.notice import NoticeDraft
from auction.notices.wording import NoticeKind
from auction.people import queries as people
from auction.people.organisation import OrganisationKind
from auction.people.person import Person
from auction.settlement.buyers import Buyer, buyers_of, names_of
from auction.settlement.sale import Sale

KIND_NAMES: Mapping[AssetKind, str] = MappingProxyType(
    {
        AssetKind.HOME: "住宅用房",
        AssetKind.COMMERCIAL: "商业用房",
        AssetKind.LAND: "土地使用权",
        AssetKind.VEHICLE: "机动车",
        AssetKind.GOODS: "动产",
        AssetKind.EQUITY: "股权",
        AssetKind.OTHER_RIGHT: "其他财产权",
    }
)
UNREGISTERED = "无登记编号"
IN_THE_FILE = "见案卷"
ALONE = "全部"
"""The share of who buys alone."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """Who and what a sale is about, in names: for papers and desks, never for the journal."""

    court_name: str
    judge_name: str
    case_number: str
    lot_title: str
    asset_kind: str
    registry_number: str
    applicant_name: str
    debtor_name: str
    debtor_identity: str
    buyers: tuple[Buyer, ...]
    """The registered buyer first, and who buys jointly with him."""

    @property
    def buyers_masked(self) -> dict[str, object]:
        """The buyers for what is published (网拍22; the numbers masked)."""
        return _buyer_facts(self.buyers, [buyer.masked for buyer in self.buyers])

    @property
    def buyers_in_full(self) -> dict[str, object]:
        """The buyers for the registry and the tax bureau, who cannot act without the numbers."""
        return _buyer_facts(self.buyers, [buyer.identity_number for buyer in self.buyers])

    @property
    def heading(self) -> dict[str, object]:
        """What every paper carries."""
        return {
            "court_name": self.court_name,
            "case_number": self.case_number,
            "lot_title": self.lot_title,
        }


async def particulars(session: AsyncSession, sale: Sale) -> Particulars:
    """Gather what the papers of a sale say."""
    lot = await session.get_one(Lot, sale.lot_id)
    asset = await session.get_one(Asset, lot.asset_id)
    case = await session.get_one(Case, sale.case_id)
    court = await people.court(session, sale.court_id)
    buyer = await session.get_one(Person, sale.buyer_id)
    parties = (await session.scalars(Party.standing_in(case.id))).all()
    debtors = [party for party in parties if party.role is PartyRole.RESPONDENT]
    return Particulars(
        court_name=court.name,
        judge_name=(await people.person(session, case.officer_id)).name,
        case_number=case.number,
        lot_title=lot.title,
        asset_kind=KIND_NAMES[asset.kind],
        registry_number=asset.registry_number or UNREGISTERED,
        applicant_name=_names([p for p in parties if p.role is PartyRole.APPLICANT]),
        debtor_name=_names(debtors),
        debtor_identity=await _identities(session, debtors),
        buyers=buyers_of(buyer, sale.joint_buyers),
    )


def _buyer_facts(buyers: Sequence[Buyer], identities: Sequence[str]) -> dict[str, object]:
    rows = [
        {"name": buyer.name, "identity": identity, "share": buyer.share or ALONE}
        for buyer, identity in zip(buyers, identities, strict=True)
    ]
    return {"buyer_name": names_of(buyers), "buyers": rows}


def _names(parties: Sequence[Party]) -> str:
    return "、".join(party.name for party in parties) or IN_THE_FILE


async def _identities(session: AsyncSession, parties: Sequence[Party]) -> str:
    ids = [party.person_id for party in parties if party.person_id is not None]
    if not ids:
        return IN_THE_FILE
    people_found = await session.scalars(select(Person).where(Person.id.in_(ids)))
    return "、".join(one.identity_number for one in people_found) or IN_THE_FILE


def confirmation(sale: Sale, about: Particulars) -> NoticeDraft:
    """成交确认书, in the winner's real name (网拍22)."""
    facts = (
        about.heading
        | about.buyers_masked
        | {
            "bidder_code": sale.code,
            "hammer_price_fen": sale.hammer_price.fen,
            "deposit_fen": sale.deposit.fen,
            "balance_fen": sale.balance.fen,
            "closed_at": sale.closed_at.isoformat(),
            "balance_due_at": sale.balance_due_at.isoformat(),
            "balance_account": (
                f"户名{account_holder(about.court_name)}，开户银行{BANK_NAME}，账号{sale.virtual_account}"
            ),
        }
    )
    return _to_buyer(sale, about, NoticeKind.SALE_CONFIRMATION, facts)


def ruling(sale: Sale, about: Particulars) -> NoticeDraft:
    """成交裁定书: title passes when it reaches the buyer (网拍22, 民诉解释491)."""
    facts = (
        about.heading
        | about.buyers_masked
        | {
            "ruling_number": sale.ruling_number,
            "registry_number": about.registry_number,
            "applicant_name": about.applicant_name,
            "debtor_name": about.debtor_name,
            "hammer_price_fen": sale.hammer_price.fen,
            "closed_at": sale.closed_at.isoformat(),
            "judge_name": about.judge_name,
            "paid_at": sale.paid_at.isoformat() if sale.paid_at else "",
        }
    )
    return _to_buyer(sale, about, NoticeKind.TITLE_RULING, facts)


async def assistance(
    session: AsyncSession, sale: Sale, about: Particulars, *, registry_id: UUID, requests: list[str]
) -> NoticeDraft:
    """协助执行通知书 to whoever keeps the register (民诉法262)."""
    facts = (
        about.heading
        | about.buyers_in_full
        | {
            "ruling_number": sale.ruling_number,
            "registry_number": about.registry_number,
            "debtor_name": about.debtor_name,
            "hammer_price_fen": sale.hammer_price.fen,
            "requests": requests,
        }
    )
    return await _to_organisation(
        session, sale, registry_id, (NoticeKind.ASSIST_EXECUTION, OrganisationKind.REGISTRY), facts
    )


async def tax_letter(
    session: AsyncSession, sale: Sale, about: Particulars, *, bureau_id: UUID
) -> NoticeDraft:
    """涉税信息告知函 to the bureau, which answers with its lines (网拍30)."""
    facts = (
        about.heading
        | about.buyers_in_full
        | {
            "asset_kind": about.asset_kind,
            "registry_number": about.registry_number,
            "debtor_name": about.debtor_name,
            "debtor_identity": about.debtor_identity,
            "hammer_price_fen": sale.hammer_price.fen,
            "closed_at": sale.closed_at.isoformat(),
        }
    )
    return await _to_organisation(
        session, sale, bureau_id, (NoticeKind.TAX_COORDINATION, OrganisationKind.TAX), facts
    )


def _to_buyer(
    sale: Sale, about: Particulars, kind: NoticeKind, facts: Mapping[str, object]
) -> NoticeDraft:
    return NoticeDraft(
        kind=kind,
        court_id=sale.court_id,
        case_id=sale.case_id,
        lot_id=sale.lot_id,
        addressee_name=about.buyers[0].name,
        addressee_person_id=sale.buyer_id,
        facts=facts,
    )


async def _to_organisation(
    session: AsyncSession,
    sale: Sale,
    organisation_id: UUID,
    what: tuple[NoticeKind, OrganisationKind],
    facts: Mapping[str, object],
) -> NoticeDraft:
    kind, wanted = what
    addressee = await people.organisation(session, organisation_id)
    if addressee.kind is not wanted:
        raise Refusal("sale.wrong_addressee", kind=str(wanted))
    return NoticeDraft(
        kind=kind,
        court_id=sale.court_id,
        case_id=sale.case_id,
        lot_id=sale.lot_id,
        addressee_name=addressee.name,
        addressee_organisation_id=organisation_id,
        facts=facts,
    )
