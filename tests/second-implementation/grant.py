"""Grants, and files of ranges (sections 11 and 12): some chunks of a recording, opened to others."""

from __future__ import annotations

from dataclasses import dataclass

import keyfiles
from envelope import NoRecipient, Wrap, parse_wraps, unwrap
from evidence import MAX_PROOF, leaf_hash, root_of_range
from hpke import Identity
from keyfiles import TrustList
from keytree import CHUNKS, KeyTree, Node, cover
from octets import Cursor, Refused, utf8
from primitives import AEGIS, AES, OVERHEAD, DoesNotOpen, ed25519_verify, sha256, unseal
from structures import (HEADER_SIZE, STATEMENT_SIZE, Header, NotVerified, Statement, parse_header, parse_statement,
                        verify_statement)

GRANT_LIMIT = 262_144
MAGIC, RANGE_MAGIC = b"ZKCGRT1\0", b"ZKCRNG1\0"
_METADATA, _LIVE = 1, 2


@dataclass(frozen=True)
class Grant:
    header: Header
    first: int
    end: int
    flags: int
    statement: Statement | None
    proof: list[bytes]
    purpose: str
    time: int
    not_after: int
    owner: bytes
    head: bytes          # all bytes before the body's length
    body: bytes
    stanzas: tuple[Wrap, ...]
    signed: bytes
    signature: bytes

    @property
    def metadata(self) -> bool:
        return bool(self.flags & _METADATA)


@dataclass(frozen=True)
class GrantKeys:
    chunks: KeyTree
    opening: bytes | None
    closing: bytes | None


def parse_grant(data: bytes) -> Grant:
    if len(data) > GRANT_LIMIT:
        raise Refused("a grant of more than 262,144 bytes")
    cursor = Cursor(data)
    cursor.magic(MAGIC, "grant")
    suite, core_id = cursor.uint(2), cursor.take(32)
    header = parse_header(cursor.take(HEADER_SIZE))
    if suite not in (AES, AEGIS) or suite != header.suite or core_id != header.core_id:
        raise Refused("a grant's suite or core id is not its header's")
    first, end, flags = cursor.uint(4), cursor.uint(4), cursor.uint(1)
    if not first < end <= CHUNKS or flags & ~(_METADATA | _LIVE):
        raise Refused("a grant's range or flags")
    statement, proof = None, []
    if not flags & _LIVE:
        statement = parse_statement(cursor.take(STATEMENT_SIZE))
        if statement.core_id != core_id or end > statement.count:
            raise Refused("a grant's statement is another recording's, or counts too few chunks")
        hashes = cursor.uint(1)
        if hashes > MAX_PROOF or hashes != _proof_size(statement.count, first, end):
            raise Refused("a grant's proof has another number of hashes than its range needs")
        proof = [cursor.take(32) for _ in range(hashes)]
    size = cursor.uint(2)
    if size > 1024:
        raise Refused("a purpose of more than 1,024 bytes")
    purpose = utf8(cursor.take(size), "a grant's purpose")
    time, not_after, owner = cursor.uint(8), cursor.uint(8), cursor.take(32)
    head = data[:cursor.position]
    body = cursor.take(cursor.uint(4))
    stanzas = parse_wraps(cursor)
    signed = data[:cursor.position]
    signature = cursor.take(64)
    cursor.end("grant")
    return Grant(header, first, end, flags, statement, proof, purpose, time, not_after, owner, head, body, stanzas, signed, signature)


def _proof_size(count: int, first: int, end: int) -> int:
    def walk(lo: int, hi: int) -> int:
        if hi <= first or end <= lo:
            return 1
        if first <= lo and hi <= end:
            return 0
        middle = lo + (1 << (hi - lo - 1).bit_length() - 1)
        return walk(lo, middle) + walk(middle, hi)

    return walk(0, count)


def check_grant(grant: Grant, trust: TrustList) -> None:
    """The checks of section 11 that need no decryption key, in their order."""
    grant.header.check_trusted(trust)
    if not trust.trusts(keyfiles.OWNER, grant.owner, grant.time) or not ed25519_verify(grant.owner, b"zkc1 grant" + grant.signed, grant.signature):
        raise NotVerified("the grant is not signed by a trusted owner")
    if grant.statement is not None:
        try:
            verify_statement(grant.statement.raw, grant.header, trust)
        except Refused as error:
            raise NotVerified(f"the grant's statement: {error}") from None


def open_grant(grant: Grant, identities: list[Identity]) -> GrantKeys:
    core_id = grant.header.core_id
    try:
        body = unseal(grant.header.suite, _grant_key(grant, identities), grant.body)
        cursor = Cursor(body)
        if cursor.take(32) != core_id or cursor.take(32) != sha256(grant.head):
            raise Refused("it is that of another grant")
        nodes = [Node(cursor.uint(1), cursor.uint(4), cursor.take(32)) for _ in range(cursor.uint(2))]
        if [(n.level, n.index) for n in nodes] != cover(grant.first, grant.end):
            raise Refused("its nodes are not the cover of the range")
        opening, closing = (cursor.take(32), cursor.take(32)) if grant.metadata else (None, None)
        cursor.end("body")
    except (DoesNotOpen, Refused) as error:
        raise NotVerified(f"the grant's body: {error}") from None
    return GrantKeys(KeyTree(nodes), opening, closing)


def _grant_key(grant: Grant, identities: list[Identity]) -> bytes:
    for stanza in grant.stanzas:
        key = unwrap(stanza, identities, b"zkc1 grant" + grant.header.core_id)
        if key is not None:
            return key
    raise NoRecipient(f"none of the {len(grant.stanzas)} recipients of this grant matches")


# --- file of a range ----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class RangeFile:
    grant: Grant
    opening: bytes
    closing: bytes
    chunks: list[bytes]


def parse_range_file(data: bytes) -> RangeFile:
    cursor = Cursor(data)
    cursor.magic(RANGE_MAGIC, "file of a range")
    grant = parse_grant(cursor.take(cursor.uint(4)))
    if grant.statement is None:
        raise Refused("a file of a range has a live grant")
    opening, closing = cursor.take(cursor.uint(4)), cursor.take(cursor.uint(4))
    if (opening or closing) and not grant.metadata:
        raise Refused("a file of a range has records that its grant does not open")
    size = grant.header.payload_size + OVERHEAD[grant.header.suite]
    chunks = [cursor.take(size) for _ in range(grant.first, grant.end)]
    cursor.end("file of a range")
    return RangeFile(grant, opening, closing, chunks)


def is_proven(grant: Grant, chunks: list[bytes]) -> bool:
    """Whether the range's chunks, in order, are those that the grant's statement signed."""
    assert grant.statement is not None
    leaves = [leaf_hash(chunk) for chunk in chunks]
    return root_of_range(grant.statement.count, grant.first, leaves, grant.proof) == grant.statement.root

