"""DRAW/1: from a frozen manifest, opened commitments and two VRF outputs to ranked agencies.

The result is a pure function of the transcript, so anyone can hold the draw again
(参考价16 three agencies and their order; 参考价34 the course is kept as fixed data).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import msgspec

from auction.kernel.canonical import canon
from valuation import vrf

VERSION = "DRAW/1"
NONCE_BYTES = 32
CONTRIBUTORS_MAX = 64
KEYS_MIN = 2
_WORD = 2**64
_HEX64 = re.compile("[0-9a-f]{64}")


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The published roster that the pool was taken from."""

    name: str
    version: str
    sha256: str


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agency of the pool, by its 统一社会信用代码."""

    uscc: str
    name: str


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The registered VRF key of one institution."""

    role: str
    pk: str


class BeaconChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A round of a public beacon, fixed before any commitment."""

    chain: str
    round: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is drawn from what. It holds no free bits, so nobody can grind it."""

    v: str
    court: str
    case: str
    asset: str
    purpose: str
    attempt: int
    draw_no: int
    k: int
    pool_src: Source
    pool: tuple[Member, ...]
    vrf: tuple[Key, ...]
    beacon: BeaconChoice | None


class Contribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one contributor committed to, and what he revealed; null when he withheld."""

    who: str
    commit: str
    reveal: str | None


class BeaconPulse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pulse that the chosen round gave."""

    round: int
    sig: str


class Transcript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole course of a draw, as it is published."""

    manifest: Manifest
    contrib: tuple[Contribution, ...]
    proofs: tuple[str, ...]
    beacon: BeaconPulse | None
    seed: str
    result: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a draw comes to."""

    seed: bytes
    ranked: tuple[str, ...]
    """统一社会信用代码 of the drawn agencies, in order."""


def manifest_bytes(manifest: Manifest) -> bytes:
    """The canonical bytes that `draw_id` is the digest of."""
    return canon(msgspec.to_builtins(manifest))


def draw_id(manifest: Manifest) -> bytes:
    """Name the draw by everything that was decided before it."""
    return _tagged("id", manifest_bytes(manifest))


def commitment(draw: bytes, who: str, nonce: bytes) -> bytes:
    """What a contributor publishes first. `who` is in it, so a copy cannot be opened."""
    return _tagged("commit", draw, who.encode(), nonce)


def opens(draw: bytes, contribution: Contribution) -> bool:
    """Whether the revealed nonce is the one that was committed to."""
    return bool(_nonce(draw, contribution))


def alpha(draw: bytes, contributions: Sequence[Contribution]) -> bytes:
    """The input of both VRFs: fixed once the reveals are closed, unknown before."""
    parts = [len(contributions).to_bytes(4, "big")]
    for contribution in sorted(contributions, key=lambda one: one.who.encode()):
        commit = bytes.fromhex(contribution.commit)
        parts += [contribution.who.encode(), commit, _nonce(draw, contribution)]
    return _tagged("alpha", draw, *parts)


def result(manifest: Manifest, at: bytes, outputs: Sequence[bytes], pulse: bytes = b"") -> Outcome:
    """Rank the agencies from the VRF input `at`, the VRF outputs and the beacon's pulse."""
    seed = _tagged("seed", draw_id(manifest), at, *outputs, pulse)
    words = stream(seed)
    pool = sorted(member.uscc for member in manifest.pool)
    for place in range(manifest.k):
        chosen = place + uniform(words, len(pool) - place)
        pool[place], pool[chosen] = pool[chosen], pool[place]
    return Outcome(seed, tuple(pool[: manifest.k]))


def stream(seed: bytes) -> Iterator[int]:
    """Endless 64-bit words from the seed."""
    blocks = (
        hmac.digest(seed, b"DRAW/1/stream" + number.to_bytes(8, "big"), "sha256")
        for number in count()
    )
    return (
        int.from_bytes(block[start : start + 8], "big")
        for block in blocks
        for start in range(0, len(block), 8)
    )


