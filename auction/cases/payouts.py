"""Where a party is paid 收款账户: named once, replaced only with a reason."""

import re
from dataclasses import dataclass
from typing import Final

from auction.cases import policy
from auction.cases.case import Case, Party
from auction.kernel.actor import Role
from auction.kernel.canonical import sha256_hex
from auction.kernel.ids import PartyId
from auction.kernel.refusal import Refusal
from auction.store.unit import Unit

_NUMBER: Final = re.compile(r"[0-9]{8,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccount:
    """Where a party is paid: the name must be his own (法发〔2017〕6号14)."""

    name: str
    bank: str
    account: str
    reason: str = ""
    """Why it replaces another one."""


async def name_payout_account(work: Unit, party_id: PartyId, *, account: PayoutAccount) -> Party:
    """Note where a party wants to be paid; the account must run under the party's own name."""
    party = await work.lock(Party, party_id)
    case = await work.lock(Case, party.case_id)
    _require_payout(work, case, party)
    if party.ended_at is not None:
        raise Refusal("case.party_ended")
    if account.name.strip() != party.name:
        raise Refusal("case.payout_name_differs", name=account.name.strip())
    bank, number = account.bank.strip(), account_number(account.account)
    if not bank:
        raise Refusal("case.field_empty", field="bank")
    before = (party.payout_bank, party.payout_account)
    if before == (bank, number):
        return party
    await _check_no_others(work, party, number)
    if party.payout_account and not account.reason.strip():
        raise Refusal("case.payout_reason_missing")
    party.payout_name, party.payout_bank, party.payout_account = party.name, bank, number
    work.record(
        "party.payout_account_named",
        stream=case.stream,
        party=str(party.id),
        was=_digest(work, *before) if before[1] else "",
        account=_digest(work, bank, number),
        reason_digest=sha256_hex(account.reason.strip().encode()),
    )
    return party


def account_number(text: str) -> str:
    """Bring an account number to digits alone, or refuse."""
    number = "".join(text.split())
    if not _NUMBER.fullmatch(number):
        raise Refusal("case.payout_account_malformed")
    return number


async def _check_no_others(work: Unit, party: Party, number: str) -> None:
    for other in await work.session.scalars(Party.standing_in(party.case_id)):
        if other.id == party.id or other.payout_account != number:
            continue
        is_same_person = other.person_id is not None and other.person_id == party.person_id
        if not is_same_person:
            raise Refusal("case.payout_account.conflict", name=other.name)


def _digest(work: Unit, bank: str, number: str) -> str:
    """The journal tells that an account changed, and never its number: nobody can try them."""
    return work.keyring.digest("payout account", f"{bank} {number}")


def _require_payout(work: Unit, case: Case, party: Party) -> None:
    """The party itself, or the officer of the case's court for it."""
    work.require(policy.NAME_PAYOUT)
    is_self = party.person_id is not None and party.person_id == work.actor.person_id
    is_court = Role.OFFICER in work.actor.roles and work.actor.court_id == case.court_id
    if not is_self and not is_court:
        raise Refusal("forbidden", action=policy.NAME_PAYOUT.action)
