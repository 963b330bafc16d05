import json
from uuid import UUID

import pytest

from bidding.hall.receipt import Signed, batch_of, receipts, verify, write_receipt
from tests.bidding.halls import KEY, PUBLIC_KEY

SESSION = UUID(int=7)


def documents(size: int) -> list[bytes]:
    leaves = [
        json.dumps({"stream": f"session:{SESSION}", "body": {"bid_seq": 5 + n}}).encode()
        for n in range(size)
    ]
    batch = batch_of(SESSION, 5, leaves)
    signed = Signed(KEY.sign(batch.statement()), PUBLIC_KEY)
    return [write_receipt(receipt) for receipt in receipts(batch, leaves, signed)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 65])
def test_every_bid_of_a_batch_can_be_proven(size: int) -> None:
    assert all(verify(document, public_key=PUBLIC_KEY) == [] for document in documents(size))


def test_the_same_leaves_give_the_same_receipts() -> None:
    assert documents(5) == documents(5)


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        (b'\\"bid_seq\\": 7', b'\\"bid_seq\\": 8', "the bid is not in the signed batch"),
        (b'"index":2', b'"index":1', "the bid is not in the signed batch"),
        (b'"first_seq":5', b'"first_seq":6', "the signature is not valid"),
        (b'"v":"RECEIPT/1"', b'"v":"RECEIPT/2"', "it is written in another version"),
        (b'"size":4', b'"size":5', "the signature is not valid"),
    ],
)
def test_a_changed_receipt_is_found_out(was: bytes, becomes: bytes, sentence: str) -> None:
    document = documents(4)[2]
    assert was in document
    assert sentence in verify(document.replace(was, becomes), public_key=PUBLIC_KEY)


def test_another_key_is_named() -> None:
    assert verify(documents(1)[0], public_key=b"\x01" * 32) == ["it was signed with another key"]


@pytest.mark.parametrize("document", [b"", b"{}", b"\xff", b'{"leaf":"x"}'])
def test_what_is_no_receipt_is_called_so(document: bytes) -> None:
    assert verify(document) == ["this is no receipt"]
