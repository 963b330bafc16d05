"""The Merkle tree of RFC 9162 over leaf hashes: root, path of a leaf, and the check of a path."""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of a list of leaf hashes; the empty list has SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Inclusion path of leaf `index`, from the leaf up (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} among {len(leaves)}")
    found: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            found.append(level[sibling])
        level = _above(level)
        index //= 2
    return found


def paths(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The inclusion path of every leaf; each node of the tree is computed once."""
    found: list[list[bytes]] = [[] for _ in leaves]
    level, places = list(leaves), list(range(len(leaves)))
    while len(level) > 1:
        for way, place in zip(found, places, strict=True):
            sibling = place ^ 1
            if sibling < len(level):
                way.append(level[sibling])
        level, places = _above(level), [place // 2 for place in places]
    return found


def includes(leaf: bytes, index: int, size: int, way: Sequence[bytes], top: bytes) -> bool:
    """Check an inclusion path (RFC 9162, 2.1.3.2). `leaf` is a leaf hash."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES or len(top) != HASH_BYTES:
        return False
    fn, sn, current = index, size - 1, leaf
    for step in way:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = node_hash(step, current)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == top


def _above(level: list[bytes]) -> list[bytes]:
    """The next level of the tree; a last node without a sibling moves up as it is."""
    paired = [node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
    return paired + ([level[-1]] if len(level) % 2 else [])
