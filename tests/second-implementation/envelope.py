"""The key envelope (section 9): who may read, and what is left to read with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Sequence

import keytree
from hpke import ENC, P256, WRAPPED, XWING, Identity, kind_of, recipient_tag, wrap
from keyfiles import TrustList
from keytree import KeyTree, Node, check_nodes
from octets import Cursor, Refused, uint
from primitives import (AEGIS, AES, DoesNotOpen, hmac_sha256, same, seal, sha256, shamir_combine, shamir_split,
                        unseal)
from structures import Header, NotVerified

ENVELOPE_LIMIT = 262_144
MAGIC = b"ZKCENV1\0"
GROUP = 3
WHOLE, PART, ERASED = 1, 2, 3


def group_tag(k: int, tags: list[bytes]) -> bytes:
    return sha256(b"zkc1 group", uint(k, 1), uint(len(tags), 1), *tags)[:8]


# --- structure ----------------------------------------------------------------------------------------------------------

class NoRecipient(NotVerified):
    """None of the identities is one of the envelope's recipients."""


@dataclass(frozen=True)
class Wrap:
    """A stanza of kind 1 or 2, or a group's member: something wrapped to one recipient."""
    kind: int
    tag: bytes
    enc: bytes
    wrapped: bytes


@dataclass(frozen=True)
class Member:
    x: int
    share_hash: bytes
    wrap: Wrap


@dataclass(frozen=True)
class Group:
    tag: bytes
    number: int
    k: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Envelope:
    suite: int
    version: int
    core_id: bytes
    stanzas: tuple[Wrap | Group, ...]
    body: bytes
    mac: bytes
    authenticated: bytes  # all bytes before the MAC

    @property
    def classical(self) -> bool:
        """Whether a P-256 recipient takes away what X-Wing gives against quantum computers."""
        wraps = [m.wrap for s in self.stanzas if isinstance(s, Group) for m in s.members]
        return any(w.kind == P256 for w in wraps + [s for s in self.stanzas if isinstance(s, Wrap)])


def parse_envelope(data: bytes) -> Envelope:
    if len(data) > ENVELOPE_LIMIT:
        raise Refused("an envelope of more than 262,144 bytes")
    cursor = Cursor(data)
    cursor.magic(MAGIC, "envelope")
    suite, version, core_id, count = cursor.uint(2), cursor.uint(4), cursor.take(32), cursor.uint(2)
    if suite not in (AES, AEGIS):
        raise Refused(f"suite {suite} is unknown")
    if version == 0:
        raise Refused("an envelope of version 0")
    if not 1 <= count <= 32:
        raise Refused("an envelope has 1 to 32 stanzas")
    stanzas: list[Wrap | Group] = []
    groups = 0
    for _ in range(count):
        kind, length = cursor.uint(2), cursor.uint(4)
        content = Cursor(cursor.take(length))
        if kind == GROUP:
            stanzas.append(_parse_group(content, groups))
            groups += 1
        else:
            stanzas.append(_parse_wrap(content, kind))
        content.end("a stanza")
    body = cursor.take(cursor.uint(4))
    authenticated = data[:cursor.position]
    mac = cursor.take(32)
    cursor.end("envelope")
    return Envelope(suite, version, core_id, tuple(stanzas), body, mac, authenticated)


def _parse_wrap(cursor: Cursor, kind: int) -> Wrap:
    if kind not in ENC:
        raise Refused(f"recipient kind {kind} is unknown")
    return Wrap(kind, cursor.take(8), cursor.take(ENC[kind]), cursor.take(WRAPPED))


def parse_wraps(cursor: Cursor) -> tuple[Wrap, ...]:
    """The stanzas of a grant: 1 to 32, none of them a group."""
    count = cursor.uint(2)
    if not 1 <= count <= 32:
        raise Refused("a grant has 1 to 32 stanzas")
    wraps = []
    for _ in range(count):
        kind, length = cursor.uint(2), cursor.uint(4)
        content = Cursor(cursor.take(length))
        wraps.append(_parse_wrap(content, kind))
        content.end("a stanza")
    return tuple(wraps)


