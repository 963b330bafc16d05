"""The Merkle tree of RFC 9162 over leaf hashes: root, path of a leaf, and the check of a path."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

NodeT = TypeVar("NodeT")

HASH_BYTES = 32

Tree = Sequence[Sequence[bytes]]
"""Its levels, from the leaf hashes up to the root alone."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(leaves: Sequence[bytes]) -> Tree:
    """The tree over at least one leaf hash; each node of it is computed once."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    return levels


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of a list of leaf hashes; the empty list has SHA-256 of nothing."""
    return grow(leaves)[-1][0] if leaves else hashlib.sha256(b"").digest()


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


def paths(levels: Sequence[Sequence[NodeT]]) -> list[tuple[NodeT, ...]]:
    """The inclusion path of every leaf of a tree that was grown, however its nodes are written."""
    ways: list[tuple[NodeT, ...]] = [()]
    for level in reversed(levels[:-1]):
        ways = [
            (level[place ^ 1], *ways[place >> 1]) if place ^ 1 < len(level) else ways[place >> 1]
            for place in range(len(level))
        ]
    return ways


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
