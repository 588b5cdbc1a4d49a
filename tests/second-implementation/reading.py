"""Reading (sections 13, 14): from a container and an envelope to a state, findings, metadata and frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Mapping, Sequence

from envelope import RecordingKeys, open_envelope, parse_envelope
from evidence import Assessment, TreeBuilder, assess, leaf_hash
from frames import Media, Payload, check_follows, decode_payload
from grant import Grant, GrantKeys, RangeFile, is_proven
from hpke import Identity
from keyfiles import TrustList
from metadata import ClosingRecord, OpeningRecord, read_closing, read_opening
from octets import Refused
from primitives import DoesNotOpen, sha256, unseal
from structures import SEAL, SEAL_REASONS, Container, Header, Statement, parse_container, verify_statement


class State(IntEnum):
    """The lowest number wins when several hold."""
    NotVerified = 0
    Forked = 1
    Corrupt = 2
    Truncated = 3
    Complete = 4
    Recovered = 5
    Open = 6
    Range = 7


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
    corrupt: list[int] = field(default_factory=list)
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
    return read_recording(container, trust, None)


def decrypt(container_bytes: bytes, envelope_bytes: bytes, identities: list[Identity], trust: TrustList) -> Recording:
    container = parse_container(container_bytes)
    envelope = parse_envelope(envelope_bytes)
    keys = open_envelope(envelope, container.header, trust, identities)
    recording = read_recording(container, trust, keys)
    recording.form, recording.classical = keys.form, envelope.classical
    return recording


def read_recording(container: Container, trust: TrustList, keys: RecordingKeys | None,
                   register: Sequence[bytes] = ()) -> Recording:
    """`container` has a trusted header; `register` holds the statements that the customer's register knows."""
    recording = Recording(container.header, chunks=len(container.chunks))
    if container.cut:
        recording.findings.append("the container is cut short: its last block counts as absent, or the seal is missing")
    if container.malformed:
        recording.findings.append(container.malformed)
    statements = _valid_statements(container, register, trust, recording)
    roots = _roots(container.chunks, {s.count for s in statements})
    evidence = assess(statements, roots)
    recording.findings += evidence.findings
    if evidence.seal is not None:
        recording.seal_reason = SEAL_REASONS[evidence.seal.reason]

    states = _evidence_states(recording, evidence)
    _open_chunks(recording, container.chunks, evidence, roots, keys)
    _name_by_statements(recording, evidence, roots)
    sound = _read_metadata(recording, container, evidence, keys)
    if recording.corrupt or evidence.differing(roots) or not sound or container.malformed:
        states.append(State.Corrupt)
    if not evidence.accepted and recording.verified == 0:
        states.append(State.NotVerified)
    recording.state = min(states)
    recording.signed = min(evidence.signed(roots), recording.verified)
    return recording


def read_granted(container: Container, trust: TrustList, grant: Grant, keys: GrantKeys) -> Recording:
    """A grant's chunks out of all that a source has; the grant was checked, and is of this recording."""
    total = len(container.chunks)
    recording = Recording(container.header, chunks=total)
    known = [] if grant.statement is None else [grant.statement.raw]
    statements = _valid_statements(container, known, trust, recording)
    roots = _roots(container.chunks, {s.count for s in statements})
    evidence = assess(statements, roots)
    recording.findings += evidence.findings
    if evidence.seal is not None:
        recording.seal_reason = SEAL_REASONS[evidence.seal.reason]
    chunks = {i: container.chunks[i] for i in range(grant.first, min(grant.end, total))}
    covered, signed = evidence.covered(roots), evidence.signed(roots)
    doubtful = {i for i in chunks if i >= covered and any(count > i for count in evidence.differing(roots))
                or evidence.seal is not None and i >= evidence.seal.count}
    _open_granted(recording, chunks, doubtful, signed, keys)
    sound = True
    if keys.opening is not None:
        sound = _read_metadata(recording, container, evidence, RecordingKeys(0, b"", keys.opening, keys.closing, keys.chunks))
    states = [State.Range]
    if evidence.forked:
        states.append(State.Forked)
    if recording.corrupt or not sound:
        states.append(State.Corrupt)
    if evidence.claimed() > total:
        recording.findings.append(f"{total} chunks of {evidence.claimed()} that were signed")
        states.append(State.Truncated)
    recording.state = min(states)
    recording.signed = min(max(0, signed - grant.first), recording.verified)
    return recording


