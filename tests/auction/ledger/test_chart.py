import re

import pytest

from auction.ledger.chart import NORMAL_SIDE, SHARED, AccountKind, Side, account_name


@pytest.mark.parametrize("kind", list(AccountKind))
def test_a_name_is_one_that_beancount_takes(kind: AccountKind) -> None:
    name = account_name(kind, "registration:0195-ab", "浙0199")
    parts = name.split(":")
    assert parts[0] in {"Assets", "Liabilities"}
    assert all(re.fullmatch(r"[A-Z][\w-]*", part) for part in parts)


def test_only_the_bank_is_owned_all_else_is_owed() -> None:
    owned = [kind for kind in AccountKind if NORMAL_SIDE[kind] is Side.DEBIT]
    assert owned == [AccountKind.TRUST_BANK]


@pytest.mark.parametrize("kind", sorted(SHARED))
def test_a_shared_account_is_the_court_s_own(kind: AccountKind) -> None:
    assert account_name(kind, "court", "浙0199").endswith(":Court-浙0199")


def test_two_owners_have_two_names() -> None:
    names = {account_name(AccountKind.DEPOSIT, f"registration:{n}", "浙0199") for n in range(9)}
    assert len(names) == 9
