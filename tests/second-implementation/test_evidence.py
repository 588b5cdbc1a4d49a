"""The tree, range proofs, statements alone and statements together."""

from __future__ import annotations

import unittest

from evidence import TreeBuilder, assess, leaf_hash, range_proof, root_of_range, tree_root
from octets import Refused
from primitives import ZEROS32, sha256
from structures import CHECKPOINT, EMPTY_ROOT, RECOVERY, RESTART, SEAL, Statement, parse_statement, write_statement


def leaves(count: int, life: str = "") -> list[bytes]:
    return [leaf_hash(f"{life}{i}".encode()) for i in range(count)]


class Tree(unittest.TestCase):
    def test_known_roots(self) -> None:
        """The leaves of the reference tests of Certificate Transparency, whose tree is the same."""
        data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        hashes = [leaf_hash(bytes.fromhex(text)) for text in data]
        self.assertEqual(tree_root([]).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        self.assertEqual(tree_root(hashes[:1]).hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        self.assertEqual(tree_root(hashes).hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")

    def test_the_builder_agrees_with_the_definition(self) -> None:
        def by_definition(hashes: list[bytes]) -> bytes:
            if len(hashes) == 1:
                return hashes[0]
            k = 1
            while 2 * k < len(hashes):
                k *= 2
            return sha256(b"\1", by_definition(hashes[:k]), by_definition(hashes[k:]))

        builder = TreeBuilder()
        for count, leaf in enumerate(leaves(70), start=1):
            builder.add(leaf)
            self.assertEqual(builder.root(), by_definition(leaves(count)))


class RangeProofs(unittest.TestCase):
    def test_every_range_up_to_33_leaves(self) -> None:
        for count in range(1, 34):
            hashes = leaves(count)
            root = tree_root(hashes)
            for first in range(count):
                for end in range(first + 1, count + 1):
                    proof = range_proof(hashes, first, end)
                    inside = hashes[first:end]
                    self.assertEqual(root_of_range(count, first, inside, proof), root)
                    with self.assertRaises(Refused):
                        root_of_range(count, first, inside, proof + [ZEROS32])
                    if proof:
                        with self.assertRaises(Refused):
                            root_of_range(count, first, inside, proof[:-1])
                        self.assertNotEqual(root_of_range(count, first, inside, [ZEROS32] + proof[1:]), root)
                    self.assertNotEqual(root_of_range(count, first, [ZEROS32] + inside[1:], proof), root)

    def test_the_longest_proof_has_at_most_48_hashes(self) -> None:
        def length(lo: int, hi: int, first: int, end: int) -> int:
            if hi <= first or end <= lo:
                return 1
            if first <= lo and hi <= end:
                return 0
            middle = lo + (1 << (hi - lo - 1).bit_length() - 1)
            return length(lo, middle, first, end) + length(middle, hi, first, end)

        count = 4**12
        longest = max(length(0, n, a, b) for n in (count, count - 1)
                      for a, b in ((1, n - 1), (n // 2 - 1, n // 2 + 1), (1, 2)))
        self.assertEqual(longest, 46)

    def test_ranges_that_are_not_in_the_tree_are_refused(self) -> None:
        hashes = leaves(4)
        for first, inside in ((0, []), (3, hashes[:2]), (4, hashes[:1])):
            with self.assertRaisesRegex(Refused, "beyond"):
                root_of_range(4, first, inside, [])
        with self.assertRaisesRegex(Refused, "more than 48"):
            root_of_range(4, 0, hashes, [ZEROS32] * 49)


def statement(type_: int, count: int, root: bytes, live: int | None = None, opening: bytes = ZEROS32,
              time: int = 0) -> Statement:
    reason = {CHECKPOINT: 0, SEAL: 1, RECOVERY: RESTART}[type_]
    closing = b"c" * 32 if type_ == SEAL else ZEROS32
    return parse_statement(write_statement(type_, ZEROS32, opening, count, count if live is None else live, root, time,
                                           reason, closing) + bytes(64))


class Statements(unittest.TestCase):
    def test_combinations_that_are_not_in_the_table_are_refused(self) -> None:
        good = [(CHECKPOINT, 5, 5, 0, ZEROS32), (SEAL, 5, 5, 1, b"c" * 32), (SEAL, 5, 5, 4, b"c" * 32),
                (RECOVERY, 5, 3, 16, ZEROS32), (RECOVERY, 5, 5, 16, ZEROS32)]
        wrong = [(CHECKPOINT, 5, 4, 0, ZEROS32), (CHECKPOINT, 5, 5, 1, ZEROS32), (CHECKPOINT, 5, 5, 0, b"c" * 32),
                 (SEAL, 5, 4, 1, b"c" * 32), (SEAL, 5, 5, 0, b"c" * 32), (SEAL, 5, 5, 5, b"c" * 32),
                 (SEAL, 5, 5, 16, b"c" * 32), (SEAL, 5, 5, 1, ZEROS32), (RECOVERY, 5, 6, 16, ZEROS32),
                 (RECOVERY, 5, 5, 1, ZEROS32), (RECOVERY, 5, 5, 0, ZEROS32), (RECOVERY, 5, 5, 16, b"c" * 32),
                 (0, 5, 5, 0, ZEROS32), (4, 5, 5, 0, ZEROS32), (CHECKPOINT, 4**12 + 1, 4**12 + 1, 0, ZEROS32)]
        for type_, count, live, reason, closing in good + wrong:
            raw = write_statement(type_, ZEROS32, ZEROS32, count, live, ZEROS32, 0, reason, closing) + bytes(64)
            if (type_, count, live, reason, closing) in good:
                parse_statement(raw)
            else:
                with self.assertRaises(Refused):
                    parse_statement(raw)
        with self.assertRaises(Refused):
            statement(CHECKPOINT, 0, ZEROS32)
        statement(CHECKPOINT, 0, EMPTY_ROOT)


class Together(unittest.TestCase):
    """Statements over 10 chunks of a recording, and over those of another life of it."""

    def setUp(self) -> None:
        self.roots = {n: tree_root(leaves(n)) for n in range(11)}
        self.other = {n: tree_root(leaves(n, "other")) for n in range(20)}
        self.start = statement(CHECKPOINT, 0, EMPTY_ROOT)

    def at(self, type_: int, count: int, live: int | None = None, time: int = 0) -> Statement:
        return statement(type_, count, self.roots[count], live, time=time)

    def test_a_seal_is_the_newest(self) -> None:
        seal = self.at(SEAL, 10)
        found = assess([self.start, self.at(CHECKPOINT, 8), seal, self.at(CHECKPOINT, 10)], self.roots)
        self.assertFalse(found.forked)
        self.assertEqual((found.seal, found.newest, found.findings), (seal, seal, []))
        self.assertEqual((found.covered(self.roots), found.signed(self.roots), found.claimed()), (10, 10, 10))

    def test_forks(self) -> None:
        for name, pair in {
            "equal counts": [self.at(CHECKPOINT, 5), statement(CHECKPOINT, 5, self.other[5])],
            "two seals": [self.at(SEAL, 5), self.at(SEAL, 5, time=1)],
            "two seals of different counts": [self.at(SEAL, 5), self.at(SEAL, 6)],
            "checkpoint beyond a seal": [self.at(SEAL, 5), self.at(CHECKPOINT, 6)],
            "checkpoint of other chunks beyond a seal": [self.at(SEAL, 5), statement(CHECKPOINT, 15, self.other[15])],
            "not a prefix": [statement(CHECKPOINT, 4, self.other[4]), self.at(CHECKPOINT, 9)],
            "opening records": [self.at(CHECKPOINT, 4), statement(CHECKPOINT, 5, self.roots[5], opening=b"o" * 32)],
        }.items():
            for order in (pair, pair[::-1]):
                found = assess([self.start, *order] if name != "opening records" else order, self.roots)
                self.assertTrue(found.forked, name)
                self.assertEqual(len(found.findings), 1)

    def test_a_root_of_other_chunks_alone_is_no_fork(self) -> None:
        found = assess([self.start, self.at(CHECKPOINT, 4), statement(CHECKPOINT, 9, self.other[9])], self.roots)
        self.assertFalse(found.forked)
        self.assertEqual((found.covered(self.roots), found.claimed()), (4, 9))

    def test_the_same_statement_twice_is_no_fork(self) -> None:
        seal = self.at(SEAL, 5)
        self.assertFalse(assess([self.start, seal, seal], self.roots).forked)

    def test_a_recovery_above_the_live_statements_stands(self) -> None:
        recovery = self.at(RECOVERY, 9, 4)
        found = assess([self.start, self.at(CHECKPOINT, 4), recovery, recovery], self.roots)
        self.assertEqual((found.recovery, found.newest, found.findings), (recovery, recovery, []))
        self.assertEqual((found.covered(self.roots), found.signed(self.roots)), (9, 4))

    def test_a_recovery_of_the_highest_live_count_stands(self) -> None:
        for count in (0, 9):
            recovery = self.at(RECOVERY, count)
            found = assess([recovery, self.start, self.at(CHECKPOINT, count)], self.roots)
            self.assertEqual((found.recovery, found.newest, found.findings), (recovery, recovery, []))
            self.assertEqual((found.covered(self.roots), found.signed(self.roots)), (count, count))

    def test_recoveries_that_are_ignored(self) -> None:
        for live in (self.at(SEAL, 9), self.at(CHECKPOINT, 10), self.at(SEAL, 10)):
            found = assess([self.start, live, self.at(RECOVERY, 9, 4)], self.roots)
            self.assertEqual((found.recovery, found.newest, found.findings, found.forked), (None, live, [], False))

    def test_a_recovery_that_conflicts_is_a_finding_only(self) -> None:
        live = self.at(CHECKPOINT, 6)
        for recovery in (statement(RECOVERY, 6, self.other[6], 0), statement(RECOVERY, 4, self.other[4], 0),
                         statement(RECOVERY, 9, self.roots[9], 0, opening=b"o" * 32)):
            found = assess([self.start, live, recovery], self.roots)
            self.assertEqual((found.recovery, found.newest, found.forked, len(found.findings)), (None, live, False, 1))
        beyond = assess([self.start, self.at(SEAL, 5), self.at(RECOVERY, 9, 4)], self.roots)
        self.assertEqual((beyond.recovery, beyond.forked, len(beyond.findings)), (None, False, 1))

    def test_two_recoveries_leave_it_open(self) -> None:
        found = assess([self.start, self.at(RECOVERY, 8, 0), self.at(RECOVERY, 9, 0)], self.roots)
        self.assertEqual((found.recovery, found.newest, found.findings), (None, self.start, ["two different recoveries"]))
        live = self.at(CHECKPOINT, 8)
        found = assess([live, self.at(RECOVERY, 8, 8), self.at(RECOVERY, 9, 8)], self.roots)
        self.assertEqual((found.recovery, found.newest, found.findings), (None, live, ["two different recoveries"]))
