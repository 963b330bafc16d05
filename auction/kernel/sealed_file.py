"""Sealed files: whoever keeps them cannot read them; the holder of one private key lends the key.

A sealed file is `wrapped key (80 bytes) || ciphertext`. Its bytes are encrypted with
ChaCha20-Poly1305 under a key of its own, which HPKE (RFC 9180: X25519, HKDF-SHA256,
ChaCha20-Poly1305) wraps for the holder, so that a file of many megabytes opens with one short
answer. The nonce is zero because each key encrypts one file only. Both layers are bound to the
SHA-256 of the plain bytes: a box opens to exactly what a row says it holds, or not at all.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal

KEY_BYTES: Final = 32
WRAPPED_BYTES: Final = 80
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_NONCE: Final = bytes(12)


def public_half(private: bytes) -> bytes:
    """The public half of a private key; both are 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal_file(public: bytes, content: bytes) -> bytes:
    """Seal bytes to the holder of a private key."""
    about = _about(sha256_hex(content))
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = _SUITE.encrypt(key, X25519PublicKey.from_public_bytes(public), info=about)
    return wrapped + ChaCha20Poly1305(key).encrypt(_NONCE, content, about)


def unwrap_key(private: bytes, wrapped: bytes, *, digest: str) -> bytes:
    """The key of the one file that holds the bytes of a digest; refuses with `file.seal_broken`."""
    try:
        holder = X25519PrivateKey.from_private_bytes(private)
        return _SUITE.decrypt(wrapped, holder, info=_about(digest))
    except (InvalidTag, ValueError) as wrong:
        raise Refusal("file.seal_broken", digest=digest) from wrong


def open_file(key: bytes, box: bytes, *, digest: str) -> bytes:
    """The plain bytes of a sealed file; refuses with `file.seal_broken`."""
    try:
        content = ChaCha20Poly1305(key).decrypt(_NONCE, box[WRAPPED_BYTES:], _about(digest))
    except (InvalidTag, ValueError) as wrong:
        raise Refusal("file.seal_broken", digest=digest) from wrong
    if sha256_hex(content) != digest:
        raise Refusal("file.seal_broken", digest=digest)
    return content


def _about(digest: str) -> bytes:
    return f"luochui sealed file 1\n{digest}".encode()
