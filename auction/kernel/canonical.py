"""One way to write an object as bytes, so that a digest means one thing.

RFC 8785 (JCS) restricted to objects with text keys, arrays, text, integers below 2**53,
booleans and null. Floats are refused: they have no place in what is signed.
"""

import hashlib
import re
import unicodedata

import msgspec

_SAFE = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")


def canon(value: object) -> bytes:
    """Return the canonical UTF-8 bytes; raise ValueError on what has none."""
    _check(value)
    return _ENCODER.encode(value)


def _plain(value: str | int) -> str | int:
    """What the encoder does not know by itself: a text or a number of some class of its own."""
    return str(value) if isinstance(value, str) else int(value)


_ENCODER = msgspec.json.Encoder(order="sorted", enc_hook=_plain)
"""Once a value is checked, its bytes are those of `json.dumps` with sorted keys, without spaces."""


def _check(value: object) -> None:
    # Text first: most of what is signed is text, and most text is ASCII.
    if isinstance(value, str):
        _check_text(value)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        _check_integer(value)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        _check_object(value)
    else:
        raise ValueError(f"no canonical form for {type(value).__name__}")


def _check_object(value: dict[object, object]) -> None:
    for key, item in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise ValueError(f"keys must be ASCII text: {key!r}")
        if type(item) is not str or not item.isascii():
            _check(item)


def _check_integer(value: int) -> None:
    if not -_SAFE < value < _SAFE:
        raise ValueError(f"integer beyond 2**53: {value}")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if _SURROGATE.search(text):
        raise ValueError("text holds a lone surrogate")
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("text is not in Unicode form NFC")


def sha256_hex(data: bytes) -> str:
    """Digest as 64 hex digits, the form every page and file shows."""
    return hashlib.sha256(data).hexdigest()
