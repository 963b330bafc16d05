"""Bidders who paid their deposits, for the storm of endings.

Their persons, registrations and bank lines are written as they stand once somebody enrolled and
paid. The deposits are opened by the platform's command and posted to its book, the sealer issues
the codes, and the bidders open them.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from auction.deposits.commands import open_deposit
from auction.deposits.deposit import Deposit, DepositTrigger
from auction.kernel.actor import SYSTEM
from auction.kernel.ids import AccountId, CourtId, ListingId, PersonId, RegistrationId
from auction.kernel.money import ZERO, Money
from auction.ledger.book import court_account, post_all
from auction.ledger.chart import AccountKind
from auction.ledger.queries import last_line
from auction.ledger.statement import Allocation, Direction, LineState, Statement, StatementLine
from auction.ledger.transfer import Posting, Transfer
from auction.people.person import IDENTITY, Person, PersonKind
from auction.store.database import Database
from auction.store.keys import KeyHolder
from auction.store.personal.subject_key import SubjectKey
from auction.store.unit import Unit
from bidding.admission import qualify_registrations
from bidding.registration import Capacity, PriorityState, Registration, RegistrationState
from bidding.sealing import KEY_BYTES, about_code, public_key_of, unseal
from workers.bench.crowd import CASE_ID, COURT, DEPOSIT_FEN, listing_id
from workers.bench.load.halls import let_in
from workers.bench.load.hot_lot import AHall

_A_UNIT: Final = 25
"""Listings whose deposits are received in one commit."""
_ASKERS: Final = 4
_NAME: Final = "某某"


@dataclass(frozen=True, slots=True)
class Bidder:
    """One bidder of one listing, as only he himself knows both halves."""

    registration_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class _Applicant:
    """Somebody new who takes part in one listing, and the account that he pays from."""

    number: int
    person_id: UUID
    account: str
    own_key: SubjectKey
    account_key: SubjectKey


async def enrol(hall: AHall, numbers: Sequence[int], each: int) -> dict[int, list[Bidder]]:
    """Give each of these listings so many bidders with held deposits and codes, known in its hall.

    Args:
        hall: a platform with its keepers of keys.
        numbers: of listings whose sessions are open.
        each: bidders of one listing, each another person.

    Returns:
        The bidders by the number of their listing.

    """
    private_key = secrets.token_bytes(KEY_BYTES)
    database = Database(hall.settings)
    keys = [KeyHolder(hall.settings.signer_socket) for _ in range(_ASKERS)]
    found: dict[int, list[Bidder]] = {}
    try:
        await _appoint_officer(hall, database)
        for first in range(0, len(numbers), _A_UNIT):
            some = [number for number in numbers[first : first + _A_UNIT] for _ in range(each)]
            async with database.unit(SYSTEM) as work:
                registered = await _pay(work, some, public_key_of(private_key))
            boxes = dict(zip(registered, await _boxes(keys, registered), strict=True))
            async with database.unit(SYSTEM) as work:
                await qualify_registrations(work, boxes=boxes)
            for number, (registration_id, box) in zip(some, boxes.items(), strict=True):
                about = about_code(str(listing_id(number)), str(registration_id))
                code = unseal(private_key, box, about=about).decode()
                found.setdefault(number, []).append(Bidder(registration_id, code))
    finally:
        for holder in keys:
            await holder.close()
        await database.close()
    for number, bidders in found.items():
        await let_in(hall.owner, number, [bidder.code for bidder in bidders])
    return found


async def _appoint_officer(hall: AHall, database: Database) -> None:
    """The confirmations of sales name the officer of their case."""
    async with database.unit(SYSTEM) as work:
        officer_id = work.new_id()
        work.add(_person(work, officer_id, await work.subject_key(officer_id)))
    await hall.owner.execute("UPDATE cases SET officer_id = $1", officer_id)


async def _boxes(
    keys: Sequence[KeyHolder], registration_ids: Sequence[RegistrationId]
) -> list[bytes]:
    """Have codes issued, some at a time: each is a look of the sealer's at the database."""

    async def box(place: int, registration_id: RegistrationId) -> bytes:
        told = await keys[place % len(keys)].ask("code.issue", registration_id=str(registration_id))
        return bytes.fromhex(told["sealed_code"])

    return list(await asyncio.gather(*(box(*one) for one in enumerate(registration_ids))))


