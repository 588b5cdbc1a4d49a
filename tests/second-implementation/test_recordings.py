"""Whole recordings: written and read again in both suites, tampered with, cut, forked, and by the command line."""

from __future__ import annotations

import contextlib
import io
import json
import random
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable

import keyfiles
import zkc1
from hpke import P256, XWING, Identity
from keyfiles import TrustList
from metadata import ClosingRecord, OpeningRecord
from octets import Refused
from primitives import AEGIS, AES, OVERHEAD, SigningKey
from reading import Recording, State, decrypt, verify
from scenarios import PCMA, call, formats
from structures import (BLOCK_CHUNK, BLOCK_STATEMENT, COMPLETED, HEADER_SIZE, STATEMENT_SIZE, NotVerified,
                        parse_container, write_block)
from writing import Composer, Writer

BEGUN = 1_767_258_000_000


def trust_list(gateway: SigningKey, end: str = "2030-01-01T00:00:00Z") -> TrustList:
    key = keyfiles.encode_key(keyfiles.GATEWAY, gateway.public)
    return TrustList(f"{key} 2025-01-01T00:00:00Z {end} test\n".encode())


class Sample:
    """A recording of four chunks of 256 bytes, with a checkpoint after the second, and what is needed to read it."""

    def __init__(self, suite: int, end: Callable[[Writer], None] | None = None, chunks: int = 4) -> None:
        self.suite, self.gateway = suite, SigningKey()
        self.identities = [Identity(XWING, SigningKey().seed), Identity(XWING, SigningKey().seed)]
        self.recipients = [identity.public for identity in self.identities]
        self.trust = trust_list(self.gateway)
        self.writer = Writer(suite, self.gateway, 20, 256, BEGUN, OpeningRecord("call", BEGUN))
        composer = Composer(formats(PCMA, legs=("a", "b")))
        for t, frames in call(random.Random(5), chunks, tick=20, size=20):
            self.writer.chunk(composer.payload(t, frames, 0))
            if t == 1:
                self.writer.checkpoint(BEGUN)
        (end or self.sealed)(self.writer)
        self.container = self.writer.container()
        self.envelope = self.writer.envelope(self.recipients)

    @staticmethod
    def sealed(writer: Writer) -> None:
        writer.seal(ClosingRecord(BEGUN + 80, COMPLETED, 2 * writer.chunks))

    def blocks(self) -> tuple[bytes, list[bytes]]:
        """What stands before the blocks, and each block."""
        start = HEADER_SIZE + 4096 + OVERHEAD[self.suite] + STATEMENT_SIZE
        rest, blocks = self.container[start:], []
        while rest:
            size = 5 + int.from_bytes(rest[1:5], "big")
            blocks.append(rest[:size])
            rest = rest[size:]
        return self.container[:start], blocks

    def read(self, container: bytes | None = None, envelope: bytes | None = None, who: int = 0) -> Recording:
        return decrypt(self.container if container is None else container,
                       self.envelope if envelope is None else envelope, [self.identities[who]], self.trust)

    def verify(self, container: bytes | None = None) -> Recording:
        return verify(self.container if container is None else container, self.trust)


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1:]


class BothSuites(unittest.TestCase):
    def each(self, end: Callable[[Writer], None] | None = None) -> Any:
        for suite in (AES, AEGIS):
            with self.subTest(suite=suite):
                yield Sample(suite, end)


