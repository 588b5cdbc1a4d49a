"""Header (section 5), statement (section 8) and container (section 12): bytes to fields, and the rules they obey."""

from __future__ import annotations

from dataclasses import dataclass

import keyfiles
from keyfiles import TrustList
from keytree import CHUNKS
from metadata import CLOSING_PADDED, OPENING_PADDED
from octets import Cursor, Refused, uint
from primitives import AEGIS, AES, OVERHEAD, ZEROS32, ed25519_verify, sha256

EMPTY_ROOT = sha256(b"")


class NotVerified(Exception):
    """Nothing can be said about the recording, and nothing is released."""


# --- header -------------------------------------------------------------------------------------------------------------

HEADER_SIZE = 236
HEADER_LABEL = b"zkc1 header"


@dataclass(frozen=True)
class Header:
    raw: bytes
    suite: int
    tick: int
    payload_size: int
    recording_id: bytes
    begun: int
    previous: bytes
    commitment: bytes
    gateway: bytes
    signing: bytes
    certificate: bytes

    @property
    def core_id(self) -> bytes:
        return sha256(self.raw)

    @property
    def stored_chunk(self) -> int:
        return self.payload_size + OVERHEAD[self.suite]

    def check_trusted(self, trust: TrustList) -> None:
        if not trust.trusts(keyfiles.GATEWAY, self.gateway, self.begun):
            raise NotVerified("the gateway key is not on the trust list for the time at which the recording began")
        if not ed25519_verify(self.gateway, HEADER_LABEL + self.raw[:172], self.certificate):
            raise NotVerified("the header's certificate is wrong")


def parse_header(raw: bytes) -> Header:
    if len(raw) != HEADER_SIZE:
        raise Refused(f"a header of {len(raw)} bytes")
    cursor = Cursor(raw)
    cursor.magic(b"ZKCALLS1", "header")
    suite, flags, tick, payload_size = cursor.uint(2), cursor.uint(2), cursor.uint(4), cursor.uint(4)
    if suite not in (AES, AEGIS):
        raise Refused(f"suite {suite} is unknown")
    if flags != 0:
        raise Refused("a flag is set in the header")
    if not 20 <= tick <= 60_000:
        raise Refused("the tick is not 20 to 60,000 ms")
    if not 256 <= payload_size <= 1_048_576:
        raise Refused("the payload size is not 256 to 1,048,576 bytes")
    return Header(raw, suite, tick, payload_size, cursor.take(16), cursor.uint(8), cursor.take(32), cursor.take(32),
                  cursor.take(32), cursor.take(32), cursor.take(64))


def write_header(suite: int, tick: int, payload_size: int, recording_id: bytes, begun: int, previous: bytes) -> bytes:
    """Bytes 0 to 75, which the control key depends on."""
    return (b"ZKCALLS1" + uint(suite, 2) + uint(0, 2) + uint(tick, 4) + uint(payload_size, 4) + recording_id
            + uint(begun, 8) + previous)


# --- statement ----------------------------------------------------------------------------------------------------------

STATEMENT_SIZE = 224
STATEMENT_LABEL = b"zkc1 statement"
CHECKPOINT, SEAL, RECOVERY = 1, 2, 3
COMPLETED, ABORTED, DISCARDED, CONTINUED, RESTART = 1, 2, 3, 4, 16
SEAL_REASONS = {COMPLETED: "completed", ABORTED: "aborted", DISCARDED: "discarded", CONTINUED: "continued"}


@dataclass(frozen=True)
class Statement:
    raw: bytes
    type: int
    core_id: bytes
    opening_hash: bytes
    count: int
    live_count: int
    root: bytes
    time: int
    reason: int
    closing_hash: bytes

    @property
    def live(self) -> bool:
        return self.type in (CHECKPOINT, SEAL)


def parse_statement(raw: bytes) -> Statement:
    if len(raw) != STATEMENT_SIZE:
        raise Refused(f"a statement of {len(raw)} bytes")
    cursor = Cursor(raw)
    cursor.magic(STATEMENT_LABEL, "statement")
    s = Statement(raw, cursor.uint(1), cursor.take(32), cursor.take(32), cursor.uint(4), cursor.uint(4),
                  cursor.take(32), cursor.uint(8), cursor.uint(1), cursor.take(32))
    no_closing = s.closing_hash == ZEROS32
    allowed = {
        CHECKPOINT: s.live_count == s.count and s.reason == 0 and no_closing,
        SEAL: s.live_count == s.count and s.reason in SEAL_REASONS and not no_closing,
        RECOVERY: s.live_count <= s.count and s.reason == RESTART and no_closing,
    }
    if not allowed.get(s.type, False):
        raise Refused("a statement's type, live-signed count, reason and closing hash do not go together")
    if s.count > CHUNKS:
        raise Refused("a statement counts more than 4^12 chunks")
    if s.count == 0 and s.root != EMPTY_ROOT:
        raise Refused("a statement of count 0 has a root other than that of no leaves")
    return s


