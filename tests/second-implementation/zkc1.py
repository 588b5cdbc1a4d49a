#!/usr/bin/python3
"""Verify, decrypt, open grants of, check and write ZKC1 recordings: a second implementation of docs/FORMAT.md."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Iterator

import envelope
import keyfiles
import samples
import sodium
import vectorfiles
from frames import Format, Media
from grant import GRANT_LIMIT, check_grant, open_grant, parse_grant, parse_range_file
from hpke import Identity
from keyfiles import TrustList
from octets import Refused
from primitives import AEGIS, AES
from reading import Chunk, Recording, State, decrypt, read_granted, read_range_file, verify
from structures import NotVerified, parse_container


def read_limited(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Refused(f"{path.name} is larger than {limit} bytes")
    return data


def read_trust(path: Path) -> TrustList:
    return TrustList(read_limited(path, keyfiles.FILE_LIMIT))


def read_identities(path: Path) -> list[Identity]:
    if path.stat().st_mode & 0o066:
        raise Refused(f"{path.name}: others can read or change it")
    return keyfiles.parse_identities(read_limited(path, keyfiles.FILE_LIMIT))


def ranges(indexes: list[int]) -> list[list[int]]:
    """[first, end) of each run of consecutive indexes."""
    out: list[list[int]] = []
    for index in indexes:
        if out and out[-1][1] == index:
            out[-1][1] += 1
        else:
            out.append([index, index + 1])
    return out


def camel(value: Any) -> Any:
    """A dataclass as JSON, with names as JSON has them."""
    if is_dataclass(value):
        return {re.sub("_([a-z])", lambda m: m[1].upper(), f.name): camel(getattr(value, f.name)) for f in fields(value)}
    return [camel(item) for item in value] if isinstance(value, (list, tuple)) else value


def summary(recording: Recording) -> dict[str, Any]:
    return {"state": recording.state.name, "chunks": recording.chunks, "verified": recording.verified,
            "signed": recording.signed, "seal": recording.seal_reason, "coreId": recording.header.core_id.hex(),
            "findings": recording.findings}


def frame_records(chunk: Chunk) -> Iterator[dict[str, Any]]:
    for frame in chunk.payload.frames:
        where = {"arrivalMs": frame.arrival, "chunk": chunk.index, "signed": chunk.signed}
        if isinstance(frame, Media):
            yield {**samples.frame_record(frame), "marker": frame.marker, "ssrc": frame.ssrc, **where}
        elif isinstance(frame, Format):
            types = camel(frame.payload_types)
            yield {"leg": frame.leg, "kind": "format", "label": frame.label, "payloadTypes": types, **where}
        else:
            yield {"leg": frame.leg, "kind": "gap", "durationMs": frame.duration, "reason": frame.reason, **where}


def command_verify(options: argparse.Namespace) -> int:
    recording = verify(options.file.read_bytes(), read_trust(options.trust))
    print(json.dumps(summary(recording), indent=2))
    return 0 if recording.state >= State.Complete else 1


def command_decrypt(options: argparse.Namespace) -> int:
    recording = decrypt(options.file.read_bytes(), read_limited(options.envelope, envelope.ENVELOPE_LIMIT),
                        read_identities(options.identity), read_trust(options.trust))
    records = [record for chunk in recording.released for record in frame_records(chunk)]
    if options.frames is not None:
        options.frames.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records), encoding="utf-8")
    print(json.dumps({
        **summary(recording), "frames": len(records), "audioAndEventFrames": len(recording.media),
        "noKey": ranges(recording.no_key), "envelopeForm": recording.form, "classical": recording.classical,
        "metadata": {"opening": camel(recording.opening), "closing": camel(recording.closing)},
    }, indent=2, ensure_ascii=False))
    return 0 if recording.state >= State.Complete else 1


def command_grant(options: argparse.Namespace) -> int:
    """A file of a range, or a container with a grant beside it."""
    trust, identities, data = read_trust(options.trust), read_identities(options.identity), options.file.read_bytes()
    if options.grant is None:
        file = parse_range_file(data)
        check_grant(file.grant, trust)
        grant, recording = file.grant, read_range_file(file, trust, open_grant(file.grant, identities))
    else:
        container, grant = parse_container(data), parse_grant(read_limited(options.grant, GRANT_LIMIT))
        if grant.header.core_id != container.header.core_id:
            raise NotVerified("the grant is for another recording")
        check_grant(grant, trust)
        recording = read_granted(container, trust, grant, open_grant(grant, identities))
    records = [record for chunk in recording.released for record in frame_records(chunk)]
    if options.frames is not None:
        options.frames.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records), encoding="utf-8")
    print(json.dumps({**summary(recording), "range": [grant.first, grant.end], "purpose": grant.purpose, "frames": len(records),
                      "metadata": {"opening": camel(recording.opening), "closing": camel(recording.closing)}}, indent=2, ensure_ascii=False))
    return 0 if recording.state == State.Range else 1


def by_leg(records: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    legs: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        legs.setdefault(record["leg"], []).append(record)
    return legs


def compare(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> tuple[int, int]:
    """(compared, different) frames, leg by leg in their order."""
    compared = different = 0
    wanted_legs, found_legs = by_leg(wanted), by_leg(found)
    for leg in wanted_legs.keys() | found_legs.keys():
        a, b = wanted_legs.get(leg, []), found_legs.get(leg, [])
        compared += max(len(a), len(b))
        different += sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))
    return compared, different


FIELDS = ("leg", "kind", "payloadType", "sequence", "timestamp", "payload")


def check_recording(path: Path, trust: TrustList, identities: list[Identity],
                    want: dict[str, Any]) -> tuple[int, int, list[str]]:
    """(compared, different) frames, and what else is not as wanted."""
    lines = path.with_suffix(".frames.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [{name: record[name] for name in FIELDS} for record in map(json.loads, lines)]
    for record in wanted:
        record["payload"] = record["payload"].lower()
    data, envelope_data = path.read_bytes(), read_limited(path.with_suffix(".zkenv"), envelope.ENVELOPE_LIMIT)
    compared = different = 0
    problems: list[str] = []
    for identity in [None, *identities]:
        try:
            found = verify(data, trust) if identity is None else decrypt(data, envelope_data, [identity], trust)
        except (Refused, NotVerified) as error:
            problems.append(str(error))
            continue
        got = {"state": found.state.name, "chunks": found.chunks, "signed": found.signed}
        if identity is not None:
            got["frames"] = len(found.media)
            counts = compare(wanted, [samples.frame_record(frame) for frame in found.media])
            compared, different = compared + counts[0], different + counts[1]
            if found.closing is not None and not found.no_key and found.closing.frames != len(found.media):
                problems.append(f"the closing record says {found.closing.frames} frames, there are {len(found.media)}")
        if any(got[name] != value for name, value in want.items() if name in got):
            problems.append(f"{got} where {want} is expected: {'; '.join(found.findings)}")
    return compared, different, problems


def command_check(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    trust, identities = read_trust(folder / "trust.txt"), read_identities(folder / "identities.txt")
    expected_path = folder / "expected.json"
    expected = json.loads(expected_path.read_text(encoding="utf-8")) if expected_path.exists() else {}
    recordings = compared = different = problems = 0
    for path in sorted(folder.glob("*.zkc")):
        counts = check_recording(path, trust, identities, expected.get(path.stem, {"state": State.Complete.name}))
        recordings, compared, different = recordings + 1, compared + counts[0], different + counts[1]
        problems += len(counts[2])
        for problem in counts[2]:
            print(f"{path.name}: {problem}", file=sys.stderr)
    print(f"{recordings} recordings, {compared} frames compared, {different} different")
    return 0 if recordings > 0 and compared > 0 and different == 0 and problems == 0 else 1


def command_vectors(options: argparse.Namespace) -> int:
    paths = sorted(options.folder.glob("*.json"))
    wrong = 0
    for path in paths:
        problems = vectorfiles.check(path)
        wrong += bool(problems)
        for problem in problems:
            print(f"{path.name}: {problem}", file=sys.stderr)
    print(f"{len(paths)} vectors, {wrong} not as expected")
    return 0 if paths and wrong == 0 else 1


def command_write(options: argparse.Namespace) -> int:
    names = samples.write_all(options.folder, {"aes": AES, "aegis": AEGIS}[options.suite], options.seed)
    print(f"{len(names)} recordings written")
    return 0


def main(arguments: list[str] | None = None) -> int:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--sodium", metavar="PATH", help="libsodium.so; else ZKCALLS_SODIUM, else the NuGet cache")
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("verify", parents=[common], help="without any decryption key")
    command.add_argument("file", type=Path, metavar="FILE.zkc")
    command.add_argument("--trust", type=Path, required=True)
    command.set_defaults(run=command_verify)

    command = commands.add_parser("decrypt", parents=[common], help="with an identity")
    command.add_argument("file", type=Path, metavar="FILE.zkc")
    command.add_argument("--envelope", type=Path, required=True, metavar="FILE.zkenv")
    command.add_argument("--identity", type=Path, required=True, metavar="IDENTITIES")
    command.add_argument("--trust", type=Path, required=True)
    command.add_argument("--frames", type=Path, metavar="OUT.jsonl")
    command.set_defaults(run=command_decrypt)

    command = commands.add_parser("grant", parents=[common], help="with a grant: the file of a range, or a container beside the grant")
    command.add_argument("file", type=Path, metavar="FILE.zkrange|FILE.zkc")
    command.add_argument("--grant", type=Path, metavar="FILE.zkgrant")
    command.add_argument("--identity", type=Path, required=True, metavar="IDENTITIES")
    command.add_argument("--trust", type=Path, required=True)
    command.add_argument("--frames", type=Path, metavar="OUT.jsonl")
    command.set_defaults(run=command_grant)

    command = commands.add_parser("check", parents=[common], help="a folder's recordings against the frames that went in")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.set_defaults(run=command_check)

    command = commands.add_parser("vectors", parents=[common], help="the files of tests/vectors against what they expect")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.set_defaults(run=command_vectors)

    command = commands.add_parser("write", parents=[common], help="recordings for another implementation to read")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--suite", choices=("aes", "aegis"), required=True)
    command.add_argument("--seed", type=int, required=True)
    command.set_defaults(run=command_write)

    options = parser.parse_args(arguments)
    sodium.use(options.sodium)
    try:
        return options.run(options)
    except (Refused, NotVerified) as error:
        print(json.dumps({"state": State.NotVerified.name, "error": str(error)}, indent=2))
        return 1


if __name__ == "__main__":
    sys.exit(main())