class Tampering(BothSuites):
    def test_a_changed_byte_of_the_container_is_noticed(self) -> None:
        for sample in self.each():
            whole = sample.read()
            self.assertEqual((whole.state, whole.findings, len(whole.media)), (State.Complete, [], 8))
            for at in range(len(sample.container)):
                changed = flipped(sample.container, at, at % 8)
                try:
                    found = sample.read(changed)
                except (Refused, NotVerified):
                    continue
                self.assertTrue(found.findings, f"byte {at}")
                # Only a checkpoint that another statement makes unnecessary may be lost without changing the state.
                if found.state == State.Complete:
                    self.assertRegex(found.findings[0], "^statement [01]:")
                self.assertLessEqual(set(found.media), set(whole.media))

    def test_a_changed_byte_is_noticed_without_a_key(self) -> None:
        for sample in self.each():
            for at in range(0, len(sample.container), 7):
                try:
                    found = sample.verify(flipped(sample.container, at, at % 8))
                except (Refused, NotVerified):
                    continue
                self.assertTrue(found.findings, f"byte {at}")

    def test_a_changed_byte_of_the_envelope_is_noticed(self) -> None:
        for sample in self.each():
            for at in range(len(sample.envelope)):
                with self.assertRaises((Refused, NotVerified), msg=f"byte {at}"):
                    sample.read(envelope=flipped(sample.envelope, at, at % 8))

    def test_a_cut_or_longer_envelope_is_refused(self) -> None:
        sample = Sample(AES)
        for size in range(0, len(sample.envelope), 11):
            with self.assertRaises(Refused):
                sample.read(envelope=sample.envelope[:size])
        with self.assertRaises(Refused):
            sample.read(envelope=sample.envelope + b"\0")

    def test_every_prefix_is_refused_or_open(self) -> None:
        for sample in self.each():
            start, blocks = sample.blocks()
            ends = [len(start)]
            for block in blocks:
                ends.append(ends[-1] + len(block))
            for size in range(len(sample.container)):
                prefix = sample.container[:size]
                if size < len(start):
                    with self.assertRaises(Refused):
                        sample.verify(prefix)
                    continue
                found = sample.verify(prefix)
                self.assertEqual(found.state, State.Open)
                # After the closing record the seal is missing.
                self.assertEqual(bool(found.findings), size not in ends or size == ends[-2], f"{size} bytes")

    def test_a_chunk_from_elsewhere_is_named(self) -> None:
        for sample in self.each():
            start, (one, two, checkpoint, three, four, closing, seal) = sample.blocks()
            other = Sample(sample.suite).blocks()[1]
            for name, blocks, bad in (
                    ("swapped", [two, one, checkpoint, three, four, closing, seal], [0, 1]),
                    ("twice", [one, one, checkpoint, three, four, closing, seal], [1]),
                    ("another recording's", [one, two, checkpoint, three, other[4], closing, seal], [3])):
                found = sample.read(start + b"".join(blocks))
                self.assertEqual(found.state, State.Corrupt, name)
                named = [i for i in range(4) if any(f.startswith(f"chunk {i}:") for f in found.findings)]
                self.assertEqual(named, bad, name)
                self.assertLessEqual({c.index for c in found.released}, {0, 1})
                self.assertEqual(sample.verify(start + b"".join(blocks)).state, State.Corrupt)