def verify_statement(raw: bytes, header: Header, trust: TrustList) -> Statement:
    """The statement, if it is one of this recording and rightly signed; else Refused."""
    s = parse_statement(raw)
    if s.core_id != header.core_id:
        raise Refused("a statement names another recording")
    if s.type == RECOVERY and not trust.trusts(keyfiles.GATEWAY, header.gateway, s.time):
        raise Refused("a recovery's gateway key is not on the trust list for its time")
    if not ed25519_verify(header.signing if s.live else header.gateway, raw[:160], raw[160:]):
        raise Refused("a statement's signature is wrong")
    return s


def write_statement(type_: int, core_id: bytes, opening_hash: bytes, count: int, live_count: int, root: bytes,
                    time: int, reason: int, closing_hash: bytes) -> bytes:
    """Bytes 0 to 159, which are signed."""
    return (STATEMENT_LABEL + uint(type_, 1) + core_id + opening_hash + uint(count, 4) + uint(live_count, 4) + root
            + uint(time, 8) + uint(reason, 1) + closing_hash)


# --- container ----------------------------------------------------------------------------------------------------------

BLOCK_CHUNK, BLOCK_STATEMENT, BLOCK_CLOSING = 1, 2, 3


@dataclass
class Container:
    header: Header
    opening: bytes
    statements: list[bytes]
    chunks: list[bytes]
    closing: bytes | None
    cut: bool = False             # the last block was cut short and counts as absent
    malformed: str | None = None  # what no writer writes; what stands before it was read


def parse_container(data: bytes) -> Container:
    cursor = Cursor(data)
    header = parse_header(cursor.take(HEADER_SIZE))
    overhead = OVERHEAD[header.suite]
    opening = cursor.take(OPENING_PADDED + overhead)
    first = cursor.take(STATEMENT_SIZE)
    lengths = {BLOCK_CHUNK: header.stored_chunk, BLOCK_STATEMENT: STATEMENT_SIZE,
               BLOCK_CLOSING: CLOSING_PADDED + overhead}
    container = Container(header, opening, [first], [], None)
    early: list[int] = []  # counts of statements that stand before a chunk that they count, if it is there
    sealed = seal_expected = False
    while cursor.remaining and container.malformed is None:
        if cursor.remaining < 5:
            container.cut = True
            break
        block, length = cursor.uint(1), cursor.uint(4)
        allowed = block == BLOCK_STATEMENT or not (sealed or seal_expected)
        if length != lengths.get(block) or not allowed or (block == BLOCK_CHUNK and len(container.chunks) == CHUNKS):
            container.malformed = f"a block of type {block} with {length} bytes does not belong where it stands"
            break
        if cursor.remaining < length:
            container.cut = True
            break
        body = cursor.take(length)
        if block == BLOCK_CHUNK:
            container.chunks.append(body)
        elif block == BLOCK_CLOSING:
            container.closing, seal_expected = body, True
        else:
            type_, count = _position(body)
            if seal_expected and type_ != SEAL:
                container.malformed = "the closing record is not followed by the seal"
                break
            sealed, seal_expected = sealed or type_ == SEAL, False
            container.statements.append(body)
            if count > len(container.chunks):
                early.append(count)
    container.cut = container.cut or (seal_expected and container.malformed is None)
    if container.malformed is None and min(early, default=CHUNKS + 1) <= len(container.chunks):
        container.malformed = "a statement stands before chunks that it counts"
    if container.malformed is None and _position(first) != (CHECKPOINT, 0):
        container.malformed = "the first statement is not a checkpoint of no chunks"
    return container


def _position(raw: bytes) -> tuple[int, int]:
    """Type and count, which decide where a statement may stand; of one that is refused neither."""
    try:
        statement = parse_statement(raw)
        return statement.type, statement.count
    except Refused:
        return 0, 0


def write_block(block: int, body: bytes) -> bytes:
    return uint(block, 1) + uint(len(body), 4) + body
