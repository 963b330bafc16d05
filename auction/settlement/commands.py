"""From the hammer to the key: confirmation, balance, ruling, title, taxes, register, hand-over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from auction.deposits.commands import apply_deposit, forfeit_deposit, release_deposits
from auction.kernel.actor import Permission
from auction.kernel.ids import AccountId, CourtId, LotId
from auction.kernel.money import ZERO, Money
from auction.kernel.refusal import Refusal
from auction.law.periods import ends_at
from auction.law.rulebook import BY_NAME
from auction.law.taxes import LAWFUL_BEARERS, Bearer, TaxKind
from auction.ledger.book import open_account
from auction.ledger.chart import AccountKind
from auction.ledger.statement import BankLine, post_line
from auction.ledger.transfer import Posting, Transfer
from auction.ledger.virtual import Expected, open_virtual_account
from auction.listings.listing import Listing, ListingTrigger
from auction.lots.commands import advance_lot
from auction.lots.lot import Lot, LotTrigger
from auction.notices.commands import issue_notice
from auction.notices.notice import Notice, NoticeState
from auction.settlement import papers, policy, rulings
from auction.settlement.buyers import issue_to_buyers, joint_buyers
from auction.settlement.sale import (
    PAYABLE,
    BalanceReceipt,
    Hammer,
    Sale,
    SaleState,
    SaleTrigger,
    TaxLine,
)
from auction.store.unit import Unit

BALANCE_DUE = "settle.balance_due"
LAST_NOTICE = "settle.last_notice"
RULING_WITHIN = "settle.ruling_within_after_full_pay"
HANDOVER_WITHIN = "settle.handover_within_after_ruling"


async def confirm_sale(work: Unit, *, hammer: Hammer) -> Sale:
    """Make the hammer a sale: winner's deposit applied, the others' ordered back, paper issued.

    The same hammer again returns the sale it made.
    """
    listing = await work.lock(Listing, hammer.listing_id)
    work.require(policy.CONFIRM, listing.court_id)
    found = await work.session.scalar(select(Sale).where(Sale.listing_id == listing.id))
    if found is not None:
        return found
    listing.advance(ListingTrigger.SELL)
    listing.concluded_at = hammer.closed_at
    await advance_lot(work, listing.lot_id, LotTrigger.SELL)
    sale = await _new_sale(work, listing, hammer)
    proceeds = await _proceeds_account(work, sale)
    sale.deposit = await apply_deposit(
        work, registration_id=hammer.registration_id, sale_account=proceeds
    )
    sale.received = sale.deposit
    sale.advance(SaleTrigger.APPLY_DEPOSIT)
    await release_deposits(
        work,
        listing_id=listing.id,
        except_registration=hammer.registration_id,
        ended_at=hammer.closed_at,
    )
    about = await papers.particulars(work.session, sale)
    notice = await issue_to_buyers(work, sale, papers.confirmation(sale, about))
    sale.confirmation_notice_id = notice.id
    work.add(sale)
    _record(work, sale, "sale.confirmed", code=sale.code, hammer_price_fen=sale.hammer_price.fen)
    if sale.balance == ZERO:  # a sell-off is prepaid in full
        await _pay_in_full(work, sale)
    return sale


async def _new_sale(work: Unit, listing: Listing, hammer: Hammer) -> Sale:
    sale_id = work.new_id()
    number = await open_virtual_account(
        work, expected=Expected.BALANCE, owner_id=sale_id, court_id=listing.court_id
    )
    announced = replace(BY_NAME[listing.rulebook].rule(BALANCE_DUE), value=listing.balance_days)
    return Sale(
        id=sale_id,
        listing_id=listing.id,
        lot_id=listing.lot_id,
        case_id=listing.case_id,
        court_id=listing.court_id,
        session_id=hammer.session_id,
        registration_id=hammer.registration_id,
        buyer_id=hammer.buyer_id,
        code=hammer.code,
        hammer_price=hammer.hammer_price,
        deposit=ZERO,
        received=ZERO,
        state=SaleState.CONFIRMED,
        virtual_account=number,
        closed_at=hammer.closed_at,
        balance_due_at=ends_at(hammer.closed_at, announced),
        qualification_evidence="",
        ruling_number="",
        tax_vouchers="",
        certificate_number="",
        joint_buyers=await joint_buyers(work, hammer.joint),
    )


async def _proceeds_account(work: Unit, sale: Sale) -> AccountId:
    """The account of a sale's proceeds, opened if need be."""
    return await open_account(work, AccountKind.PROCEEDS, f"sale:{sale.id}", CourtId(sale.court_id))