class States(BothSuites):
    def test_complete(self) -> None:
        for sample in self.each():
            for who in (0, 1):
                found = sample.read(who=who)
                self.assertEqual((found.state, found.chunks, found.verified, found.signed), (State.Complete, 4, 4, 4))
                self.assertEqual((found.opening.call_id, found.closing.frames), ("call", 8))
                self.assertEqual(found.seal_reason, "completed")
            found = sample.verify()
            self.assertEqual((found.state, found.chunks, found.verified, found.signed), (State.Complete, 4, 4, 4))
            self.assertIsNone(found.opening)

    def test_open(self) -> None:
        for sample in self.each(lambda writer: None):
            found = sample.read()
            self.assertEqual((found.state, found.chunks, found.verified, found.signed), (State.Open, 4, 4, 2))
            self.assertEqual([c.signed for c in found.released], [True, True, False, False])
            self.assertEqual((found.opening.call_id, found.closing), ("call", None))
            self.assertEqual(sample.verify().verified, 2)

    def test_recovered(self) -> None:
        for sample in self.each(lambda writer: writer.recovery(BEGUN)):
            found = sample.read()
            self.assertEqual((found.state, found.verified, found.signed), (State.Recovered, 4, 2))
            self.assertEqual([c.signed for c in found.released], [True, True, False, False])
            self.assertEqual(sample.verify().verified, 4)

    def test_a_recovery_needs_a_key_that_is_trusted_at_its_time(self) -> None:
        sample = Sample(AES, lambda writer: writer.recovery(BEGUN + 10**12))
        found = sample.read()
        self.assertEqual((found.state, len(found.findings)), (State.Open, 1))

    def test_truncated(self) -> None:
        for sample in self.each():
            start, (one, two, checkpoint, three, four, closing, seal) = sample.blocks()
            for found in (sample.read(start + one + two + checkpoint + three + closing + seal),
                          sample.verify(start + one + two + checkpoint + three + closing + seal)):
                self.assertEqual((found.state, found.chunks, found.signed), (State.Truncated, 3, 2))
            self.assertEqual([c.index for c in found.released], [])

    def test_trailing_data(self) -> None:
        def end(writer: Writer) -> None:
            Sample.sealed(writer)
            writer.chunk(Composer(formats(PCMA)).payload(99, [], 1000))

        for sample in self.each(end):
            start, blocks = sample.blocks()
            found = sample.read()
            self.assertEqual((found.state, found.chunks, found.corrupt, len(found.findings)), (State.Corrupt, 4, [], 1))
            moved = start + b"".join(blocks[:-3] + [blocks[-1]] + blocks[-3:-1])
            found = sample.read(moved)
            self.assertEqual((found.state, found.corrupt, [c.index for c in found.released]), (State.Corrupt, [4], [0, 1, 2, 3]))

    def test_forked(self) -> None:
        def end(writer: Writer) -> None:
            Sample.sealed(writer)
            writer.chunk(Composer(formats(PCMA)).payload(99, [], 1000))
            writer.checkpoint(BEGUN)

        for sample in self.each(end):
            start, blocks = sample.blocks()
            # The chunk of the other life is not in the file; its statement shows that there was one.
            found = sample.verify(start + b"".join(blocks[:-2] + blocks[-1:]))
            self.assertEqual((found.state, len(found.findings)), (State.Forked, 2))

    def test_all_open_and_the_root_differs(self) -> None:
        """Chunk 3 sealed a second time under its key: only the root can tell."""
        for sample in self.each():
            start, blocks = sample.blocks()
            writer = sample.writer
            del writer._out[1:]
            payload = sample.read().released[3].payload
            writer._roots.count = 3
            writer.chunk(payload)
            blocks[4] = writer._out[-1]
            found = sample.read(start + b"".join(blocks))
            self.assertEqual((found.state, found.verified, found.signed), (State.Corrupt, 2, 2))
            self.assertEqual(found.corrupt, [2, 3])
            self.assertEqual([c.index for c in found.released], [0, 1])

    def test_no_valid_statement(self) -> None:
        sample = Sample(AES, lambda writer: None, chunks=1)
        at = HEADER_SIZE + 4096 + 60 + 200
        self.assertEqual(sample.verify(flipped(sample.container, at)).state, State.NotVerified)
        found = sample.read(flipped(sample.container, at))
        self.assertEqual((found.state, found.signed, found.opening), (State.Open, 0, None))

    def test_an_untrusted_gateway(self) -> None:
        sample = Sample(AES)
        for trust in (trust_list(SigningKey()), trust_list(sample.gateway, "2026-01-01T09:00:00Z"), TrustList(b"")):
            with self.assertRaises(NotVerified):
                verify(sample.container, trust)
            with self.assertRaises(NotVerified):
                decrypt(sample.container, sample.envelope, sample.identities, trust)

    def test_a_statement_before_the_chunks_that_it_counts(self) -> None:
        sample = Sample(AES)
        start, (one, two, checkpoint, *rest) = sample.blocks()
        found = sample.read(start + one + checkpoint + two + b"".join(rest))
        self.assertEqual((found.state, found.corrupt, found.verified), (State.Corrupt, [], 4))

    def test_wrong_blocks_end_the_reading(self) -> None:
        sample = Sample(AES)
        start, (one, two, checkpoint, three, four, closing, seal) = sample.blocks()
        for blocks in ([one, two, b"\4" + two[1:]], [one, write_block(BLOCK_CHUNK, two[5:-1])],
                       [one, two, closing, checkpoint], [write_block(BLOCK_STATEMENT, checkpoint[5:] + b"\0")],
                       [closing, closing, seal], [closing, one], [one, two, closing, seal, closing, seal]):
            self.assertIsNotNone(parse_container(start + b"".join(blocks)).malformed)
        self.assertIsNotNone(parse_container(start[:-STATEMENT_SIZE] + seal[5:] + one).malformed)


