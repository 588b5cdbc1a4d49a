"""The files of tests/vectors: reads each as its README says, and compares what comes out with what is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keyfiles
import structures
from envelope import NoRecipient, open_envelope, parse_envelope, parse_shares
from frames import Format, Gap, Media
from grant import check_grant, open_grant, parse_grant
from keyfiles import TrustList
from octets import Refused
from reading import Recording, State, read_granted, read_recording
from structures import Container, NotVerified, parse_container, parse_header, verify_statement


class _Stop(Exception):
    """The outcome is known before there is a recording."""


def check(path: Path) -> list[str]:
    """What is not as the file expects."""
    file = json.loads(path.read_text(encoding="utf-8"))
    problems = []
    sources = [name for name in ("header", "container") if name in file] or ["keys"]
    for source in sources:
        for member in ("expected", "verifier"):
            if member in file:
                found = _outcome(file, source, member == "expected")
                problems += [f"{member}{' of the container' if source == 'container' else ''}: {problem}"
                             for problem in _differences(file[member], found)]
    return problems


def _differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    members = expected.keys() | {"refused"}
    return [f"{name} is {found.get(name)!r}, expected {expected.get(name)!r}" for name in sorted(members)
            if found.get(name) != expected.get(name)]


def _outcome(file: dict[str, Any], source: str, with_key: bool) -> dict[str, Any]:
    try:
        return _read(file, source, with_key)
    except _Stop as stop:
        of_recording = str(stop) in ("header", "envelope", "shares", "container", "grant")
        return {"refused": str(stop)} | ({"state": State.NotVerified.name} if of_recording else {})
    except NotVerified:
        return {"state": State.NotVerified.name}


def _parse(name: str, action: Any) -> Any:
    try:
        return action()
    except Refused:
        raise _Stop(name) from None


def _read(file: dict[str, Any], source: str, with_key: bool) -> dict[str, Any]:
    trust = _parse("trust", lambda: TrustList(file["trust"].encode()))
    identities = _parse("identity", lambda: keyfiles.parse_identities(
        "\n".join(file.get("identities", [])).encode(), file.get("passphrase", "")))
    if source == "keys":
        return {}
    if source == "container":
        container = _parse("container", lambda: parse_container(bytes.fromhex(file["container"])))
    else:
        header = _parse("header", lambda: parse_header(bytes.fromhex(file["header"])))
        chunks = [bytes.fromhex(chunk) for chunk in file["chunks"]]
        container = Container(header, bytes.fromhex(file["openingRecord"]), [bytes.fromhex(s) for s in file["statements"]],
                              chunks, bytes.fromhex(file["closingRecord"]) or None)
    if "coreId" in file and bytes.fromhex(file["coreId"]) != container.header.core_id:
        raise NotVerified("another recording was asked for")
    container.header.check_trusted(trust)
    register = [bytes.fromhex(statement) for statement in file.get("register", [])]
    if "grant" in file:
        grant = _parse("grant", lambda: parse_grant(bytes.fromhex(file["grant"])))
        if grant.header.core_id != container.header.core_id:
            raise NotVerified("the grant is for another recording")
        check_grant(grant, trust)
        try:
            granted = open_grant(grant, identities)
        except NoRecipient:
            raise _Stop("recipient") from None
        return _describe(read_granted(container, trust, grant, granted), container, trust)
    keys = None
    findings: list[str] = []
    if with_key:
        envelope = _parse("envelope", lambda: parse_envelope(bytes.fromhex(file["envelope"])))
        shares = [_parse("shares", lambda: parse_shares(bytes.fromhex(text))) for text in file.get("shares", [])]
        if "registerEnvelope" in file and envelope.version < parse_envelope(bytes.fromhex(file["registerEnvelope"])).version:
            findings.append("the register has a later version of the envelope")
        try:
            keys = open_envelope(envelope, container.header, trust, identities, shares, findings)
        except NoRecipient:
            raise _Stop("recipient") from None
    recording = read_recording(container, trust, keys, register)
    recording.findings.extend(findings)
    return _describe(recording, container, trust)


def _describe(recording: Recording, container: Container, trust: TrustList) -> dict[str, Any]:
    refused = []
    for number, raw in enumerate(container.statements):
        try:
            verify_statement(raw, container.header, trust)
        except Refused:
            refused.append(number)
    found: dict[str, Any] = {
        "state": recording.state.name,
        "chunks": recording.chunks,
        "verified": recording.verified,
        "signed": recording.signed,
        "corrupt": recording.corrupt,
        "refusedStatements": refused,
        "noKey": recording.no_key,
        "gaps": [c.index for c in recording.released if any(isinstance(f, Gap) for f in c.payload.frames)],
        "frames": len(recording.media),
        "finding": bool(recording.findings),
        "openingReleased": recording.opening is not None,
        "closingReleased": recording.closing is not None,
        "content": [_frame(frame, chunk.index, chunk.signed) for chunk in recording.released for frame in chunk.payload.frames],
    }
    if recording.seal_reason is not None:
        found["reason"] = recording.seal_reason
    if recording.opening is not None:
        call = recording.opening
        found["opening"] = {
            "callId": call.call_id, "startedMs": call.started_ms, "legs": [_leg(leg) for leg in call.legs],
            "parties": [{"leg": p.leg, "name": p.name, "address": p.address} for p in call.parties],
            "tags": [{"key": tag.key, "value": tag.value} for tag in call.tags]}
    if recording.closing is not None:
        end = recording.closing
        found["closing"] = {"endedMs": end.ended_ms, "reason": structures.SEAL_REASONS[end.reason], "frames": end.frames,
                            "droppedFrames": end.dropped_frames, "gapMs": end.gap_ms}
    return found


def _leg(leg: Any) -> dict[str, Any]:
    return {"label": leg.label, "payloadTypes": [
        {"number": t.number, "codec": t.codec, "clockRate": t.clock_rate, "channels": t.channels} for t in leg.payload_types]}


def _frame(frame: Any, chunk: int, signed: bool) -> dict[str, Any]:
    record = {"chunk": chunk, "signed": signed, "leg": frame.leg, "arrivalMs": frame.arrival}
    if isinstance(frame, Media):
        return record | {"kind": frame.kind, "marker": frame.marker, "payloadType": frame.payload_type, "sequence": frame.sequence,
                         "timestamp": frame.timestamp, "ssrc": frame.ssrc, "payload": frame.payload.hex()}
    if isinstance(frame, Format):
        return record | {"kind": "format", "format": _leg(frame)}
    return record | {"kind": "gap", "durationMs": frame.duration, "reason": frame.reason}
