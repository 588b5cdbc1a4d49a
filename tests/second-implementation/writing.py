"""Writing a recording: header, chunks, statements, closing record, envelope.

It keeps what a real writer wipes (the recording's secret, the tree's root), since it writes every version of the
envelope as well. It is for tests only.
"""

from __future__ import annotations

import os
from typing import Sequence

import envelope
import keytree
from evidence import TreeBuilder, leaf_hash
from frames import Format, Frame, Media, Payload, encode_payload
from keytree import KeyTree, Node
from metadata import ClosingRecord, OpeningRecord, write_closing, write_opening
from primitives import ZEROS32, SigningKey, seal, sha256
from structures import (BLOCK_CHUNK, BLOCK_CLOSING, BLOCK_STATEMENT, CHECKPOINT, HEADER_LABEL, RECOVERY, RESTART, SEAL,
                        write_block, write_header, write_statement)

CHECKPOINT_EVERY = 64


class Writer:
    def __init__(self, suite: int, gateway: SigningKey, tick: int, payload_size: int, begun: int,
                 opening: OpeningRecord, previous: bytes = ZEROS32) -> None:
        self._suite, self._gateway, self._payload_size = suite, gateway, payload_size
        self._signing = SigningKey()
        self._secret = os.urandom(32)
        prk = keytree.extract(self._secret)
        start = write_header(suite, tick, payload_size, os.urandom(16), begun, previous)
        self._control = keytree.control_key(prk, start)
        signed = start + keytree.commitment(self._control) + gateway.public + self._signing.public
        header = signed + gateway.sign(HEADER_LABEL + signed)
        self.core_id = sha256(header)
        self._opening_key = keytree.opening_key(prk, self.core_id)
        self._closing_key = keytree.closing_key(prk, self.core_id)
        self._tree = KeyTree([Node(0, 0, keytree.tree_root(prk, self.core_id))])
        stored_opening = seal(suite, self._opening_key, write_opening(opening))
        self._opening_hash = sha256(stored_opening)
        self._roots = TreeBuilder()
        self._live_count = 0
        # The first checkpoint stands without the head of a block.
        self._out = [header, stored_opening, self._sign(CHECKPOINT, begun, 0, ZEROS32)]

    @property
    def chunks(self) -> int:
        return self._roots.count

    def container(self) -> bytes:
        return b"".join(self._out)

    def chunk(self, payload: Payload) -> None:
        key = self._tree.chunk_key(self.chunks)
        assert key is not None
        stored = seal(self._suite, key, encode_payload(payload, self._payload_size))
        self._roots.add(leaf_hash(stored))
        self._out.append(write_block(BLOCK_CHUNK, stored))

    def _sign(self, type_: int, time: int, reason: int, closing_hash: bytes) -> bytes:
        if type_ != RECOVERY:
            self._live_count = self.chunks
        signed = write_statement(type_, self.core_id, self._opening_hash, self.chunks, self._live_count,
                                 self._roots.root(), time, reason, closing_hash)
        return signed + (self._gateway if type_ == RECOVERY else self._signing).sign(signed)

    def checkpoint(self, time: int) -> None:
        self._out.append(write_block(BLOCK_STATEMENT, self._sign(CHECKPOINT, time, 0, ZEROS32)))

    def recovery(self, time: int) -> None:
        self._out.append(write_block(BLOCK_STATEMENT, self._sign(RECOVERY, time, RESTART, ZEROS32)))

    def seal(self, closing: ClosingRecord) -> None:
        stored = seal(self._suite, self._closing_key, write_closing(closing))
        self._out.append(write_block(BLOCK_CLOSING, stored))
        statement = self._sign(SEAL, closing.ended_ms, closing.reason, sha256(stored))
        self._out.append(write_block(BLOCK_STATEMENT, statement))

    # Envelopes. `groups` are (k, the members' public keys).

    def envelope(self, recipients: list[bytes], groups: Sequence[tuple[int, list[bytes]]] = ()) -> bytes:
        return self._envelope(1, recipients, groups, envelope.form_whole(self._secret))

    def envelope_without(self, first: int, end: int, recipients: list[bytes]) -> bytes:
        """Version 2, after the keys of the chunks [first, end) were erased."""
        named = keytree.cover(0, first) + keytree.cover(end, self.chunks)
        nodes = [Node(level, index, self._tree.node(level, index) or b"") for level, index in named]
        form = envelope.form_part(self._control, self._opening_key, self._closing_key, nodes)
        return self._envelope(2, recipients, (), form)

    def envelope_erased(self, recipients: list[bytes]) -> bytes:
        return self._envelope(2, recipients, (), envelope.form_erased(self._control))

    def _envelope(self, version: int, recipients: list[bytes], groups: Sequence[tuple[int, list[bytes]]],
                  form: bytes) -> bytes:
        return envelope.write_envelope(self._suite, version, self.core_id, self._control, recipients, list(groups), form)


class Composer:
    """Puts frames into payloads, with each leg's format before its first audio or event frame in each chunk."""

    def __init__(self, formats: dict[int, Format]) -> None:
        self._formats = formats
        self._latest = 0

    def payload(self, tick: int, frames: list[Frame], empty_at: int) -> Payload:
        """`empty_at` is the arrival time that a chunk without frames gets, if it is not before the last one."""
        out: list[Frame] = []
        declared: set[int] = set()
        for frame in frames:
            if isinstance(frame, Format):
                self._formats[frame.leg] = frame
                declared.add(frame.leg)
            elif isinstance(frame, Media) and frame.leg not in declared:
                known = self._formats[frame.leg]
                out.append(Format(frame.arrival, known.leg, known.label, known.payload_types))
                declared.add(frame.leg)
            out.append(frame)
        earliest = out[0].arrival if out else max(self._latest, empty_at)
        self._latest = out[-1].arrival if out else earliest
        return Payload(tick, earliest, self._latest, tuple(out))
