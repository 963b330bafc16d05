"""Personal data: sealed fields, wrapped keys, blind indexes and masks; pure.

Every subject has a key of its own, under which each field that tells something about him is
sealed (AES-256-GCM). That key is kept wrapped under a key that lies outside the database. What
is sealed names its place: moved to another row, column or subject it opens nowhere.
"""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
INDEX_BYTES: Final = 16
FORM: Final = b"\x01"
"""The first byte of everything sealed: AES-256-GCM, a random nonce of 96 bits, the tag last."""
WRAP_PLACE: Final = b"subject_keys|wrapped|"
_SHOWN_LAST: Final = 4
_SHOWN_FIRST: Final = 3
_PHONE_DIGITS: Final = 11


class SealBrokenError(ValueError):
    """What was sealed was changed, moved, or is opened with another key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field stands: part of what its tag proves."""

    table: str
    column: str
    row_id: UUID
    key_id: UUID
    """The subject whose key it is sealed under."""

    @property
    def associated(self) -> bytes:
        """table|column|row id|key id, as the tag covers them."""
        return f"{self.table}|{self.column}|{self.row_id}|{self.key_id}".encode()


def new_key() -> bytes:
    """A key of 256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, text: str, place: Place) -> bytes:
    """Seal a text of any length, the empty one too: form, nonce, ciphertext, tag."""
    return _encrypt(key, text.encode(), place.associated)


def unseal(key: bytes, sealed: bytes, place: Place) -> str:
    """Open what was sealed for this place under this key, or raise SealBrokenError."""
    return _decrypt(key, sealed, place.associated).decode()


def wrap(kek: bytes, key: bytes, *, subject_id: UUID, kek_id: str) -> bytes:
    """Seal a subject's key under the key outside the database."""
    return _encrypt(kek, key, _wrap_place(subject_id, kek_id))


def unwrap(kek: bytes, wrapped: bytes, *, subject_id: UUID, kek_id: str) -> bytes:
    """Open a subject's key, or raise SealBrokenError."""
    return _decrypt(kek, wrapped, _wrap_place(subject_id, kek_id))


def _wrap_place(subject_id: UUID, kek_id: str) -> bytes:
    return WRAP_PLACE + f"{subject_id}|{kek_id}".encode()


def _encrypt(key: bytes, content: bytes, associated: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORM + nonce + AESGCM(key).encrypt(nonce, content, associated)


def _decrypt(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != FORM or len(ciphertext) < TAG_BYTES:
        raise SealBrokenError("not a sealed field")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated)
    except InvalidTag as wrong:
        raise SealBrokenError("sealed for another place, under another key, or changed") from wrong


def blind_index(key: bytes, use: str, text: str) -> bytes:
    """What equal texts have in common and nothing can be read from without the key: 128 bits.

    `use` keeps indexes of different columns apart, so that they cannot be joined.
    """
    told = f"{use}|{plain(text)}".encode()
    return hmac.new(key, told, hashlib.sha256).digest()[:INDEX_BYTES]


def keyed_digest(key: bytes, use: str, text: str) -> str:
    """The digest of a text that nobody can try texts on without the key, in hex (256 bits)."""
    return hmac.new(key, f"{use}|{text}".encode(), hashlib.sha256).hexdigest()


def plain(text: str) -> str:
    """A text without what is written one way or another: width, spaces, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def mask_number(number: str) -> str:
    """An identity number as pages show it: 330***********1234."""
    return _masked(number, first=_SHOWN_FIRST, last=_SHOWN_LAST)


def mask_account(account: str) -> str:
    """An account as pages show it: its last four signs. 6222020000001234 is ****1234."""
    if not account:
        return ""
    return f"****{account[-_SHOWN_LAST:]}" if len(account) > _SHOWN_LAST else "****"


def mask_mail(address: str) -> str:
    """A mail address as pages show it: z***@example.org."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}***{at}{host}" if at else _masked(address, first=1, last=0)


def mask_contact(contact: str) -> str:
    """A phone number as pages show it, 138****1234; a mail address as such; other words starred."""
    if "@" in contact:
        return mask_mail(contact)
    digits = "".join(contact.split()).replace("-", "")
    if digits.isdecimal() and len(digits) == _PHONE_DIGITS:
        return _masked(digits, first=_SHOWN_FIRST, last=_SHOWN_LAST)
    return _masked(contact, first=1, last=0)


def _masked(text: str, *, first: int, last: int) -> str:
    """Stars for all but a few; a text too short to hide anything becomes all stars."""
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]
