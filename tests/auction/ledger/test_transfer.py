import re
from dataclasses import replace
from uuid import UUID

import pytest

from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import Money
from auction.kernel.refusal import Invariant, Refusal
from auction.ledger.chart import Side
from auction.ledger.transfer import (
    Balance,
    Books,
    Posting,
    Transfer,
    TransferKind,
    after_posting,
)

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

    def test_it_touches_the_accounts_of_its_transfers_debit_before_credit(self) -> None:
        back = Transfer(B, A, Money(2))
        assert replace(self.posting, transfers=(back,)).accounts == [B, A]
        assert replace(self.posting, transfers=(Transfer(A, B, Money(1)), back)).accounts == [
            A, B, B, A,
        ]  # fmt: skip

    def test_it_has_a_key(self) -> None:
        with pytest.raises(Invariant, match="a posting has a key"):
            replace(self.posting, key="")

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

    def test_what_an_asset_is_to_lose_is_held_on_its_credit_side(self) -> None:
        bank = Balance(Side.DEBIT, debits_posted=9, credits_posted=4, credits_pending=2)
        assert bank.available == Money(3)
        assert bank.is_lawful
        assert not replace(bank, credits_pending=6).is_lawful

    def test_a_hold_given_back_twice_is_unlawful(self) -> None:
        assert not Balance(Side.CREDIT, credits_posted=9, debits_pending=-1).is_lawful


class TestTheBooksAfterAPosting:
    """A is a deposit with 100 fen, B the money that is on its way out."""

    books = Books({A: Balance(Side.CREDIT, credits_posted=100), B: Balance(Side.CREDIT)})

    def after(self, *transfers: Transfer, books: Books | None = None) -> Books:
        posting = Posting(
            key="k", event="e", court_id=CourtId("c"), subject_ref="s", transfers=transfers
        )
        return after_posting(books or self.books, posting)

    def held(self) -> Books:
        return self.after(Transfer(A, B, Money(60), TransferKind.PENDING, id=HOLD))

    def resolved(self, kind: TransferKind, fen: int = 60) -> Transfer:
        return Transfer(A, B, Money(fen), kind, resolves=HOLD)

    def test_money_moves_from_the_debited_to_the_credited_account(self) -> None:
        moved = self.after(Transfer(A, B, Money(30)))
        assert (moved.balances[A].posted, moved.balances[B].posted) == (Money(70), Money(30))

    def test_a_hold_sets_money_aside_and_moves_none(self) -> None:
        held = self.held()
        assert held.balances[A].posted == Money(100)
        assert held.balances[A].available == Money(40)
        assert held.balances[B].posted == Money(0)
        assert list(held.holds) == [HOLD]

    def test_a_hold_that_nobody_names_again_needs_no_place(self) -> None:
        held = self.after(Transfer(A, B, Money(60), TransferKind.PENDING))
        assert held.balances[A].available == Money(40)
        assert held.holds == {}

    def test_settling_moves_what_was_held(self) -> None:
        settled = self.after(self.resolved(TransferKind.SETTLE), books=self.held())
        assert settled.balances[A].available == settled.balances[A].posted == Money(40)
        assert settled.balances[B].posted == Money(60)
        assert settled.holds == {}

    def test_voiding_gives_it_back(self) -> None:
        voided = self.after(self.resolved(TransferKind.VOID), books=self.held())
        assert voided == self.books

    @pytest.mark.parametrize("kind", [TransferKind.SETTLE, TransferKind.VOID])
    def test_a_hold_is_resolved_once(self, kind: TransferKind) -> None:
        over = self.after(self.resolved(TransferKind.VOID), books=self.held())
        with pytest.raises(Refusal, match=re.escape("ledger.hold_resolved")):
            self.after(self.resolved(kind), books=over)

    def test_a_hold_is_resolved_wholly(self) -> None:
        with pytest.raises(Invariant, match="wholly"):
            self.after(self.resolved(TransferKind.SETTLE, fen=59), books=self.held())

    def test_held_money_cannot_be_spent(self) -> None:
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            self.after(Transfer(A, B, Money(41)), books=self.held())

    def test_what_refuses_one_transfer_refuses_all(self) -> None:
        with pytest.raises(Refusal, match=re.escape("ledger.overdrawn")):
            self.after(Transfer(A, B, Money(60)), Transfer(A, B, Money(60)))
        assert self.books.balances[A].posted == Money(100)
