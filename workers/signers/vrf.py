"""The VRF keys of the two institutions of a draw; each proves with its own key only."""

from collections.abc import Mapping

from auction.kernel.refusal import Refusal
from valuation import vrf
from workers.signers.key_folder import KeyFolder
from workers.signers.operation import Answer, Operation, Question, hex_field

ROLES = ("platform", "court-supervision")
"""In a court each key sits in its own institution's signer; the two files are never one."""


def public(keys: KeyFolder, question: Question) -> Answer:
    """The public key of a role."""
    return {"pk": vrf.public_key(_secret(keys, question)).hex()}


def prove(keys: KeyFolder, question: Question) -> Answer:
    """The one proof that a role can give for an input."""
    return {"pi": vrf.prove(_secret(keys, question), hex_field(question, "alpha")).hex()}


def _secret(keys: KeyFolder, question: Question) -> bytes:
    role = question.get("role", "")
    if role not in ROLES:
        raise Refusal("keys.no_such_role", role=role)
    return keys.secret(f"vrf-{role}")


OPERATIONS: Mapping[str, Operation] = {"vrf.public": public, "vrf.prove": prove}
