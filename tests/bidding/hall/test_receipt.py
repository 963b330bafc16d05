import json
from uuid import UUID

import pytest

from auction.kernel.merkle import grow, leaf_hash
from bidding.hall.receipt import Signed, batch_of, receipts, verify, write_receipt
from tests.bidding.halls import KEY, PUBLIC_KEY

SESSION = UUID(int=7)


def a_leaf(stream: str, bid_seq: int) -> bytes:
    body = {"bid_seq": bid_seq, "code": "A1", "amount_fen": 100}
    return json.dumps({"kind": "bid.accepted", "stream": stream, "body": body}).encode()


def documents(size: int) -> list[bytes]:
    leaves = [a_leaf(f"session:{SESSION}", 5 + n) for n in range(size)]
    tree = grow([leaf_hash(leaf) for leaf in leaves])
    batch = batch_of(SESSION, 5, tree)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    return [write_receipt(receipt) for receipt in receipts(batch, leaves, tree, signed)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 65])
def test_every_bid_of_a_batch_can_be_proven(size: int) -> None:
    assert all(verify(document, public_key=PUBLIC_KEY) == [] for document in documents(size))


def test_the_same_leaves_give_the_same_receipts() -> None:
    assert documents(5) == documents(5)


def test_of_several_faults_only_that_one_is_told_on_which_the_others_rest() -> None:
    told = json.loads(documents(4)[2])
    told["batch"]["root"] = "00" * 32
    assert verify(json.dumps(told).encode()) == ["the signature is not valid"]


def signed_wrongly(stream: str, bid_seq: int) -> bytes:
    """What only the keeper of the key could make: a leaf that is not of its batch."""
    leaf = a_leaf(stream, bid_seq)
    tree = grow([leaf_hash(leaf)])
    batch = batch_of(SESSION, 5, tree)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    return write_receipt(receipts(batch, [leaf], tree, signed)[0])


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (signed_wrongly(f"session:{UUID(int=8)}", 5), "the bid belongs to another session"),
        (signed_wrongly(f"session:{SESSION}", 6), "the bid stands at another place"),
    ],
)
def test_a_signature_does_not_make_up_for_what_the_bid_says(document: bytes, sentence: str) -> None:
    assert verify(document, public_key=PUBLIC_KEY) == [sentence]


def test_another_key_is_named() -> None:
    assert verify(documents(1)[0], public_key=b"\x01" * 32) == ["it was signed with another key"]


@pytest.mark.parametrize("document", [b"", b"{}", b"\xff", b'{"leaf":"x"}'])
def test_what_is_no_receipt_is_called_so(document: bytes) -> None:
    assert verify(document) == ["this is no receipt"]
