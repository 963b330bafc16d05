"""What a bidder gets back: his entry's bytes, its place in the batch, the batch's signature; pure.

A receipt is checked with nothing but the platform's public key: the leaf gives its hash,
the path leads from it to the root, and the signature covers the root.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auction.kernel.canonical import canon
from auction.kernel.merkle import includes, leaf_hash, paths, root

VERSION: Final = "RECEIPT/1"


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


def batch_of(session_id: UUID, first_seq: int, leaves: Sequence[bytes]) -> Batch:
    """Return the batch over the leaves of its bids."""
    top = root([leaf_hash(leaf) for leaf in leaves])
    return Batch(session_id, first_seq, len(leaves), top.hex())


def receipts(batch: Batch, leaves: Sequence[bytes], signed: Signed) -> list[Receipt]:
    """Return one receipt a leaf; the same leaves always give the same receipts."""
    ways = paths([leaf_hash(leaf) for leaf in leaves])
    signature, public_key = signed.signature.hex(), signed.public_key.hex()
    return [
        Receipt(
            leaf=leaf.decode(),
            index=index,
            path=tuple([step.hex() for step in way]),
            batch=batch,
            signature=signature,
            public_key=public_key,
        )
        for index, (leaf, way) in enumerate(zip(leaves, ways, strict=True))
    ]


def write_receipt(receipt: Receipt) -> bytes:
    """The file that a bidder keeps."""
    return msgspec.json.encode(receipt)


def verify(document: bytes, *, public_key: bytes | None = None) -> list[str]:
    """Check a receipt; return what is wrong with it, a sentence each.

    Without `public_key` the receipt's own is believed: that proves only that it is whole.
    """
    try:
        receipt = msgspec.json.decode(document, type=Receipt)
        told = msgspec.json.decode(receipt.leaf, type=_Leaf)
        return _faults(receipt, told, public_key)
    except (msgspec.DecodeError, ValueError):
        return ["this is no receipt"]


class _Body(msgspec.Struct):
    bid_seq: int


class _Leaf(msgspec.Struct):
    stream: str
    body: _Body


def _faults(receipt: Receipt, told: _Leaf, public_key: bytes | None) -> list[str]:
    batch = receipt.batch
    own_key = bytes.fromhex(receipt.public_key)
    way = [bytes.fromhex(step) for step in receipt.path]
    leaf = leaf_hash(receipt.leaf.encode())
    checks = {
        "it is written in another version": receipt.v == VERSION,
        "it was signed with another key": public_key in {None, own_key},
        "the bid is not in the signed batch": includes(
            leaf, receipt.index, batch.size, way, bytes.fromhex(batch.root)
        ),
        "the bid belongs to another session": told.stream == f"session:{batch.session_id}",
        "the bid stands at another place": told.body.bid_seq == batch.first_seq + receipt.index,
        "the signature is not valid": _is_signed(batch, bytes.fromhex(receipt.signature), own_key),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def _is_signed(batch: Batch, signature: bytes, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, batch.statement())
    except InvalidSignature:
        return False
    return True