def _parse_group(cursor: Cursor, number: int) -> Group:
    tag, found, k, n = cursor.take(8), cursor.uint(1), cursor.uint(1), cursor.uint(1)
    if found != number:
        raise Refused("groups are not counted from 0")
    if not 2 <= k <= n <= 16:
        raise Refused("a group is not 2 <= k <= n <= 16")
    members = []
    for x in range(1, n + 1):
        if cursor.uint(1) != x:
            raise Refused("a group's x do not ascend from 1")
        share_hash = cursor.take(32)
        members.append(Member(x, share_hash, _parse_wrap(cursor, cursor.uint(2))))
    if tag != group_tag(k, [m.wrap.tag for m in members]):
        raise Refused("a group's recipient tag is not that of its members")
    return Group(tag, number, k, tuple(members))


# --- opening ------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class RecordingKeys:
    """What an envelope's body gives. Metadata keys are None where everything is erased."""
    form: int
    control: bytes
    opening: bytes | None
    closing: bytes | None
    chunks: KeyTree


def _info(core_id: bytes) -> bytes:
    return b"zkc1 envelope" + core_id


def _share_context(core_id: bytes, version: int, group: int, x: int) -> bytes:
    return b"zkc1 share" + core_id + uint(version, 4) + uint(group, 1) + uint(x, 1)


def unwrap(stanza: Wrap, identities: list[Identity], info: bytes) -> bytes | None:
    for identity in identities:
        if (stanza.kind, stanza.tag) == (identity.kind, identity.tag):
            secret = identity.unwrap(info, stanza.enc, stanza.wrapped)
            if secret is not None:
                return secret
    return None


_ENTRY = 38 + ENC[XWING] + WRAPPED


