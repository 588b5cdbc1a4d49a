"""Reading (sections 13, 14): from a container and an envelope to a state, findings, metadata and frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from envelope import RecordingKeys, open_envelope, parse_envelope
from evidence import Assessment, TreeBuilder, assess, leaf_hash
from frames import Media, Payload, check_follows, decode_payload
from keyfiles import TrustList
from metadata import ClosingRecord, OpeningRecord, read_closing, read_opening
from octets import Refused
from primitives import DoesNotOpen, sha256, unseal
from structures import SEAL_REASONS, Container, Header, Statement, parse_container, verify_statement


class State(IntEnum):
    """The lowest number wins when several hold."""
    NotVerified = 0
    Forked = 1
    Corrupt = 2
    Truncated = 3
    Complete = 4
    Recovered = 5
    Open = 6


@dataclass
class Chunk:
    """One chunk of which the plaintext is released."""
    index: int
    signed: bool  # covered by a live statement; else authentic only against those who hold no key for it
    payload: Payload


@dataclass
class Recording:
    header: Header
    state: State = State.NotVerified
    chunks: int = 0
    verified: int = 0
    signed: int = 0
    seal_reason: str | None = None
    findings: list[str] = field(default_factory=list)
    no_key: list[int] = field(default_factory=list)
    released: list[Chunk] = field(default_factory=list)
    opening: OpeningRecord | None = None
    closing: ClosingRecord | None = None
    form: int | None = None
    classical: bool = False

    @property
    def media(self) -> list[Media]:
        return [f for chunk in self.released for f in chunk.payload.frames if isinstance(f, Media)]


def verify(container_bytes: bytes, trust: TrustList) -> Recording:
    """What can be said without any decryption key."""
    container = parse_container(container_bytes)
    container.header.check_trusted(trust)
    return _read(container, trust, None)


def decrypt(container_bytes: bytes, envelope_bytes: bytes, identities: list[bytes], trust: TrustList) -> Recording:
    container = parse_container(container_bytes)
    envelope = parse_envelope(envelope_bytes)
    keys = open_envelope(envelope, container.header, trust, identities)
    recording = _read(container, trust, keys)
    recording.form, recording.classical = keys.form, envelope.classical
    return recording


def _read(container: Container, trust: TrustList, keys: RecordingKeys | None) -> Recording:
    recording = Recording(container.header, chunks=len(container.chunks))
    if container.cut:
        recording.findings.append("the container's last block is cut short and counts as absent")
    statements = _valid_statements(container, trust, recording)
    roots = _roots(container.chunks, {s.count for s in statements})
    evidence = assess(statements, roots)
    recording.findings += evidence.findings
    recording.signed = evidence.signed(roots)
    if evidence.seal is not None:
        recording.seal_reason = SEAL_REASONS[evidence.seal.reason]

    states = _evidence_states(recording, evidence)
    bad = _open_chunks(recording, container.chunks, evidence, roots, keys)
    mismatched = any(s.count in roots and roots[s.count] != s.root for s in evidence.accepted)
    if mismatched and not bad:
        bad_from = evidence.covered(roots)
        recording.findings.append(f"the chunks from {bad_from} on do not match what was signed")
    if bad or mismatched or not _read_metadata(recording, container, evidence, keys):
        states.append(State.Corrupt)
    if not evidence.accepted and recording.verified == 0:
        states.append(State.NotVerified)
    recording.state = min(states)
    recording.signed = min(recording.signed, recording.verified)
    return recording


def _valid_statements(container: Container, trust: TrustList, recording: Recording) -> list[Statement]:
    valid = []
    for number, (raw, before) in enumerate(container.statements):
        try:
            statement = verify_statement(raw, container.header, trust)
        except Refused as refused:
            recording.findings.append(f"statement {number}: {refused}")
            continue
        # One that counts more chunks than the whole file holds shows a truncated recording, and is worth its state.
        if before < statement.count <= len(container.chunks):
            raise Refused(f"statement {number} stands before chunks that it counts")
        valid.append(statement)
    return valid


def _roots(chunks: list[bytes], counts: set[int]) -> dict[int, bytes]:
    """The root of the first `count` chunks, for each count for which there are enough."""
    builder = TreeBuilder()
    roots = {0: builder.root()} if 0 in counts else {}
    for chunk in chunks:
        builder.add(leaf_hash(chunk))
        if builder.count in counts:
            roots[builder.count] = builder.root()
    return roots


def _evidence_states(recording: Recording, evidence: Assessment) -> list[State]:
    states = []
    if evidence.forked:
        states.append(State.Forked)
    if evidence.seal is not None and recording.chunks > evidence.seal.count:
        recording.findings.append(f"trailing data: {recording.chunks} chunks, the seal says {evidence.seal.count}")
        states.append(State.Corrupt)
    if evidence.claimed() > recording.chunks:
        recording.findings.append(f"{recording.chunks} chunks of {evidence.claimed()} that were signed")
        states.append(State.Truncated)
    if evidence.seal is not None:
        states.append(State.Complete)
    elif evidence.recovery is not None:
        states.append(State.Recovered)
    else:
        states.append(State.Open)
    return states


def _open_chunks(recording: Recording, chunks: list[bytes], evidence: Assessment, roots: dict[int, bytes],
                 keys: RecordingKeys | None) -> list[int]:
    """Releases what may be released, and gives the indexes of the chunks that do not open or do not parse."""
    covered, claimed = evidence.covered(roots), evidence.claimed()
    bad: list[int] = []
    before: Payload | None = None
    unbroken = True
    for index, stored in enumerate(chunks):
        key = None if keys is None else keys.chunks.chunk_key(index)
        # A chunk after a seal, or one whose statements all have another root, is opened to be named, and not released.
        released = index < covered or (index >= claimed and evidence.seal is None)
        if key is None:
            if keys is not None:
                recording.no_key.append(index)
            released = index < covered
        else:
            try:
                payload = decode_payload(unseal(recording.header.suite, key, stored))
                check_follows(before, payload)
                before = payload
                if released:
                    recording.released.append(Chunk(index, index < recording.signed, payload))
            except (DoesNotOpen, Refused) as error:
                recording.findings.append(f"chunk {index}: {error}")
                bad.append(index)
                released = False
        unbroken = unbroken and released
        if unbroken:
            recording.verified = index + 1
    return bad


def _read_metadata(recording: Recording, container: Container, evidence: Assessment, keys: RecordingKeys | None) -> bool:
    """False if a record is not what was signed, or does not open or parse. Nothing is released without a statement."""
    suite, sound = recording.header.suite, True
    if any(s.opening_hash != sha256(container.opening) for s in evidence.accepted):
        recording.findings.append("the opening record is not the one that was signed")
        sound = False
    elif evidence.accepted and keys is not None and keys.opening is not None:
        try:
            recording.opening = read_opening(unseal(suite, keys.opening, container.opening))
        except (DoesNotOpen, Refused) as error:
            recording.findings.append(f"opening record: {error}")
            sound = False
    if evidence.seal is None:
        return sound
    if container.closing is None or evidence.seal.closing_hash != sha256(container.closing):
        recording.findings.append("the closing record is not the one that was signed, or is absent")
        sound = False
    elif keys is not None and keys.closing is not None:
        try:
            recording.closing = read_closing(unseal(suite, keys.closing, container.closing))
        except (DoesNotOpen, Refused) as error:
            recording.findings.append(f"closing record: {error}")
            sound = False
        if recording.closing is not None and recording.closing.reason != evidence.seal.reason:
            recording.findings.append("the closing record gives another reason than the seal")
    return sound
