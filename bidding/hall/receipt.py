"""What a bidder gets back: his entry's bytes, its place in the batch, the batch's signature; pure.

A receipt is checked with nothing but the platform's public key: the leaf gives its hash,
the path leads from it to the root, and the signature covers the root.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auction.kernel.canonical import canon
from auction.kernel.merkle import HASH_BYTES, Tree, includes, leaf_hash, paths
from auction.kernel.money import FEN_MAX

VERSION: Final = "RECEIPT/1"
KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64


class Batch(msgspec.Struct, frozen=True):
    """Bids decided together, as their one signature covers them."""

    session_id: UUID
    first_seq: int
    size: int
    root: str

    def statement(self) -> bytes:
        """The bytes that are signed."""
        return canon(
            {
                "v": VERSION,
                "session": str(self.session_id),
                "first_seq": self.first_seq,
                "size": self.size,
                "root": self.root,
            }
        )


class Receipt(msgspec.Struct, frozen=True):
    """One file, checked offline."""

    leaf: str
    """The journal's bytes of the bid, as text."""
    index: int
    path: tuple[str, ...]
    batch: Batch
    signature: str
    public_key: str
    v: str = VERSION


@dataclass(frozen=True, slots=True)
class Signed:
    """A batch's signature and the key that made it."""

    signature: bytes
    public_key: bytes


def batch_of(session_id: UUID, first_seq: int, tree: Tree) -> Batch:
    """Return the batch over the leaf hashes of its bids, of which the tree was grown."""
    return Batch(session_id, first_seq, len(tree[0]), tree[-1][0].hex())


def receipts(batch: Batch, leaves: Sequence[bytes], tree: Tree, signed: Signed) -> list[Receipt]:
    """Return one receipt a leaf; the same leaves always give the same receipts."""
    ways = paths([[node.hex() for node in level] for level in tree])
    signature, public_key = signed.signature.hex(), signed.public_key.hex()
    return [
        Receipt(leaf.decode(), index, way, batch, signature, public_key)
        for index, (leaf, way) in enumerate(zip(leaves, ways, strict=True))
    ]


def write_receipt(receipt: Receipt) -> bytes:
    """The file that a bidder keeps."""
    return msgspec.json.encode(receipt)


def verify(document: bytes, *, public_key: bytes | None = None) -> list[str]:
    """Check a receipt; return what is wrong with it, a sentence each.

    What rests on something that does not hold is not told: of a batch whose signature is not
    valid, nothing else can be known. Without `public_key` the receipt's own is believed: that
    proves only that it is whole.
    """
    try:
        receipt = msgspec.json.decode(document, type=Receipt)
        told = msgspec.json.decode(receipt.leaf, type=_Leaf)
    except (msgspec.DecodeError, ValueError):
        return ["this is no receipt"]
    checks = (_of_its_form, _of_its_signature, _of_its_batch, _of_its_bid)
    for check in checks:
        stands = check(_Claim(receipt, told, public_key))
        faults = [sentence for sentence, holds in stands.items() if not holds]
        if faults:
            return faults
    return []


@dataclass(frozen=True, slots=True)
class Proven:
    """What the leaf of a receipt that holds says of its bid."""

    session_id: UUID
    seq: int
    bid_id: UUID | None
    """None in a practice, as is the instant."""
    code: str
    amount_fen: int
    entered_at: datetime | None
    verdict: str
    """`accepted`, `refused` with its reason, or that it was a practice."""


def proven(document: bytes) -> Proven:
    """Read what a receipt proves; only of a document in which `verify` found no fault."""
    receipt = msgspec.json.decode(document, type=Receipt)
    told = msgspec.json.decode(receipt.leaf, type=_Leaf)
    body = told.body
    verdicts = {"bid.accepted": "accepted", "bid.refused": f"refused, {body.reason}"}
    return Proven(
        session_id=receipt.batch.session_id,
        seq=body.bid_seq,
        bid_id=body.bid_id,
        code=body.code,
        amount_fen=body.amount_fen,
        entered_at=body.entered_at,
        verdict=verdicts.get(told.kind, "of a practice, which counts for nothing"),
    )


_Code = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z]{1,20}\Z")]
_Reason = Annotated[str, msgspec.Meta(pattern=r"\A[a-z_]{0,40}\Z")]
"""A receipt without a key is anybody's: nothing in it may write over the line that says so."""


class _Body(msgspec.Struct):
    bid_seq: int
    code: _Code
    amount_fen: Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX)]
    bid_id: UUID | None = None
    entered_at: datetime | None = None
    reason: _Reason = ""


class _Leaf(msgspec.Struct):
    kind: Literal["bid.accepted", "bid.refused", "practice.bid"]
    stream: str
    body: _Body


@dataclass(frozen=True, slots=True)
class _Claim:
    """A receipt, what its leaf says, and the key that it is held against."""

    receipt: Receipt
    told: _Leaf
    public_key: bytes | None


def _of_its_form(claim: _Claim) -> dict[str, bool]:
    receipt = claim.receipt
    steps = [_is_hex(step, HASH_BYTES) for step in receipt.path]
    return {
        "it is written in another version": receipt.v == VERSION,
        "its public key is not 64 hex digits": _is_hex(receipt.public_key, KEY_BYTES),
        "its signature is not 128 hex digits": _is_hex(receipt.signature, _SIGNATURE_BYTES),
        "the root of its batch is not 64 hex digits": _is_hex(receipt.batch.root, HASH_BYTES),
        "a step of its path is not 64 hex digits": all(steps),
    }


def _of_its_signature(claim: _Claim) -> dict[str, bool]:
    receipt = claim.receipt
    own_key, signature = bytes.fromhex(receipt.public_key), bytes.fromhex(receipt.signature)
    if claim.public_key not in {None, own_key}:
        return {"it was signed with another key": False}
    return {"the signature is not valid": _is_signed(receipt.batch, signature, own_key)}


def _of_its_batch(claim: _Claim) -> dict[str, bool]:
    receipt, batch = claim.receipt, claim.receipt.batch
    leaf, way = leaf_hash(receipt.leaf.encode()), [bytes.fromhex(step) for step in receipt.path]
    is_in = includes(leaf, receipt.index, batch.size, way, bytes.fromhex(batch.root))
    return {"the bid is not in the signed batch": is_in}


def _of_its_bid(claim: _Claim) -> dict[str, bool]:
    told, batch = claim.told, claim.receipt.batch
    seq = batch.first_seq + claim.receipt.index
    return {
        "the bid belongs to another session": told.stream == f"session:{batch.session_id}",
        "the bid stands at another place": told.body.bid_seq == seq,
    }


def _is_hex(text: str, size: int) -> bool:
    return re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text) is not None


def _is_signed(batch: Batch, signature: bytes, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, batch.statement())
    except (InvalidSignature, ValueError):  # a number that nothing signed can hold
        return False
    return True
