"""Evidence (section 8): the Merkle tree, range proofs, and what a set of statements says. No decryption key is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from octets import Refused
from primitives import sha256
from structures import EMPTY_ROOT, RECOVERY, SEAL, Statement

MAX_PROOF = 48


# --- tree ---------------------------------------------------------------------------------------------------------------

def leaf_hash(stored_chunk: bytes) -> bytes:
    return sha256(b"\0", stored_chunk)


def _inner(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1", left, right)


class TreeBuilder:
    """Roots of a growing tree; holds one hash for each 1 bit of the number of leaves."""

    def __init__(self) -> None:
        self.count = 0
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        size = 1
        while self._subtrees and self._subtrees[-1][0] == size:
            leaf = _inner(self._subtrees.pop()[1], leaf)
            size *= 2
        self._subtrees.append((size, leaf))
        self.count += 1

    def root(self) -> bytes:
        if not self._subtrees:
            return EMPTY_ROOT
        root = self._subtrees[-1][1]
        for _, subtree in reversed(self._subtrees[:-1]):
            root = _inner(subtree, root)
        return root


def tree_root(leaves: list[bytes]) -> bytes:
    builder = TreeBuilder()
    for leaf in leaves:
        builder.add(leaf)
    return builder.root()


# --- range proofs -------------------------------------------------------------------------------------------------------

def _split(lo: int, hi: int) -> int:
    """lo + the largest power of two below hi - lo."""
    return lo + (1 << (hi - lo - 1).bit_length() - 1)


def range_proof(leaves: list[bytes], first: int, end: int) -> list[bytes]:
    proof: list[bytes] = []

    def walk(lo: int, hi: int) -> None:
        if hi <= first or end <= lo:
            proof.append(tree_root(leaves[lo:hi]))
        elif not (first <= lo and hi <= end):
            middle = _split(lo, hi)
            walk(lo, middle)
            walk(middle, hi)

    if not 0 <= first < end <= len(leaves):
        raise ValueError("a range proof needs 0 <= first < end <= count")
    walk(0, len(leaves))
    return proof


def root_of_range(count: int, first: int, range_leaves: list[bytes], proof: list[bytes]) -> bytes:
    """The root that the leaves from `first` on and the proof lead to; the caller compares it."""
    end = first + len(range_leaves)
    if not 0 <= first < end <= count:
        raise Refused("a range proof's range is empty or beyond the tree")
    if len(proof) > MAX_PROOF:
        raise Refused("a range proof has more than 48 hashes")
    rest = list(proof)

    def walk(lo: int, hi: int) -> bytes:
        if hi <= first or end <= lo:
            if not rest:
                raise Refused("a range proof is too short")
            return rest.pop(0)
        if first <= lo and hi <= end:
            return tree_root(range_leaves[lo - first:hi - first])
        middle = _split(lo, hi)
        left = walk(lo, middle)
        return _inner(left, walk(middle, hi))

    root = walk(0, count)
    if rest:
        raise Refused("a range proof is too long")
    return root


# --- what the statements say --------------------------------------------------------------------------------------------

@dataclass
class Assessment:
    seal: Statement | None = None           # of several the longest
    recovery: Statement | None = None       # the single one that stands
    newest: Statement | None = None
    forked: bool = False
    accepted: list[Statement] = field(default_factory=list)    # live ones, and the recovery that stands: those that count
    findings: list[str] = field(default_factory=list)

    def covered(self, roots: Mapping[int, bytes]) -> int:
        """m of section 13: chunks from the first on under a statement that agrees with the chunks at hand."""
        return max((s.count for s in self.accepted if roots.get(s.count) == s.root), default=0)

    def signed(self, roots: Mapping[int, bytes]) -> int:
        return max((s.count for s in self.accepted if s.live and roots.get(s.count) == s.root), default=0)

    def differing(self, roots: Mapping[int, bytes]) -> list[int]:
        return sorted(s.count for s in self.accepted if s.count in roots and roots[s.count] != s.root)

    def claimed(self) -> int:
        return max((s.count for s in self.accepted), default=0)


def _said(statement: Statement) -> bytes:
    """A second signature of the same bytes says nothing new."""
    return statement.raw[:160]


def _conflicting(statements: list[Statement], roots: Mapping[int, bytes]) -> bool:
    """Whether any two of the statements conflict. `roots`: count -> root of that prefix, as far as there are chunks.

    Not pair by pair: a hostile file could hold enough statements for that to take hours.
    """
    if len({s.opening_hash for s in statements}) > 1:
        return True
    if len({(s.count, s.root) for s in statements}) > len({s.count for s in statements}):
        return True
    seals = [s for s in statements if s.type == SEAL]
    if len({_said(s) for s in seals}) > 1:
        return True
    if seals and any(s.count > seals[0].count for s in statements):
        return True
    # "The larger one's chunks" are known if the chunks at hand have its root.
    known = max((s.count for s in statements if roots.get(s.count) == s.root), default=0)
    return any(s.count < known and roots[s.count] != s.root for s in statements)


def assess(statements: list[Statement], roots: Mapping[int, bytes]) -> Assessment:
    """`statements` have valid signatures and are of one recording."""
    result = Assessment()
    live = [s for s in statements if s.live]
    recoveries = {_said(s): s for s in statements if s.type == RECOVERY}
    result.accepted = list(live)
    result.seal = max((s for s in live if s.type == SEAL), key=lambda s: (s.count, s.time, s.raw), default=None)
    result.forked = _conflicting(live, roots)
    if result.forked:
        result.findings.append("live statements conflict: two writer lives used one signing key")
    live_count = max((s.count for s in live), default=-1)
    result.newest = result.seal or next((s for s in live if s.count == live_count), None)

    standing: list[Statement] = []
    for recovery in recoveries.values():
        # With a fork among the live ones everything would seem to conflict, so the recovery is held against each alone.
        if any(_conflicting([recovery, s], roots) for s in live):
            result.findings.append(f"a recovery of count {recovery.count} conflicts with a live statement")
        elif result.seal is None and recovery.count >= live_count:
            standing.append(recovery)
    if len(standing) > 1:
        result.findings.append("two different recoveries")
    elif standing:
        result.recovery = result.newest = standing[0]
        result.accepted.append(standing[0])
    return result
