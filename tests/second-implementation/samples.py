"""The recordings that `zkc1.py write` makes: scenarios as files, keys to read them, and what a reader must find."""

from __future__ import annotations

import json
from pathlib import Path

import keyfiles
from frames import Gap, Media
from hpke import P256, XWING, Identity
from metadata import ClosingRecord, Leg, OpeningRecord, Party, Tag
from primitives import ZEROS32, SigningKey
from reading import State
from scenarios import Scenario, scenarios
from writing import CHECKPOINT_EVERY, Composer, Writer

BEGUN = 1_767_258_000_000  # 2026-01-01T09:00:00Z
TRUSTED_TIME = "2025-01-01T00:00:00Z\t2030-01-01T00:00:00Z"
NAME = "second implementation"


def frame_record(frame: Media) -> dict[str, object]:
    """An audio or event frame as a line of NAME.frames.jsonl."""
    return {"leg": frame.leg, "kind": frame.kind, "payloadType": frame.payload_type, "sequence": frame.sequence,
            "timestamp": frame.timestamp, "payload": frame.payload.hex()}


def write_all(folder: Path, suite: int, seed: int) -> list[str]:
    """Writes every scenario into the folder, with the keys to read it, and what a reader must find in expected.json."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = SigningKey()
    # Any 32 random bytes are a private key of P-256, but for one in 2^32.
    identities = [Identity(kind, SigningKey().seed) for kind in (XWING, XWING, P256)]
    recipients = [identity.public for identity in identities]
    secret, public = ({XWING: keyfiles.IDENTITY, P256: keyfiles.P256_IDENTITY}, {XWING: keyfiles.RECIPIENT, P256: keyfiles.P256_RECIPIENT})
    _write_lines(folder / "identities.txt", ["# three recipients", *(keyfiles.encode_key(secret[i.kind], i.secret) for i in identities)])
    (folder / "identities.txt").chmod(0o600)
    _write_lines(folder / "recipients.txt", [keyfiles.encode_key(public[i.kind], i.public) for i in identities])
    gateway_key = keyfiles.encode_key(keyfiles.GATEWAY, gateway.public)
    _write_lines(folder / "trust.txt", [f"{gateway_key}\t{TRUSTED_TIME}\t{NAME}"])
    expected: dict[str, dict[str, object]] = {}
    core_ids: dict[str, bytes] = {}
    for number, scenario in enumerate(scenarios(seed)):
        begun = BEGUN + 3_600_000 * number
        writer = _record(scenario, suite, gateway, begun, core_ids.get(scenario.continues or "", ZEROS32))
        core_ids[scenario.name] = writer.core_id
        container = writer.container()
        (folder / f"{scenario.name}.zkc").write_bytes(container[:len(container) - scenario.cut])
        (folder / f"{scenario.name}.zkenv").write_bytes(_envelope(scenario, writer, recipients))
        kept = scenario.ticks[:-1] if scenario.cut else scenario.ticks
        readable = [frame_record(f) for i, (_, frames) in enumerate(kept) if _readable(scenario, i)
                    for f in frames if isinstance(f, Media)]
        _write_lines(folder / f"{scenario.name}.frames.jsonl", [json.dumps(r, separators=(",", ":")) for r in readable])
        expected[scenario.name] = {
            "state": (State.Complete if scenario.end else State.Recovered if scenario.recovered else State.Open).name,
            "chunks": len(kept),
            "signed": len(kept) if scenario.end else len(kept) // CHECKPOINT_EVERY * CHECKPOINT_EVERY,
            "frames": len(readable),
        }
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    return list(expected)


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")


def _readable(scenario: Scenario, chunk: int) -> bool:
    first, end = scenario.erased or (0, 0)
    return not scenario.all_erased and not first <= chunk < end


def _record(scenario: Scenario, suite: int, gateway: SigningKey, begun: int, previous: bytes) -> Writer:
    call_id = scenario.continues or scenario.name  # linked recordings are of one call
    legs = [Leg(f.label, list(f.payload_types)) for _, f in sorted(scenario.formats.items())]
    parties = [Party(0, "Ada", "+4930123456"), Party(1, "", "sip:agent@example.org")]
    opening = OpeningRecord(call_id, begun, legs, parties, [Tag("queue", "sales"), Tag("Ü", "")])
    writer = Writer(suite, gateway, scenario.tick, scenario.payload_size, begun, opening, previous)
    composer = Composer(dict(scenario.formats))
    time = begun
    for tick, frames in scenario.ticks:
        writer.chunk(composer.payload(tick, frames, empty_at=tick * scenario.tick))
        time = begun + (tick + 1) * scenario.tick
        if writer.chunks % CHECKPOINT_EVERY == 0:
            writer.checkpoint(time)
    everything = [f for _, frames in scenario.ticks for f in frames]
    durations = [f.duration for f in everything if isinstance(f, Gap)]
    if scenario.end is not None:
        media = sum(isinstance(f, Media) for f in everything)
        writer.seal(ClosingRecord(time, scenario.end, media, sum(d // 20 for d in durations), sum(durations)))
    elif scenario.recovered:
        writer.recovery(time + 60_000)
    return writer


def _envelope(scenario: Scenario, writer: Writer, recipients: list[bytes]) -> bytes:
    if scenario.all_erased:
        return writer.envelope_erased(recipients)
    if scenario.erased:
        return writer.envelope_without(*scenario.erased, recipients)
    return writer.envelope(recipients, [(2, recipients)] if scenario.group else ())