def uniform(words: Iterator[int], n: int) -> int:
    """A number below n, each equally likely: words past the last whole multiple are thrown away."""
    limit = _WORD - _WORD % n
    return next(word for word in words if word < limit) % n


def manifest_faults(manifest: Manifest) -> list[str]:
    """Everything that would leave a free bit or make the draw meaningless; empty when sound."""
    codes = [member.uscc for member in manifest.pool]
    keys = [key.pk for key in manifest.vrf]
    faults = {
        "v": manifest.v == VERSION,
        "text": all(_is_plain(text) for text in _texts(manifest)),
        "attempt": 1 <= manifest.attempt < 2**53,
        "draw_no": 1 <= manifest.draw_no < 2**53,
        "k": 1 <= manifest.k <= len(codes),
        "pool": all(a.encode() < b.encode() for a, b in pairwise(codes)),
        "pool_src": bool(_HEX64.fullmatch(manifest.pool_src.sha256)),
        "vrf": len(keys) >= KEYS_MIN
        and len(set(keys)) == len(keys)
        and len({key.role for key in manifest.vrf}) == len(keys)
        and all(_HEX64.fullmatch(key) for key in keys),
        "beacon": manifest.beacon is None or 0 < manifest.beacon.round < 2**53,
    }
    return [part for part, holds in faults.items() if not holds]


def contribution_faults(contributions: Sequence[Contribution]) -> list[str]:
    """Whoever stands out of order, twice, or with something that is no digest."""
    names = [contribution.who.encode() for contribution in contributions]
    faults = {
        "count": len(names) <= CONTRIBUTORS_MAX,
        "who": all(_is_plain(contribution.who) for contribution in contributions),
        "order": all(a < b for a, b in pairwise(names)),
        "commit": all(_HEX64.fullmatch(one.commit) for one in contributions),
        "reveal": all(one.reveal is None or _HEX64.fullmatch(one.reveal) for one in contributions),
    }
    return [part for part, holds in faults.items() if not holds]


def outputs(manifest: Manifest, proofs: Sequence[str], at: bytes) -> list[bytes | None]:
    """The verified VRF output of each key in the manifest's order; None where it proves nothing."""
    if len(proofs) != len(manifest.vrf):
        return [None] * len(manifest.vrf)
    return [
        vrf.verify(bytes.fromhex(key.pk), _proof(proof), at)
        for key, proof in zip(manifest.vrf, proofs, strict=True)
    ]


def read_transcript(content: bytes | str | Mapping[str, object]) -> Transcript:
    """Read a published transcript; raise ValueError when it is laid out otherwise."""
    try:
        if isinstance(content, bytes | str):
            return msgspec.json.decode(content, type=Transcript)
        return msgspec.convert(content, Transcript)
    except msgspec.MsgspecError as wrong:
        raise ValueError(str(wrong)) from wrong


def _proof(text: str) -> bytes:
    is_hex = re.fullmatch("[0-9a-f]{160}", text)
    return bytes.fromhex(text) if is_hex else b""


def _nonce(draw: bytes, contribution: Contribution) -> bytes:
    """The revealed nonce; nothing when it was withheld or does not open the commitment."""
    if contribution.reveal is None or not _HEX64.fullmatch(contribution.reveal):
        return b""
    nonce = bytes.fromhex(contribution.reveal)
    made = commitment(draw, contribution.who, nonce).hex()
    return nonce if made == contribution.commit else b""


def _texts(manifest: Manifest) -> list[str]:
    texts = [manifest.court, manifest.case, manifest.asset, manifest.purpose]
    texts += [manifest.pool_src.name, manifest.pool_src.version]
    texts += [text for member in manifest.pool for text in (member.uscc, member.name)]
    return texts + [key.role for key in manifest.vrf]


def _is_plain(text: str) -> bool:
    """Text that has exactly one form in bytes."""
    has_surrogate = any("\ud800" <= letter <= "\udfff" for letter in text)
    return bool(text) and not has_surrogate and unicodedata.is_normalized("NFC", text)


def _tagged(tag: str, *parts: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (f"{VERSION}/{tag}".encode(), *parts):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()