def read_range_file(file: RangeFile, trust: TrustList, keys: GrantKeys | None) -> Recording:
    """A file of a range; without keys it is verified only."""
    grant, statement = file.grant, file.grant.statement
    assert statement is not None
    recording = Recording(grant.header, chunks=statement.count)
    proven = is_proven(grant, file.chunks)
    chunks = {grant.first + i: chunk for i, chunk in enumerate(file.chunks)}
    if keys is None:
        recording.verified = len(chunks) if proven else 0
        recording.corrupt = [] if proven else list(chunks)
    else:
        _open_granted(recording, chunks, set() if proven else set(chunks), statement.count if statement.live and proven else 0, keys)
    evidence = assess([statement], {})
    if evidence.seal is not None:
        recording.seal_reason = SEAL_REASONS[evidence.seal.reason]
    sound = True
    if keys is not None and keys.opening is not None:
        container = Container(grant.header, file.opening, [statement.raw], [], file.closing or None)
        sound = _read_metadata(recording, container, evidence, RecordingKeys(0, b"", keys.opening, keys.closing, keys.chunks))
    recording.state = State.Corrupt if recording.corrupt or not sound else State.Range
    recording.signed = recording.verified if statement.live and proven else 0
    return recording


def _open_granted(recording: Recording, chunks: dict[int, bytes], doubtful: set[int], signed: int, keys: GrantKeys) -> None:
    """Those that do not open are named; if all do, those that a statement differs from."""
    before: Payload | None = None
    playing = True
    for index, stored in chunks.items():
        try:
            payload = decode_payload(unseal(recording.header.suite, keys.chunks.chunk_key(index) or b"", stored))
            check_follows(before, payload)
            before = payload
            playing = playing and index not in doubtful
            if playing:
                recording.released.append(Chunk(index, index < signed, payload))
                recording.verified += 1
        except (DoesNotOpen, Refused) as error:
            recording.findings.append(f"chunk {index}: {error}")
            recording.corrupt.append(index)
            playing = False
    if doubtful and not recording.corrupt:
        recording.findings.append("some chunks are not those that were signed")
        recording.corrupt = sorted(doubtful)


def _valid_statements(container: Container, register: Sequence[bytes], trust: TrustList,
                      recording: Recording) -> list[Statement]:
    valid = []
    for number, raw in enumerate([*container.statements, *register]):
        try:
            valid.append(verify_statement(raw, container.header, trust))
        except Refused as refused:
            recording.findings.append(f"statement {number}: {refused}")
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


def _open_chunks(recording: Recording, chunks: list[bytes], evidence: Assessment, roots: Mapping[int, bytes],
                 keys: RecordingKeys | None) -> None:
    """Releases what may be released in sequence, counts what is verified, and names the chunks that do not open."""
    covered, signed, differing = evidence.covered(roots), evidence.signed(roots), evidence.differing(roots)
    if keys is None:
        recording.verified = covered
        return
    # Statements of more chunks than there are prove nothing.
    judged = max((s.count for s in evidence.accepted if s.count <= len(chunks)), default=0)
    before: Payload | None = None
    playing = unbroken = True
    for index, stored in enumerate(chunks):
        beyond_end = evidence.seal is not None and index >= evidence.seal.count
        in_doubt = index >= covered and (beyond_end or any(count > covered for count in differing))
        may_be_released = index < covered or (index >= judged and not beyond_end)
        key = keys.chunks.chunk_key(index)
        good = not in_doubt
        if key is None:
            recording.no_key.append(index)
            good = index < covered
        else:
            try:
                payload = decode_payload(unseal(recording.header.suite, key, stored))
                check_follows(before, payload)
                before = payload
                playing = playing and may_be_released
                if playing:
                    recording.released.append(Chunk(index, index < signed, payload))
            except (DoesNotOpen, Refused) as error:
                recording.findings.append(f"chunk {index}: {error}")
                recording.corrupt.append(index)
                playing = good = False
        unbroken = unbroken and good
        if unbroken:
            recording.verified = index + 1


def _name_by_statements(recording: Recording, evidence: Assessment, roots: Mapping[int, bytes]) -> None:
    """Names the chunks that only statements show to be wrong."""
    if evidence.forked:
        return
    covered, differing = evidence.covered(roots), evidence.differing(roots)
    if differing and not recording.corrupt:
        recording.findings.append(f"of the chunks {covered} to {differing[0] - 1} one at least is not what was signed")
        recording.corrupt = list(range(covered, differing[0]))
    if evidence.seal is not None and recording.chunks > evidence.seal.count:
        recording.findings.append(f"trailing data: {recording.chunks} chunks, the seal says {evidence.seal.count}")
        recording.corrupt = sorted({*recording.corrupt, *range(evidence.seal.count, recording.chunks)})


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
    seals = [s for s in evidence.accepted if s.type == SEAL]
    if evidence.seal is None:
        return sound
    if container.closing is None:
        recording.findings.append("the closing record is absent")
        # Missing together with chunks it was cut off, and not altered.
        return sound and evidence.seal.count > recording.chunks
    if any(s.closing_hash != sha256(container.closing) for s in seals):
        recording.findings.append("the closing record is not the one that was signed")
        return False
    if keys is None or keys.closing is None:
        return sound
    try:
        closing = read_closing(unseal(suite, keys.closing, container.closing))
        if closing.reason != evidence.seal.reason:
            raise Refused("another reason than that of the seal")
        recording.closing = closing
    except (DoesNotOpen, Refused) as error:
        recording.findings.append(f"closing record: {error}")
        return False
    return sound
