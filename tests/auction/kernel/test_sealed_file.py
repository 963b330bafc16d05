"""A sealed file tells its keeper nothing, and opens whole for the holder's key or not at all."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.kernel import sealed_file
from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal
from auction.kernel.sealed_file import (
    WRAPPED_BYTES,
    open_file,
    public_half,
    seal_file,
    unwrap_key,
)

PRIVATE, OTHER = bytes(range(32)), bytes(range(1, 33))
CONTENT = b"SpyPhone 30.26N 120.19E " * 50
DIGEST = sha256_hex(CONTENT)


def opened(private: bytes, box: bytes, digest: str = DIGEST) -> bytes:
    key = unwrap_key(private, box[:WRAPPED_BYTES], digest=digest)
    return open_file(key, box, digest=digest)


@given(st.binary(max_size=200))
@settings(max_examples=20)
def test_what_was_sealed_comes_back(content: bytes) -> None:
    box = seal_file(public_half(PRIVATE), content)
    assert opened(PRIVATE, box, sha256_hex(content)) == content


def test_nothing_of_it_shows_and_twice_is_never_the_same() -> None:
    first, second = (seal_file(public_half(PRIVATE), CONTENT) for _ in range(2))
    assert b"SpyPhone" not in first
    assert first[:WRAPPED_BYTES] != second[:WRAPPED_BYTES]
    assert first[WRAPPED_BYTES:] != second[WRAPPED_BYTES:]


def test_another_key_or_another_digest_opens_nothing() -> None:
    box = seal_file(public_half(PRIVATE), CONTENT)
    for private, digest in ((OTHER, DIGEST), (PRIVATE, sha256_hex(b"another"))):
        with pytest.raises(Refusal, match=r"file\.seal_broken"):
            opened(private, box, digest)


def test_no_key_is_unwrapped_for_another_digest() -> None:
    box = seal_file(public_half(PRIVATE), CONTENT)
    with pytest.raises(Refusal, match=r"file\.seal_broken"):
        unwrap_key(PRIVATE, box[:WRAPPED_BYTES], digest=sha256_hex(b"another"))


@pytest.mark.parametrize("place", [0, 40, WRAPPED_BYTES - 1, WRAPPED_BYTES, 500, -1])
def test_one_flipped_bit_opens_nothing(place: int) -> None:
    box = bytearray(seal_file(public_half(PRIVATE), CONTENT))
    box[place] ^= 1
    with pytest.raises(Refusal, match=r"file\.seal_broken"):
        opened(PRIVATE, bytes(box))


def test_a_key_lent_for_one_file_opens_no_other() -> None:
    one, other = (seal_file(public_half(PRIVATE), CONTENT) for _ in range(2))
    lent = unwrap_key(PRIVATE, one[:WRAPPED_BYTES], digest=DIGEST)
    with pytest.raises(Refusal, match=r"file\.seal_broken"):
        open_file(lent, other, digest=DIGEST)


def test_bytes_that_somebody_sealed_under_the_digest_of_others_do_not_open() -> None:
    """The public half seals whatever it is told: the opener does the sum himself."""
    key, other = bytes(range(2, 34)), sha256_hex(b"another")
    forged = ChaCha20Poly1305(key).encrypt(
        sealed_file._NONCE, CONTENT, f"luochui sealed file 1\n{other}".encode()
    )
    box = bytes(WRAPPED_BYTES) + forged
    with pytest.raises(Refusal, match=r"file\.seal_broken"):
        open_file(key, box, digest=other)
