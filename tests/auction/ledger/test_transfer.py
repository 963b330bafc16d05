from dataclasses import replace
from uuid import UUID

import pytest

from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import Money
from auction.kernel.refusal import Invariant
from auction.ledger.chart import Side
from auction.ledger.transfer import Balance, Posting, Transfer, TransferKind

A, B = AccountId(UUID(int=1)), AccountId(UUID(int=2))
HOLD = TransferId(UUID(int=9))


class TestATransfer:
    @pytest.mark.parametrize("fen", [0, 9 * 10**15 + 1])
    def test_it_moves_some_fen(self, fen: int) -> None:
        with pytest.raises(Invariant):
            Transfer(A, B, Money(fen))

    def test_it_is_between_two_accounts(self) -> None:
        with pytest.raises(Invariant):
            Transfer(A, A, Money(1))

    @pytest.mark.parametrize("kind", [TransferKind.SETTLED, TransferKind.PENDING])
    def test_only_a_resolution_names_a_hold(self, kind: TransferKind) -> None:
        with pytest.raises(Invariant):
            Transfer(A, B, Money(1), kind, resolves=HOLD)

    @pytest.mark.parametrize("kind", [TransferKind.SETTLE, TransferKind.VOID])
    def test_a_resolution_names_its_hold(self, kind: TransferKind) -> None:
        with pytest.raises(Invariant):
            Transfer(A, B, Money(1), kind)


class TestAPosting:
    posting = Posting(
        key="k", event="e", court_id=CourtId("c"), subject_ref="s", transfers=(
            Transfer(A, B, Money(1)),
        ),
    )  # fmt: skip

    def test_the_same_event_has_the_same_digest(self) -> None:
        named = replace(self.posting, transfers=(Transfer(A, B, Money(1), id=HOLD),))
        assert named.digest == self.posting.digest

    def test_anything_else_has_another(self) -> None:
        others = [
            replace(self.posting, event="f"),
            replace(self.posting, court_id=CourtId("d")),
            replace(self.posting, subject_ref="t"),
            replace(self.posting, transfers=(Transfer(B, A, Money(1)),)),
            replace(self.posting, transfers=(Transfer(A, B, Money(2)),)),
        ]
        assert len({other.digest for other in [*others, self.posting]}) == len(others) + 1

    def test_it_has_a_transfer(self) -> None:
        with pytest.raises(Invariant):
            replace(self.posting, transfers=())


class TestABalance:
    def test_held_money_is_posted_and_not_available(self) -> None:
        held = Balance(Side.CREDIT, credits_posted=100, debits_pending=30)
        assert (held.posted, held.available) == (Money(100), Money(70))

    def test_expected_money_does_not_count(self) -> None:
        assert not Balance(Side.CREDIT, debits_posted=1, credits_pending=5).is_lawful

    def test_the_bank_holds_debits(self) -> None:
        assert Balance(Side.DEBIT, debits_posted=9, credits_posted=4).posted == Money(5)
