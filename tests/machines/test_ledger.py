"""The ledger under long, strange sequences: the pure laws against a plain fold of what was done."""

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from auction.kernel.ids import AccountId, CourtId, TransferId
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.ledger.chart import Side
from auction.ledger.transfer import (
    Balance,
    Books,
    Posting,
    Transfer,
    TransferKind,
    after_posting,
)

BANK = AccountId(UUID(int=1))
OTHERS = [AccountId(UUID(int=n)) for n in (2, 3, 4)]
FEN = st.integers(1, 1000)
OTHER = st.sampled_from(OTHERS)


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        balances = {account: Balance(Side.CREDIT) for account in OTHERS}
        self.books = Books({BANK: Balance(Side.DEBIT), **balances})
        self.posted = dict.fromkeys([BANK, *OTHERS], 0)
        self.held = dict.fromkeys(OTHERS, 0)
        self.count = 0

    def post(self, *transfers: Transfer) -> bool:
        self.count += 1
        posting = Posting(
            key=str(self.count), event="e", court_id=CourtId("c"), subject_ref="s",
            transfers=transfers,
        )  # fmt: skip
        try:
            self.books = after_posting(self.books, posting)
        except Refusal:
            return False
        return True

    @rule(account=OTHER, fen=FEN)
    def receive(self, account: AccountId, fen: int) -> None:
        assert self.post(Transfer(BANK, account, Money(fen)))
        self.posted[BANK] += fen
        self.posted[account] += fen

    @rule(source=OTHER, into=OTHER, fen=FEN)
    def move(self, source: AccountId, into: AccountId, fen: int) -> None:
        if source == into:
            return
        may = self.posted[source] - self.held[source] >= fen
        assert self.post(Transfer(source, into, Money(fen))) is may
        if may:
            self.posted[source] -= fen
            self.posted[into] += fen

    @rule(source=OTHER, fen=FEN)
    def pay_out(self, source: AccountId, fen: int) -> None:
        may = self.posted[source] - self.held[source] >= fen
        assert self.post(Transfer(source, BANK, Money(fen))) is may
        if may:
            self.posted[source] -= fen
            self.posted[BANK] -= fen

    @rule(source=OTHER, into=OTHER, fen=FEN)
    def hold(self, source: AccountId, into: AccountId, fen: int) -> None:
        if source == into:
            return
        may = self.posted[source] - self.held[source] >= fen
        pending = Transfer(
            source, into, Money(fen), TransferKind.PENDING,
            id=TransferId(UUID(int=1000 + self.count)),
        )  # fmt: skip
        assert self.post(pending) is may
        if may:
            self.held[source] += fen

    @precondition(lambda self: self.books.holds)
    @rule(data=st.data(), kind=st.sampled_from([TransferKind.SETTLE, TransferKind.VOID]))
    def resolve(self, data: st.DataObject, kind: TransferKind) -> None:
        held = self.books.holds[data.draw(st.sampled_from(sorted(self.books.holds)))]
        resolution = Transfer(held.debit, held.credit, held.amount, kind, resolves=held.id)
        assert self.post(resolution)
        self.held[held.debit] -= held.amount.fen
        if kind is TransferKind.SETTLE:
            self.posted[held.debit] -= held.amount.fen
            self.posted[held.credit] += held.amount.fen
        assert not self.post(resolution), "a hold resolves once"

    @rule(source=OTHER, fen=FEN)
    def half_a_posting_changes_nothing(self, source: AccountId, fen: int) -> None:
        before = self.books
        too_much = Money(self.posted[source] + fen)
        assert not self.post(
            Transfer(BANK, OTHERS[0], Money(fen)), Transfer(source, BANK, too_much + Money(fen))
        )
        assert self.books == before

    @invariant()
    def the_bank_holds_what_all_are_owed(self) -> None:
        owed = sum(self.books.balances[account].posted.fen for account in OTHERS)
        assert self.books.balances[BANK].posted.fen == owed

    @invariant()
    def every_account_agrees_with_the_fold(self) -> None:
        for account, balance in self.books.balances.items():
            assert balance.is_lawful
            assert balance.posted.fen == self.posted[account]
            assert balance.available.fen == self.posted[account] - self.held.get(account, 0)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