async def receive_balance(work: Unit, *, sale_id: UUID, line: BankLine) -> Sale:
    """Take a payment of the balance; the last fen makes the sale paid (网拍25).

    Refuses with `sale.overpaid` what is more than due, and with `sale.not_payable` what
    comes when nothing is: such a line stays unidentified until a person sends it back.
    """
    sale = await _lock(work, sale_id, policy.RECEIVE_BALANCE)
    if sale.state not in PAYABLE:
        raise Refusal("sale.not_payable", state=str(sale.state))
    if line.amount > sale.balance:
        raise Refusal("sale.overpaid", due=sale.balance, paid=line.amount)
    await post_line(work, line, await _receipt_posting(work, sale, line))
    receipt_id = work.new_id()
    work.add(
        BalanceReceipt(
            id=receipt_id,
            subject_key=await work.holder_key(line.counterparty_account, receipt_id),
            sale_id=sale.id,
            line_id=line.id,
            amount=line.amount,
            payer_name=line.counterparty_name,
            payer_account=line.counterparty_account,
            received_at=work.now,
        )
    )
    sale.received += line.amount
    _record(work, sale, "balance.received", amount_fen=line.amount.fen, due_fen=sale.balance.fen)
    if sale.balance == ZERO:
        await _pay_in_full(work, sale)
    return sale


async def _receipt_posting(work: Unit, sale: Sale, line: BankLine) -> Posting:
    return Posting(
        key=f"balance.received:{line.id}",
        event="balance.received",
        court_id=CourtId(sale.court_id),
        subject_ref=f"sale:{sale.id}",
        transfers=(Transfer(line.money, await _proceeds_account(work, sale), line.amount),),
    )


async def _pay_in_full(work: Unit, sale: Sale) -> None:
    sale.advance(SaleTrigger.PAY_IN_FULL)
    lot = await advance_lot(work, LotId(sale.lot_id), LotTrigger.PAY)
    sale.paid_at = work.now
    sale.ruling_due_at = ends_at(work.now, BY_NAME[lot.rulebook].rule(RULING_WITHIN))
    _record(work, sale, "sale.paid", hammer_price_fen=sale.hammer_price.fen)


async def miss_term(work: Unit, sale_id: UUID) -> Sale:
    """Note that the announced term passed without the whole balance (网拍25)."""
    sale = await _lock(work, sale_id, policy.MISS_TERM)
    if work.now < sale.balance_due_at:
        raise Refusal("sale.term_runs", until=sale.balance_due_at.isoformat())
    sale.advance(SaleTrigger.MISS_TERM)
    _record(work, sale, "sale.overdue", due_fen=sale.balance.fen)
    return sale


async def send_last_notice(work: Unit, sale_id: UUID) -> Sale:
    """限期缴款: give the buyer a last short term before the default is declared."""
    sale = await _lock(work, sale_id, policy.SEND_LAST_NOTICE)
    sale.advance(SaleTrigger.SEND_LAST_NOTICE)
    lot = await work.load(Lot, sale.lot_id)
    sale.last_notice_until = ends_at(work.now, BY_NAME[lot.rulebook].rule(LAST_NOTICE))
    _record(work, sale, "sale.last_notice_sent", due_fen=sale.balance.fen)
    return sale


async def declare_default(work: Unit, sale_id: UUID) -> Sale:
    """悔拍: the deposit is not returned, the lot is free to be auctioned again (网拍24).

    What was paid of the balance stays the buyer's: it is owed back and waits in the proceeds.
    """
    sale = await _lock(work, sale_id, policy.DECLARE_DEFAULT)
    if sale.last_notice_until is not None and work.now < sale.last_notice_until:
        raise Refusal("sale.term_runs", until=sale.last_notice_until.isoformat())
    sale.advance(SaleTrigger.DECLARE_DEFAULT)
    await advance_lot(work, LotId(sale.lot_id), LotTrigger.DEFAULT)
    forfeited = await open_account(
        work, AccountKind.FORFEITED, f"sale:{sale.id}", CourtId(sale.court_id)
    )
    amount = await forfeit_deposit(
        work,
        registration_id=sale.registration_id,
        source=await _proceeds_account(work, sale),
        forfeited=forfeited,
    )
    _record(work, sale, "sale.defaulted", forfeited_fen=amount.fen)
    return sale