class Envelopes(BothSuites):
    def test_no_matching_recipient(self) -> None:
        sample = Sample(AES)
        with self.assertRaisesRegex(NotVerified, "^none of the 2 recipients of this recording matches$"):
            decrypt(sample.container, sample.envelope, [Identity(XWING, bytes(32))], sample.trust)

    def test_an_envelope_of_another_recording(self) -> None:
        sample, other = Sample(AES), Sample(AES)
        with self.assertRaisesRegex(NotVerified, "is of another recording or suite"):
            decrypt(sample.container, other.envelope, other.identities, sample.trust)

    def test_part_erased(self) -> None:
        for sample in self.each():
            found = sample.read(envelope=sample.writer.envelope_without(1, 3, sample.recipients))
            self.assertEqual((found.state, found.no_key), (State.Complete, [1, 2]))
            self.assertEqual([c.index for c in found.released], [0, 3])
            self.assertEqual((found.opening.call_id, found.closing.frames), ("call", 8))

    def test_all_erased(self) -> None:
        for sample in self.each():
            found = sample.read(envelope=sample.writer.envelope_erased(sample.recipients))
            self.assertEqual((found.state, found.no_key, found.released), (State.Complete, [0, 1, 2, 3], []))
            self.assertIsNone(found.opening)

    def test_group(self) -> None:
        for sample in self.each():
            third = Identity(P256, SigningKey().seed)
            envelope = sample.writer.envelope([third.public], [(2, sample.recipients)])
            self.assertEqual(decrypt(sample.container, envelope, sample.identities, sample.trust).state, State.Complete)
            self.assertEqual(decrypt(sample.container, envelope, [third], sample.trust).state, State.Complete)
            with self.assertRaisesRegex(NotVerified, "none of the 2 recipients"):
                decrypt(sample.container, envelope, sample.identities[:1], sample.trust)
            for at in range(len(envelope)):
                with self.assertRaises((Refused, NotVerified)):
                    decrypt(sample.container, flipped(envelope, at, at % 8), sample.identities, sample.trust)

    def test_another_control_key_is_not_the_committed_one(self) -> None:
        sample = Sample(AES)
        sample.writer._control = bytes(32)
        with self.assertRaisesRegex(NotVerified, "commits"):
            sample.read(envelope=sample.writer.envelope_erased(sample.recipients))


class CommandLine(unittest.TestCase):
    def run_tool(self, *arguments: str) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            code = zkc1.main(list(arguments))
        return code, out.getvalue()

    def test_write_check_verify_decrypt(self) -> None:
        for suite in ("aes", "aegis"):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                self.assertEqual(self.run_tool("write", name, "--suite", suite, "--seed", "3")[0], 0)
                code, out = self.run_tool("check", name)
                self.assertRegex(out, "^[0-9]+ recordings, [0-9]{4,} frames compared, 0 different\n$")
                self.assertEqual(code, 0)

                trust = ("--trust", str(folder / "trust.txt"))
                for recording, want in json.loads((folder / "expected.json").read_text()).items():
                    code, out = self.run_tool("verify", str(folder / f"{recording}.zkc"), *trust)
                    self.assertEqual((code, json.loads(out)["state"]), (0, want["state"]))
                frames = folder / "out.jsonl"
                code, out = self.run_tool(
                    "decrypt", str(folder / "gaps.zkc"), "--envelope", str(folder / "gaps.zkenv"),
                    "--identity", str(folder / "identities.txt"), *trust, "--frames", str(frames))
                found = [json.loads(line) for line in frames.read_text().splitlines()]
                self.assertEqual((code, json.loads(out)["frames"]), (0, len(found)))
                self.assertEqual({f["reason"] for f in found if f["kind"] == "gap"}, set(range(1, 9)))

                # A frame that differs must not pass.
                lines = folder / "dtmf.frames.jsonl"
                lines.write_text(lines.read_text().replace('"sequence":', '"sequence":1', 1))
                self.assertEqual(self.run_tool("check", name)[0], 1)

    def test_check_of_nothing_fails(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            self.run_tool("write", name, "--suite", "aes", "--seed", "1")
            for path in Path(name).glob("*.zkc"):
                path.unlink()
            self.assertEqual(self.run_tool("check", name), (1, "0 recordings, 0 frames compared, 0 different\n"))

    def test_a_file_that_is_not_a_recording(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "x.zkc").write_bytes(b"")
            (Path(name) / "trust.txt").write_bytes(b"")
            code, out = self.run_tool("verify", str(Path(name) / "x.zkc"), "--trust", str(Path(name) / "trust.txt"))
            self.assertEqual((code, json.loads(out)["state"]), (1, "NotVerified"))
