"""Sealed boxes: what only the holder of one X25519 key can open, and keys made from a password.

A box is `ephemeral public key (32) || ChaCha20-Poly1305 ciphertext`. The key of the cipher is
HKDF-SHA256 over the X25519 secret, bound to both public keys; the nonce is zero because each
ephemeral key seals one box only. What the box is about is authenticated with it, so a box
moved to another row does not open. Chance comes in as an argument: sealing itself is pure.
"""

import unicodedata
from typing import Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
CODE_LENGTH: Final = 8
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base32: no I, L, O or U, so that a code survives being read aloud."""
MEMORY_KIB = 46 * 1024
PASSES = 2
"""Codes sealed before a change of either would never open again."""

_INFO: Final = b"luochui sealed box 1"
_NONCE: Final = bytes(12)


class SealBroken(Exception):
    """The box is not for this key, not about this thing, or was altered."""


def private_key_of(password: str, salt: bytes) -> bytes:
    """Derive the bidder's private key from his 参拍密码 by Argon2id, slowly on purpose."""
    return hash_secret_raw(
        unicodedata.normalize("NFKC", password).encode(),
        salt,
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=1,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def public_key_of(private: bytes) -> bytes:
    """Return the public half of a private key."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(public: bytes, plain: bytes, *, about: bytes, ephemeral: bytes) -> bytes:
    """Seal `plain` to the holder of `public`; `ephemeral` is 32 fresh random bytes."""
    once = X25519PrivateKey.from_private_bytes(ephemeral)
    secret = once.exchange(X25519PublicKey.from_public_bytes(public))
    front = once.public_key().public_bytes_raw()
    cipher = ChaCha20Poly1305(_cipher_key(secret, front, public))
    return front + cipher.encrypt(_NONCE, plain, about)


def unseal(private: bytes, box: bytes, *, about: bytes) -> bytes:
    """Open a box, or raise SealBroken."""
    front, body = box[:KEY_BYTES], box[KEY_BYTES:]
    if len(front) != KEY_BYTES:
        raise SealBroken("the box is cut short")
    key = X25519PrivateKey.from_private_bytes(private)
    try:
        secret = key.exchange(X25519PublicKey.from_public_bytes(front))
        cipher = ChaCha20Poly1305(_cipher_key(secret, front, public_key_of(private)))
        return cipher.decrypt(_NONCE, body, about)
    except (InvalidTag, ValueError) as wrong:  # ValueError: a public key of low order
        raise SealBroken("the box does not open") from wrong


def _cipher_key(secret: bytes, front: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_INFO + front + public).derive(secret)


def code_of(chance: bytes) -> str:
    """Write eight random bytes as a bidder code: five bits of each, forty in all."""
    if len(chance) != CODE_LENGTH:
        raise ValueError(f"a code needs {CODE_LENGTH} random bytes")
    return "".join(CODE_ALPHABET[byte & 31] for byte in chance)


def about_code(listing_id: str, registration_id: str) -> bytes:
    """What the box that holds a bidder's code is about."""
    return f"code\n{listing_id}\n{registration_id}".encode()


def about_registration(listing_id: str, code: str) -> bytes:
    """What the box that holds the registration behind a code is about."""
    return f"registration\n{listing_id}\n{code}".encode()
