"""Chart of accounts: the kinds of accounts, their normal side, and their names outside."""

from collections.abc import Mapping
from enum import StrEnum


class Side(StrEnum):
    """The side on which an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountKind(StrEnum):
    """What the court holds money as. Everything but the bank is owed to somebody."""

    TRUST_BANK = "trust_bank"
    """执行款专户: the court's dedicated account at the bank (法发〔2017〕6号5)."""
    DEPOSIT = "deposit"
    """保证金 of one registration (网拍17)."""
    PROCEEDS = "proceeds"
    """拍卖款 of one sale (网拍25)."""
    COSTS = "costs"
    """Costs of execution and of the sale, owed to whoever bore them."""
    TAXES_PAYABLE = "taxes_payable"
    """Taxes the court withholds from the proceeds for the bureau."""
    CREDITOR_CLAIM = "creditor_claim"
    """What a plan gives one creditor, until it is paid out."""
    SURPLUS = "surplus"
    """What is left for the debtor."""
    FORFEITED = "forfeited"
    """A defaulted deposit, spent in the order of 网拍24."""
    DISBURSEMENTS_IN_TRANSIT = "disbursements_in_transit"
    """案款 ordered to the bank and not yet on its statement."""
    REFUNDS_IN_TRANSIT = "refunds_in_transit"
    """Refunds ordered to the bank and not yet on its statement."""
    UNIDENTIFIED_RECEIPTS = "unidentified_receipts"
    """Money of one statement line that nobody could place yet."""


NORMAL_SIDE: Mapping[AccountKind, Side] = {
    kind: Side.DEBIT if kind is AccountKind.TRUST_BANK else Side.CREDIT for kind in AccountKind
}

SHARED = frozenset(
    {
        AccountKind.TRUST_BANK,
        AccountKind.DISBURSEMENTS_IN_TRANSIT,
        AccountKind.REFUNDS_IN_TRANSIT,
    }
)
"""One of each for a court; a journal stream on them would queue every posting on one row."""

COURT_ITSELF = "court"
"""The owner of a shared account."""


def account_name(kind: AccountKind, owner_ref: str, court_id: str) -> str:
    """Name an account as hledger and beancount both read it.

    `Liabilities:Deposit:Court-浙0199:Registration-0199…`: every component begins with a
    capital letter and holds letters, digits and hyphens, which is all that beancount allows.
    """
    root = "Assets" if NORMAL_SIDE[kind] is Side.DEBIT else "Liabilities"
    words = "".join(word.capitalize() for word in str(kind).split("_"))
    parts = [root, words, f"Court-{court_id}"]
    if owner_ref != COURT_ITSELF:
        parts.append(_component(owner_ref))
    return ":".join(parts)


def _component(owner_ref: str) -> str:
    letters = "".join(sign if sign.isalnum() else "-" for sign in owner_ref)
    return letters[:1].upper() + letters[1:]