def parse_shares(data: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """A file of shares: (enc, wrapped) by core id, version, group and x."""
    cursor = Cursor(data)
    cursor.magic(b"ZKCSHR1\0", "file of shares")
    count = cursor.uint(4)
    if not 1 <= count <= 65_536 or len(data) != 12 + count * _ENTRY:
        raise Refused("a file of shares has another length than its number says")
    shares: dict[bytes, tuple[bytes, bytes]] = {}
    last = b""
    for _ in range(count):
        name = cursor.take(38)
        if name <= last:
            raise Refused("the shares of a file do not ascend")
        last = name
        shares[name] = cursor.take(ENC[XWING]), cursor.take(WRAPPED)
    cursor.end("file of shares")
    return shares


def _dealt(envelope: Envelope, group: Group, member: Member, identities: list[Identity],
           files: list[dict[bytes, tuple[bytes, bytes]]]) -> tuple[bytes | None, bool]:
    """(the share that was dealt, whether another was handed over in its place)."""
    context = _share_context(envelope.core_id, envelope.version, group.number, member.x)
    found = [unwrap(member.wrap, identities, context)]
    for shares in files:
        if context[10:] in shares:
            found += [identity.unwrap(context, *shares[context[10:]]) for identity in identities if identity.kind == XWING]
    candidates = [share for share in found if share is not None]
    good = [share for share in candidates if same(sha256(context, share), member.share_hash)]
    return (good[0] if good else None), bool(candidates) and not good


def _envelope_key(envelope: Envelope, identities: list[Identity], files: list[dict[bytes, tuple[bytes, bytes]]], findings: list[str]) -> bytes:
    for stanza in envelope.stanzas:
        if isinstance(stanza, Wrap):
            key = unwrap(stanza, identities, _info(envelope.core_id))
            if key is not None:
                return key
            continue
        shares: dict[int, bytes] = {}
        for member in stanza.members:
            share, is_bad = _dealt(envelope, stanza, member, identities, files) if len(shares) < stanza.k else (None, False)
            if is_bad:
                findings.append(f"group {stanza.number}: the share of member {member.x} is not the one dealt")
            if share is not None:
                shares[member.x] = share
        if len(shares) == stanza.k:
            return shamir_combine(shares)
    raise NoRecipient("; ".join([f"none of the {len(envelope.stanzas)} recipients of this recording matches", *findings]))


def open_envelope(envelope: Envelope, header: Header, trust: TrustList, identities: list[Identity],
                  shares: Sequence[dict[bytes, tuple[bytes, bytes]]] = (), findings: list[str] | None = None) -> RecordingKeys:
    """`shares`: files of shares that were handed to the identities; `findings` takes what was noticed. The checks of section 9 in their order; the envelope's own structure was checked by parsing it."""
    core_id = header.core_id
    if envelope.suite != header.suite or envelope.core_id != core_id:
        raise NotVerified("the envelope is of another recording or suite")
    header.check_trusted(trust)
    try:
        body = unseal(envelope.suite, _envelope_key(envelope, identities, list(shares), [] if findings is None else findings), envelope.body)
    except DoesNotOpen as error:
        raise NotVerified(f"the envelope's body does not open: {error}") from None
    try:
        keys = _parse_body(body, header)
    except Refused as error:
        raise NotVerified(f"the envelope's body: {error}") from None
    if not same(keytree.commitment(keys.control), header.commitment):
        raise NotVerified("the control key is not the one that the header commits to")
    if not same(hmac_sha256(keytree.envelope_mac_key(keys.control, core_id), envelope.authenticated), envelope.mac):
        raise NotVerified("the envelope's MAC is wrong")
    return keys


def _parse_body(body: bytes, header: Header) -> RecordingKeys:
    cursor = Cursor(body)
    core_id = cursor.take(32)
    if core_id != header.core_id:
        raise Refused("another recording's core id")
    form = cursor.uint(1)
    if form == WHOLE:
        prk = keytree.extract(cursor.take(32))
        keys = RecordingKeys(form, keytree.control_key(prk, header.raw[:76]), keytree.opening_key(prk, core_id),
                             keytree.closing_key(prk, core_id), KeyTree([Node(0, 0, keytree.tree_root(prk, core_id))]))
    elif form == PART:
        control, opening, closing, count = cursor.take(32), cursor.take(32), cursor.take(32), cursor.uint(2)
        if count > 4096:
            raise Refused("at most 4,096 nodes expected")
        nodes = [Node(cursor.uint(1), cursor.uint(4), cursor.take(32)) for _ in range(count)]
        check_nodes(nodes)
        keys = RecordingKeys(form, control, opening, closing, KeyTree(nodes))
    elif form == ERASED:
        keys = RecordingKeys(form, cursor.take(32), None, None, KeyTree([]))
    else:
        raise Refused(f"form {form} is unknown")
    cursor.end("body")
    return keys


# --- writing ------------------------------------------------------------------------------------------------------------

def form_whole(secret: bytes) -> bytes:
    return uint(WHOLE, 1) + secret


def form_part(control: bytes, opening: bytes, closing: bytes, nodes: list[Node]) -> bytes:
    return (uint(PART, 1) + control + opening + closing + uint(len(nodes), 2)
            + b"".join(uint(n.level, 1) + uint(n.index, 4) + n.key for n in nodes))


def form_erased(control: bytes) -> bytes:
    return uint(ERASED, 1) + control


def write_envelope(suite: int, version: int, core_id: bytes, control: bytes, recipients: list[bytes],
                   groups: list[tuple[int, list[bytes]]], form: bytes) -> bytes:
    """`groups`: (k, the members' public keys) each; `form` is what one of the form_… functions gave."""
    key = os.urandom(32)
    stanzas = []
    for public in recipients:
        enc, wrapped = wrap(public, _info(core_id), key)
        stanzas.append((kind_of(public), recipient_tag(public) + enc + wrapped))
    for number, (k, members) in enumerate(groups):
        tags = [recipient_tag(public) for public in members]
        content = group_tag(k, tags) + uint(number, 1) + uint(k, 1) + uint(len(members), 1)
        for x, (public, share) in enumerate(zip(members, shamir_split(key, k, len(members))), start=1):
            context = _share_context(core_id, version, number, x)
            enc, wrapped = wrap(public, context, share)
            content += uint(x, 1) + sha256(context, share) + uint(kind_of(public), 2) + tags[x - 1] + enc + wrapped
        stanzas.append((GROUP, content))
    body = seal(suite, key, core_id + form)
    out = (MAGIC + uint(suite, 2) + uint(version, 4) + core_id + uint(len(stanzas), 2)
           + b"".join(uint(kind, 2) + uint(len(content), 4) + content for kind, content in stanzas)
           + uint(len(body), 4) + body)
    return out + hmac_sha256(keytree.envelope_mac_key(control, core_id), out)