async def _pay(work: Unit, numbers: Sequence[int], public_key: bytes) -> list[RegistrationId]:
    """Register somebody new for each number of a listing, with a deposit that was received."""
    applicants = await _applicants(work, numbers)
    registrations = [_registration(work, one, public_key) for one in applicants]
    for applicant, registration in zip(applicants, registrations, strict=True):
        work.add(_person(work, applicant.person_id, applicant.own_key))
        work.add(registration)
    deposits = [await _deposit(work, registration) for registration in registrations]
    position, before = await last_line(work.session, CourtId(COURT))
    balance = before or ZERO
    statement = _statement(work, balance, len(deposits))
    work.add(statement)
    await work.session.flush()
    lines = []
    for applicant, deposit in zip(applicants, deposits, strict=True):
        position, balance = position + 1, balance + deposit.amount
        line = _line(work, applicant, (statement.id, position), balance)
        line.virtual_account = deposit.virtual_account
        work.add(line)
        lines.append(line)
    await _receive(work, deposits, lines)
    return [registration.id for registration in registrations]


async def _applicants(work: Unit, numbers: Sequence[int]) -> list[_Applicant]:
    ids = [work.new_id() for _ in numbers]
    accounts = [f"6222{person_id.int % 10**15:015d}" for person_id in ids]
    holders = [work.keyring.holder_id(account, CASE_ID) for account in accounts]
    keys = await work.subject_keys([*ids, *holders])
    return [
        _Applicant(number, person_id, account, keys[person_id], keys[holder])
        for number, person_id, account, holder in zip(numbers, ids, accounts, holders, strict=True)
    ]


def _person(work: Unit, person_id: UUID, key: SubjectKey) -> Person:
    number = f"{person_id.int % 10**18:018d}"
    return Person(
        id=person_id, subject_key=key, kind=PersonKind.NATURAL, name=_NAME,
        identity_number=number, identity_index=work.keyring.blind(IDENTITY, number),
        username=person_id.hex, enrolled_at=work.now,
    )  # fmt: skip


def _registration(work: Unit, applicant: _Applicant, public_key: bytes) -> Registration:
    return Registration(
        id=RegistrationId(work.new_id()), subject_key=applicant.own_key,
        listing_id=ListingId(listing_id(applicant.number)), court_id=CourtId(COURT),
        person_id=PersonId(applicant.person_id), state=RegistrationState.DEPOSIT_HELD,
        capacity=Capacity.SELF, applied_at=work.now, submitted_at=work.now,
        priority=PriorityState.NONE, priority_ground="", public_key=public_key,
    )  # fmt: skip


async def _deposit(work: Unit, registration: Registration) -> Deposit:
    return await open_deposit(
        work,
        registration_id=registration.id,
        listing_id=registration.listing_id,
        court_id=registration.court_id,
        person_id=registration.person_id,
        amount=Money(DEPOSIT_FEN),
    )


def _statement(work: Unit, opening: Money, lines: int) -> Statement:
    statement_id = work.new_id()
    return Statement(
        id=statement_id, court_id=COURT, file_digest=statement_id.hex, file_name="",
        opening_balance=opening, closing_balance=Money(opening.fen + lines * DEPOSIT_FEN),
        lines_added=lines, lines_repeated=0, imported_at=work.now, imported_by=CASE_ID,
    )  # fmt: skip


def _line(
    work: Unit, applicant: _Applicant, place: tuple[UUID, int], balance: Money
) -> StatementLine:
    line_id = work.new_id()
    statement_id, position = place
    return StatementLine(
        id=line_id, subject_key=applicant.account_key, court_id=COURT, statement_id=statement_id,
        position=position, line_no=position, digest=line_id.hex, booked_at=work.now,
        direction=Direction.IN, amount=Money(DEPOSIT_FEN), counterparty_name=_NAME,
        counterparty_account=applicant.account, remark="", balance=balance,
        state=LineState.MATCHED, reason="", claimed_as="", claim_reason="",
    )  # fmt: skip


async def _receive(work: Unit, deposits: Sequence[Deposit], lines: Sequence[StatementLine]) -> None:
    """What `receive_deposit` does to each, but to have a code issued, which is done here."""
    bank = await court_account(work, AccountKind.TRUST_BANK, CourtId(COURT))
    for deposit, line in zip(deposits, lines, strict=True):
        deposit.take(DepositTrigger.RECEIVE)
        deposit.paid_by_name = line.counterparty_name
        deposit.paid_by_account = line.counterparty_account
        deposit.received_at = work.now
    received = [
        Posting(
            key=f"deposit.received:{deposit.id}",
            event="deposit.received",
            court_id=CourtId(COURT),
            subject_ref=deposit.subject_ref,
            transfers=(Transfer(bank, AccountId(deposit.account_id), deposit.amount),),
        )
        for deposit in deposits
    ]
    posting_ids = await post_all(work, received)
    allocations = [
        {
            "id": work.new_id(), "court_id": COURT, "line_id": line.id, "posting_id": posting_id,
            "amount": line.amount, "allocated_at": work.now,
        }
        for line, posting_id in zip(lines, posting_ids, strict=True)
    ]  # fmt: skip
    await work.insert(Allocation, allocations)
