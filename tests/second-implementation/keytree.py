"""The key schedule (section 4): what is derived from a recording's secret, and the tree of chunk keys."""

from __future__ import annotations

from dataclasses import dataclass

from octets import Refused
from primitives import hkdf_expand, hkdf_extract, sha256

LEVELS = 12
CHUNKS = 4 ** LEVELS


def extract(secret: bytes) -> bytes:
    return hkdf_extract(b"zkc1", secret)


def control_key(prk: bytes, header_start: bytes) -> bytes:
    """`header_start` is bytes 0 to 75 of the header."""
    return hkdf_expand(prk, b"zkc1 control" + header_start, 32)


def commitment(control: bytes) -> bytes:
    return sha256(b"zkc1 commitment", control)


def opening_key(prk: bytes, core_id: bytes) -> bytes:
    return hkdf_expand(prk, b"zkc1 opening" + core_id, 32)


def closing_key(prk: bytes, core_id: bytes) -> bytes:
    return hkdf_expand(prk, b"zkc1 closing" + core_id, 32)


def tree_root(prk: bytes, core_id: bytes) -> bytes:
    return hkdf_expand(prk, b"zkc1 tree" + core_id, 32)


def envelope_mac_key(control: bytes, core_id: bytes) -> bytes:
    return hkdf_expand(control, b"zkc1 envelope mac" + core_id, 32)


def child(node: bytes, level: int, digit: int) -> bytes:
    """Child `digit` (0 to 3) of a node of the level `level`."""
    return hkdf_expand(node, b"zkc1 node" + bytes([level]), 128)[32 * digit:32 * digit + 32]


@dataclass(frozen=True)
class Node:
    level: int
    index: int
    key: bytes

    @property
    def first(self) -> int:
        return self.index * 4 ** (LEVELS - self.level)

    @property
    def end(self) -> int:
        return (self.index + 1) * 4 ** (LEVELS - self.level)


class KeyTree:
    """Chunk keys from the nodes that are held; a chunk under none of them has no key."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = {(node.level, node.index): node.key for node in nodes}

    def node(self, level: int, index: int) -> bytes | None:
        for held in range(level, -1, -1):
            key = self._nodes.get((held, index >> 2 * (level - held)))
            if key is not None:
                for below in range(held, level):
                    key = child(key, below, index >> 2 * (level - below - 1) & 3)
                return key
        return None

    def chunk_key(self, chunk: int) -> bytes | None:
        return self.node(LEVELS, chunk)


def check_nodes(nodes: list[Node]) -> None:
    """Order, disjointness and minimality of section 9."""
    end = 0
    for i, node in enumerate(nodes):
        if node.level > LEVELS or node.index >= 4 ** node.level:
            raise Refused("a node is not in the tree")
        if node.first < end:
            raise Refused("nodes are not ascending and disjoint")
        end = node.end
        # Disjoint and ascending, four siblings can only stand next to each other.
        four = nodes[i:i + 4]
        if node.level > 0 and node.index % 4 == 0 and [(n.level, n.index) for n in four] == [
                (node.level, node.index + j) for j in range(4)]:
            raise Refused("four siblings stand where their parent belongs")


def cover(first: int, end: int, level: int = 0, index: int = 0) -> list[tuple[int, int]]:
    """The (level, index) of the smallest set of nodes that covers exactly the chunks [first, end)."""
    start, stop = index * 4 ** (LEVELS - level), (index + 1) * 4 ** (LEVELS - level)
    if end <= start or stop <= first:
        return []
    if first <= start and stop <= end:
        return [(level, index)]
    return [node for digit in range(4) for node in cover(first, end, level + 1, 4 * index + digit)]