async def check_qualification(
    work: Unit, sale_id: UUID, *, is_qualified: bool, evidence: str
) -> Sale:
    """Say whether the buyer held qualification from registration until now (竞买资格3)."""
    sale = await _lock(work, sale_id, policy.CHECK_QUALIFICATION)
    if not evidence.strip():
        raise Refusal("sale.evidence_missing")
    trigger = SaleTrigger.PASS_CHECK if is_qualified else SaleTrigger.FAIL_CHECK
    sale.advance(trigger)
    sale.qualification_evidence = evidence.strip()
    _record(work, sale, "sale.qualification_checked", is_qualified=is_qualified)
    return sale


async def issue_ruling(work: Unit, sale_id: UUID, *, ruling_number: str) -> Sale:
    """成交裁定书, within ten days of full payment (拍变20)."""
    sale = await _lock(work, sale_id, policy.ISSUE_RULING)
    if not ruling_number.strip():
        raise Refusal("sale.ruling_number_missing")
    number = rulings.plain(ruling_number)
    sale.advance(SaleTrigger.RULE)
    if number in await rulings.numbers_used(work.session, sale.case_id):
        raise Refusal("sale.ruling_number.conflict", number=number)
    await advance_lot(work, LotId(sale.lot_id), LotTrigger.RULE)
    sale.ruling_number = number
    sale.ruled_at = work.now
    about = await papers.particulars(work.session, sale)
    notice = await issue_to_buyers(work, sale, papers.ruling(sale, about))
    sale.ruling_notice_id = notice.id
    _record(work, sale, "sale.ruled", notice=str(notice.id))
    return sale


async def serve_ruling(work: Unit, sale_id: UUID) -> Sale:
    """Note that the buyer signed for the ruling: title passed at that moment (网拍22)."""
    sale = await _lock(work, sale_id, policy.SERVE_RULING)
    is_buyer = work.actor.person_id == sale.buyer_id
    if work.actor.person_id is not None and not is_buyer:
        raise Refusal("forbidden", action=policy.SERVE_RULING.action)
    if sale.ruling_notice_id is None:
        raise Refusal("state.not_allowed", state=str(sale.state), trigger="serve_ruling")
    notice = await work.load(Notice, sale.ruling_notice_id)
    if notice.state is not NoticeState.ACKNOWLEDGED or notice.acknowledged_at is None:
        raise Refusal("sale.ruling_unsigned")
    sale.advance(SaleTrigger.SERVE_RULING)
    lot = await work.load(Lot, sale.lot_id)
    sale.title_passed_at = notice.acknowledged_at
    rule = BY_NAME[lot.rulebook].rule(HANDOVER_WITHIN)
    sale.handover_due_at = ends_at(notice.acknowledged_at, rule)
    _record(work, sale, "title.passed", notice=str(notice.id))
    return sale


async def ask_assistance(
    work: Unit, sale_id: UUID, *, registry_id: UUID, bureau_id: UUID, requests: Sequence[str]
) -> Sale:
    """Send the register its 协助执行通知书 and the tax bureau its letter (民诉法262, 网拍30)."""
    sale = await _lock(work, sale_id, policy.ASK_ASSISTANCE)
    sale.advance(SaleTrigger.ASK_ASSISTANCE)
    asked = [request.strip() for request in requests if request.strip()]
    if not asked:
        raise Refusal("sale.requests_missing")
    about = await papers.particulars(work.session, sale)
    to_registry = await papers.assistance(
        work.session, sale, about, registry_id=registry_id, requests=asked
    )
    to_bureau = await papers.tax_letter(work.session, sale, about, bureau_id=bureau_id)
    sale.registry_notice_id = (await issue_notice(work, draft=to_registry)).id
    sale.tax_notice_id = (await issue_notice(work, draft=to_bureau)).id
    _record(
        work,
        sale,
        "sale.assistance_asked",
        registry_notice=str(sale.registry_notice_id),
        tax_notice=str(sale.tax_notice_id),
    )
    return sale


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedTax:
    """One line of the bureau's answer."""

    kind: TaxKind
    base: Money
    rate: Fraction
    amount: Money
    bearer: Bearer


