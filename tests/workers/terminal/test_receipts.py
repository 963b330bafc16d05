"""`luochui receipt verify`: whole, and whose it is, or one sentence for each fault."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from auction.kernel.canonical import canon
from auction.kernel.merkle import grow, leaf_hash
from auction.store.journal import Fact, instant_text, make_leaf
from bidding.hall.receipt import Signed, batch_of, receipts, write_receipt
from tests.bidding.halls import KEY, PUBLIC_KEY
from workers.cli import luochui

AT = datetime(2026, 11, 26, 2, tzinfo=UTC)
SESSION = UUID(int=7)
TOLD = f"""session     {SESSION}
seq         7
bid id      {UUID(int=102)}
code        A1
amount      100000.02 yuan
verdict     accepted
entered at  2026-11-26 10:00:00.000000 Beijing time
"""
ONLY_WHOLE = (
    "receipt whole, but nobody's yet: whose signature it is was not checked; give --key"
    " (the page /hall/keys)"
)
REASON, BELOW = b'"reason":""', b'"reason":"below_next_price"'
Tree = dict[str, Any]
Change = Callable[[Tree], object]


def a_leaf(number: int) -> bytes:
    """A bid as the journal writes it."""
    body: dict[str, object] = {
        "bid_seq": 5 + number, "bid_id": str(UUID(int=100 + number)), "code": "A1",
        "amount_fen": 100_000_00 + number, "rank": None, "entered_at": instant_text(AT),
        "reason": "", "closes_at": instant_text(AT), "extensions": 0,
    }  # fmt: skip
    fact = Fact(UUID(int=200 + number), "bid.accepted", f"session:{SESSION}", body)
    return make_leaf(fact, seq=10 + number, prev=bytes(32), actor="system", at=AT)


def a_receipt() -> bytes:
    """That of the third bid of four."""
    leaves = [a_leaf(number) for number in range(4)]
    tree = grow([leaf_hash(leaf) for leaf in leaves])
    batch = batch_of(SESSION, 5, tree)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    return write_receipt(receipts(batch, leaves, tree, signed)[2])


def verified(folder: Path, content: bytes, *words: str) -> Result:
    file = folder / "receipt.json"
    file.write_bytes(content)
    return CliRunner().invoke(luochui, ["receipt", "verify", str(file), *words])


def test_a_receipt_of_the_platform_holds_by_its_public_key(tmp_path: Path) -> None:
    ran = verified(tmp_path, a_receipt(), "--key", PUBLIC_KEY.hex())
    assert (ran.exit_code, ran.output) == (0, TOLD + "receipt ok: signed by the key given\n")


def test_without_the_key_it_is_only_called_whole(tmp_path: Path) -> None:
    ran = verified(tmp_path, a_receipt())
    assert (ran.exit_code, ran.output) == (0, f"{TOLD}{ONLY_WHOLE}\n")


def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    leaves = [a_leaf(0).replace(b"bid.accepted", b"bid.refused").replace(REASON, BELOW)]
    tree = grow([leaf_hash(leaf) for leaf in leaves])
    batch = batch_of(SESSION, 5, tree)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    ran = verified(tmp_path, write_receipt(receipts(batch, leaves, tree, signed)[0]))
    assert "verdict     refused, below_next_price\n" in ran.output


def test_a_receipt_of_ones_own_making_cannot_write_over_the_terminal(tmp_path: Path) -> None:
    leaves = [a_leaf(0).replace(b'"code":"A1"', b'"code":"A1\\u001b[2J"')]
    tree = grow([leaf_hash(leaf) for leaf in leaves])
    batch = batch_of(SESSION, 5, tree)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    ran = verified(tmp_path, write_receipt(receipts(batch, leaves, tree, signed)[0]))
    assert (ran.exit_code, ran.output) == (1, "this is no receipt\n")


NOT_IN = "the bid is not in the signed batch"
NOT_SIGNED = "the signature is not valid"
OTHER = "0b" * 32


def bid_says(**told: object) -> Change:
    """Write other things into the bid."""

    def change(receipt: Tree) -> None:
        leaf = json.loads(receipt["leaf"])
        for name, value in told.items():
            part = leaf if name in leaf else leaf["body"]
            assert part[name] != value
            part[name] = value
        receipt["leaf"] = canon(leaf).decode()

    return change


def batch_says(name: str, value: object) -> Change:
    """Write another thing into the batch."""

    def change(receipt: Tree) -> None:
        assert receipt["batch"][name] != value
        receipt["batch"][name] = value

    return change


def says(name: str, value: object) -> Change:
    """Write another thing into the receipt itself."""

    def change(receipt: Tree) -> None:
        assert receipt[name] != value
        receipt[name] = value

    return change


def path_is(become: Callable[[list[str]], list[str]]) -> Change:
    """Lead another way from the bid to the root."""

    def change(receipt: Tree) -> None:
        way = become(receipt["path"])
        assert way != receipt["path"]
        receipt["path"] = way

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(change, sentence, id=name)
        for name, change, sentence in (
            ("amount", bid_says(amount_fen=1), NOT_IN),
            ("code", bid_says(code="Z9"), NOT_IN),
            ("bid id", bid_says(bid_id=str(UUID(int=1))), NOT_IN),
            ("entered_at", bid_says(entered_at="2026-11-26T02:00:00.000001Z"), NOT_IN),
            ("decided_at", bid_says(at="2026-11-26T02:00:00.000001Z"), NOT_IN),
            ("seq of the bid", bid_says(bid_seq=8), NOT_IN),
            ("seq in the journal", bid_says(seq=99), NOT_IN),
            ("verdict", bid_says(kind="bid.refused", reason="too_low"), NOT_IN),
            ("stream", bid_says(stream=f"session:{UUID(int=8)}"), NOT_IN),
            ("a space in the leaf", lambda it: it.update(leaf=it["leaf"] + " "), NOT_IN),
            ("index", says("index", 0), NOT_IN),
            ("index below none", says("index", -1), NOT_IN),
            ("step changed", path_is(lambda way: [OTHER, *way[1:]]), NOT_IN),
            ("step removed", path_is(lambda way: way[:-1]), NOT_IN),
            ("step added", path_is(lambda way: [*way, OTHER]), NOT_IN),
            ("steps swapped", path_is(lambda way: way[::-1]), NOT_IN),
            ("step from the other side", says("index", 3), NOT_IN),
            ("step cut", path_is(lambda way: [way[0][:-2], *way[1:]]),
             "a step of its path is not 64 hex digits"),
            ("root", batch_says("root", OTHER), NOT_SIGNED),
            ("root cut", batch_says("root", "0b"), "the root of its batch is not 64 hex digits"),
            ("first_seq", batch_says("first_seq", 6), NOT_SIGNED),
            ("size", batch_says("size", 5), NOT_SIGNED),
            ("size beyond all numbers", batch_says("size", 2**60), NOT_SIGNED),
            ("other session", batch_says("session_id", str(UUID(int=8))), NOT_SIGNED),
            ("signature", says("signature", "0b" * 64), NOT_SIGNED),
            ("signature cut", says("signature", ""), "its signature is not 128 hex digits"),
            ("public key", says("public_key", OTHER), "it was signed with another key"),
            ("public key cut", says("public_key", "0b"), "its public key is not 64 hex digits"),
            ("version", says("v", "RECEIPT/2"), "it is written in another version"),
            ("a field gone", lambda it: it.pop("signature"), "this is no receipt"),
        )
    ],
)  # fmt: skip
def test_whatever_is_changed_is_named_in_one_sentence_with_status_1(
    tmp_path: Path, change: Change, sentence: str
) -> None:
    receipt = json.loads(a_receipt())
    change(receipt)
    ran = verified(tmp_path, json.dumps(receipt).encode(), "--key", PUBLIC_KEY.hex())
    assert (ran.exit_code, ran.output) == (1, f"{sentence}\n")


def test_another_public_key_in_the_receipt_is_found_out_without_a_key(tmp_path: Path) -> None:
    changed = a_receipt().replace(PUBLIC_KEY.hex().encode(), OTHER.encode())
    assert verified(tmp_path, changed).output == f"{NOT_SIGNED}\n"


def test_the_key_of_another_platform_is_named(tmp_path: Path) -> None:
    ran = verified(tmp_path, a_receipt(), "--key", OTHER)
    assert (ran.exit_code, ran.output) == (1, "it was signed with another key\n")


@pytest.mark.parametrize("key", ["no hex", "00", "", " ", "07" * 31, "07" * 33])
def test_a_key_that_is_none_is_named(tmp_path: Path, key: str) -> None:
    ran = verified(tmp_path, a_receipt(), "--key", key)
    assert (ran.exit_code, ran.output) == (1, "Error: --key must be 64 hex digits\n")
