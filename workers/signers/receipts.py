"""The key that signs batches of bids; it signs nothing that is not such a batch."""

from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auction.kernel.refusal import Refusal
from bidding.hall.receipt import Batch
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import Answer, Operation, Question


def public(keys: KeyFolder, _: Question) -> Answer:
    """The public key that receipts are checked with."""
    return {"public_key": _key(keys).public_key().public_bytes_raw().hex()}


def sign(keys: KeyFolder, question: Question) -> Answer:
    """Sign a batch, given as its JSON; what is signed is written here, never by the asker."""
    try:
        batch = msgspec.json.decode(question.get("batch", ""), type=Batch)
    except msgspec.DecodeError as wrong:
        raise Refusal("keys.no_batch") from wrong
    key = _key(keys)
    return {
        "signature": key.sign(batch.statement()).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }


def _key(keys: KeyFolder) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.secret("receipts"))


OPERATIONS: Mapping[str, Operation] = {"receipt.public": public, "receipt.sign": sign}