async def record_tax_lines(work: Unit, sale_id: UUID, *, lines: Sequence[AssessedTax]) -> Sale:
    """Keep what the bureau assessed; each tax has the bearer that its law names (网拍30).

    Refuses with `tax.bearer_unlawful`, `tax.amount_above_rate` or `tax.line_twice`, naming
    the tax. An empty answer says that no tax is due.
    """
    sale = await _lock(work, sale_id, policy.RECORD_TAXES)
    await _require_addressee(work, sale.tax_notice_id)
    sale.advance(SaleTrigger.ASSESS_TAXES)
    seen: set[tuple[TaxKind, Bearer]] = set()
    for line in lines:
        basis = _lawful_basis(line)
        if (line.kind, line.bearer) in seen:
            raise Refusal("tax.line_twice", kind=str(line.kind))
        seen.add((line.kind, line.bearer))
        work.add(_tax_line(work, sale, line, basis))
    amounts = {f"{line.kind}.{line.bearer}_fen": line.amount.fen for line in lines}
    _record(work, sale, "taxes.assessed", amounts=amounts)
    return sale


def _lawful_basis(line: AssessedTax) -> str:
    bearers, basis = LAWFUL_BEARERS[line.kind]
    if line.bearer not in bearers:
        raise Refusal(
            "tax.bearer_unlawful", kind=str(line.kind), bearer=str(line.bearer), basis=basis
        )
    if line.amount > line.base.at_rate_ceil(line.rate):
        raise Refusal("tax.amount_above_rate", kind=str(line.kind), amount=line.amount)
    return basis


def _tax_line(work: Unit, sale: Sale, line: AssessedTax, basis: str) -> TaxLine:
    return TaxLine(
        id=work.new_id(),
        sale_id=sale.id,
        kind=line.kind,
        base=line.base,
        rate_ppm=int(line.rate * 1_000_000),
        amount=line.amount,
        bearer=line.bearer,
        basis=basis,
        recorded_at=work.now,
    )


async def show_taxes_paid(work: Unit, sale_id: UUID, *, vouchers: str) -> Sale:
    """Note the numbers of the 完税凭证: without them nothing is registered (契税法11)."""
    sale = await _lock(work, sale_id, policy.SHOW_TAXES_PAID)
    if not vouchers.strip():
        raise Refusal("sale.vouchers_missing")
    sale.advance(SaleTrigger.SHOW_TAXES_PAID)
    sale.tax_vouchers = vouchers.strip()
    _record(work, sale, "taxes.paid")
    return sale


async def register_title(work: Unit, sale_id: UUID, *, certificate_number: str) -> Sale:
    """The register answers with the certificate it gave the buyer."""
    sale = await _lock(work, sale_id, policy.REGISTER)
    await _require_addressee(work, sale.registry_notice_id)
    if not certificate_number.strip():
        raise Refusal("sale.certificate_missing")
    sale.advance(SaleTrigger.REGISTER)
    await advance_lot(work, LotId(sale.lot_id), LotTrigger.TRANSFER)
    sale.certificate_number = certificate_number.strip()
    sale.registered_at = work.now
    _record(work, sale, "title.registered")
    return sale


async def deliver_lot(work: Unit, sale_id: UUID) -> Sale:
    """Note that the thing was handed over to the buyer (拍变27)."""
    sale = await _lock(work, sale_id, policy.DELIVER)
    sale.advance(SaleTrigger.DELIVER)
    await advance_lot(work, LotId(sale.lot_id), LotTrigger.HAND_OVER)
    sale.delivered_at = work.now
    _record(work, sale, "lot.delivered")
    return sale


async def _require_addressee(work: Unit, notice_id: UUID | None) -> None:
    """Only the organisation that was asked may answer."""
    notice = await work.load(Notice, notice_id) if notice_id else None
    own = work.actor.organisation_id
    if notice is None or own is None or notice.addressee_organisation_id != own:
        raise Refusal("notice.not_yours")


async def _lock(work: Unit, sale_id: UUID, permission: Permission) -> Sale:
    sale = await work.lock(Sale, sale_id)
    work.require(permission, sale.court_id)
    return sale


def _record(work: Unit, sale: Sale, kind: str, **body: object) -> None:
    work.record(kind, stream=f"lot:{sale.lot_id}", sale=str(sale.id), **body)
