"""A chunk's payload and its frames (section 6): a strict decoder, and an encoder that knows one encoding only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from metadata import PayloadType, format_problem
from octets import Cursor, Refused, is_zero, uint, utf8, varint

AUDIO, EVENT = "audio", "event"
ALL_LEGS = 15
MAX_FRAME = 8192
TIME_LIMIT = 1 << 31

# Frame types: audio and event have three each, in this order.
_ANCHOR, _DELTA, _NEXT = 1, 2, 3
_EVENT_OFFSET = 3
_FORMAT, _GAP = 7, 8

# A delta's control byte.
_MARKER, _SEQUENCE, _STEP, _LENGTH, _RESERVED = 0x80, 0x40, 0x20, 0x10, 0x0F


@dataclass(frozen=True)
class Media:
    """An audio or event frame."""
    arrival: int
    leg: int
    kind: str
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(frozen=True)
class Format:
    arrival: int
    leg: int
    label: str
    payload_types: tuple[PayloadType, ...]


@dataclass(frozen=True)
class Gap:
    arrival: int
    leg: int
    duration: int
    reason: int


Frame = Union[Media, Format, Gap]


@dataclass(frozen=True)
class Payload:
    tick: int
    earliest: int
    latest: int
    frames: tuple[Frame, ...]


@dataclass
class _Last:
    """What is kept of a leg's last audio or event frame in this chunk."""
    kind: str
    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    length: int
    step: int | None  # None is "unset", after an anchor


def _predict(last: _Last) -> tuple[int, int | None]:
    sequence = (last.sequence + 1) % (1 << 16)
    return sequence, None if last.step is None else (last.timestamp + last.step) % (1 << 32)


def _needs_anchor(last: _Last | None, kind: str, ssrc: int, payload_type: int, timestamp: int) -> bool:
    return (last is None or (last.kind, last.ssrc, last.payload_type) != (kind, ssrc, payload_type)
            or (timestamp - last.timestamp) % (1 << 32) > 0xFFFF)


def _after(frame: Media, step: int | None) -> _Last:
    return _Last(frame.kind, frame.ssrc, frame.payload_type, frame.sequence, frame.timestamp, len(frame.payload), step)


# --- decoding -----------------------------------------------------------------------------------------------------------

def decode_payload(data: bytes) -> Payload:
    cursor = Cursor(data)
    tick, earliest, latest, count = cursor.uint(4), cursor.uint(4), cursor.uint(4), cursor.uint(2)
    if earliest >= TIME_LIMIT or latest >= TIME_LIMIT:
        raise Refused("an arrival time is 2^31 or more")
    arrival = earliest
    last: dict[int, _Last] = {}
    declared: set[int] = set()
    frames: list[Frame] = []
    for i in range(count):
        head = cursor.uint(1)
        frame_type, leg = head >> 4, head & 15
        delta = cursor.varint()
        if i == 0 and delta != 0:
            raise Refused("the first frame does not arrive at `earliest`")
        arrival += delta  # below 2^31 as `latest` is, which the last one must equal
        if leg == ALL_LEGS and frame_type != _GAP:
            raise Refused("leg 15 in a frame that is not a gap")
        if frame_type == _FORMAT:
            frames.append(_decode_format(cursor, arrival, leg))
            declared.add(leg)
        elif frame_type == _GAP:
            frames.append(_decode_gap(cursor, arrival, leg))
        elif _ANCHOR <= frame_type <= _NEXT + _EVENT_OFFSET:
            if leg not in declared:
                raise Refused("an audio or event frame stands before its leg's format")
            frames.append(_decode_media(cursor, frame_type, arrival, leg, last))
        else:
            raise Refused(f"frame type {frame_type} is unknown")
    if latest != arrival:
        raise Refused("`latest` is not the arrival of the last frame")
    if not is_zero(cursor.take(cursor.remaining)):
        raise Refused("the padding is not 0")
    return Payload(tick, earliest, latest, tuple(frames))


def _decode_media(cursor: Cursor, frame_type: int, arrival: int, leg: int, states: dict[int, _Last]) -> Media:
    kind = AUDIO if frame_type <= _NEXT else EVENT
    encoding = frame_type if kind == AUDIO else frame_type - _EVENT_OFFSET
    last = states.get(leg)
    step: int | None = None
    if encoding == _ANCHOR:
        first = cursor.uint(1)
        marker, payload_type = first >= 0x80, first & 0x7F
        sequence, timestamp, ssrc, length = cursor.uint(2), cursor.uint(4), cursor.uint(4), cursor.uint(2)
        if not _needs_anchor(last, kind, ssrc, payload_type, timestamp):
            raise Refused("an anchor where a delta or a next belongs")
    else:
        if last is None or last.kind != kind:
            raise Refused("a delta or a next where an anchor belongs")
        predicted_sequence, predicted_timestamp = _predict(last)
        control = cursor.uint(1) if encoding == _DELTA else 0
        if encoding == _DELTA and (control == 0 or control & _RESERVED):
            raise Refused("a delta's control byte is 0 or has a reserved bit")
        marker, payload_type, ssrc = bool(control & _MARKER), last.payload_type, last.ssrc
        sequence = cursor.uint(2) if control & _SEQUENCE else predicted_sequence
        if control & _SEQUENCE and sequence == predicted_sequence:
            raise Refused("a sequence that is as predicted follows")
        step = cursor.uint(2) if control & _STEP else last.step
        if step is None:
            raise Refused("no timestamp step after an anchor")
        if control & _STEP and step == last.step:
            raise Refused("a timestamp step that is as predicted follows")
        timestamp = (last.timestamp + step) % (1 << 32)
        length = cursor.uint(2) if control & _LENGTH else last.length
        if control & _LENGTH and length == last.length:
            raise Refused("a length that is as predicted follows")
    if length > MAX_FRAME:
        raise Refused("a frame's payload is longer than 8,192 bytes")
    frame = Media(arrival, leg, kind, marker, payload_type, sequence, timestamp, ssrc, cursor.take(length))
    states[leg] = _after(frame, step)
    return frame


def _decode_format(cursor: Cursor, arrival: int, leg: int) -> Format:
    label = utf8(cursor.take(cursor.uint(1)), "a leg's label")
    types = []
    for _ in range(cursor.uint(1)):
        number, clock_rate, channels = cursor.uint(1), cursor.uint(4), cursor.uint(1)
        name = cursor.take(cursor.uint(1))
        types.append(PayloadType(number, name.decode("latin-1"), clock_rate, channels))
    frame = Format(arrival, leg, label, tuple(types))
    problem = format_problem(frame.label, frame.payload_types)
    if problem:
        raise Refused(problem)
    return frame


def _decode_gap(cursor: Cursor, arrival: int, leg: int) -> Gap:
    frame = Gap(arrival, leg, cursor.varint(), cursor.uint(1))
    problem = _gap_problem(frame)
    if problem:
        raise Refused(problem)
    return frame


def _gap_problem(frame: Gap) -> str | None:
    if not 1 <= frame.duration <= max(1, frame.arrival):
        return "a gap's duration is 0 or exceeds its arrival"
    if not 1 <= frame.reason <= 8:
        return "a gap's reason is unknown"
    return None


def check_follows(before: Payload | None, payload: Payload) -> None:
    """Ticks ascend and arrivals do not descend from chunk to chunk."""
    if before is not None:
        if payload.tick <= before.tick:
            raise Refused("the tick number does not ascend")
        if payload.earliest < before.latest:
            raise Refused("the arrival time descends")


# --- encoding -----------------------------------------------------------------------------------------------------------

def encode_payload(payload: Payload, size: int) -> bytes:
    """The one encoding of `payload`; ValueError if it breaks a rule or does not fit."""
    frames = payload.frames
    arrivals = [payload.earliest] + [f.arrival for f in frames] + [payload.latest]
    if sorted(arrivals) != arrivals or (frames and (arrivals[0], arrivals[-1]) != (arrivals[1], arrivals[-2])):
        raise ValueError("arrival times descend, or `earliest` and `latest` are not those of the frames")
    if payload.latest >= TIME_LIMIT or (not frames and payload.earliest != payload.latest):
        raise ValueError("`latest` is 2^31 or more, or a chunk without frames has two arrival times")
    parts = [uint(payload.tick, 4), uint(payload.earliest, 4), uint(payload.latest, 4), uint(len(frames), 2)]
    arrival = payload.earliest
    last: dict[int, _Last] = {}
    declared: set[int] = set()
    for frame in frames:
        delta = varint(frame.arrival - arrival)
        arrival = frame.arrival
        if isinstance(frame, Format):
            problem = format_problem(frame.label, frame.payload_types)
            frame_type, content = _FORMAT, b"" if problem else _encode_format(frame)
            declared.add(frame.leg)
        elif isinstance(frame, Gap):
            problem = _gap_problem(frame)
            frame_type, content = _GAP, varint(frame.duration) + uint(frame.reason, 1)
        else:
            problem = None if frame.leg in declared else "a leg without a format"
            frame_type, content = _encode_media(frame, last)
        if problem:
            raise ValueError(problem)
        parts.append(uint(frame_type << 4 | frame.leg, 1) + delta + content)
    out = b"".join(parts)
    if len(out) > size:
        raise ValueError(f"{len(out)} bytes do not fit a payload of {size}")
    return out.ljust(size, b"\0")


def _encode_media(frame: Media, states: dict[int, _Last]) -> tuple[int, bytes]:
    if len(frame.payload) > MAX_FRAME:
        raise ValueError("a frame's payload is longer than 8,192 bytes")
    offset = 0 if frame.kind == AUDIO else _EVENT_OFFSET
    last = states.get(frame.leg)
    if _needs_anchor(last, frame.kind, frame.ssrc, frame.payload_type, frame.timestamp):
        states[frame.leg] = _after(frame, None)
        return _ANCHOR + offset, (
            uint(frame.payload_type | (_MARKER if frame.marker else 0), 1) + uint(frame.sequence, 2)
            + uint(frame.timestamp, 4) + uint(frame.ssrc, 4) + uint(len(frame.payload), 2) + frame.payload)
    sequence, timestamp = _predict(last)
    step = (frame.timestamp - last.timestamp) % (1 << 32)
    control, fields = _MARKER if frame.marker else 0, b""
    if frame.sequence != sequence:
        control, fields = control | _SEQUENCE, fields + uint(frame.sequence, 2)
    if frame.timestamp != timestamp:
        control, fields = control | _STEP, fields + uint(step, 2)
    if len(frame.payload) != last.length:
        control, fields = control | _LENGTH, fields + uint(len(frame.payload), 2)
    states[frame.leg] = _after(frame, step)
    if control == 0:
        return _NEXT + offset, frame.payload
    return _DELTA + offset, uint(control, 1) + fields + frame.payload


def _encode_format(frame: Format) -> bytes:
    label = frame.label.encode()
    out = uint(len(label), 1) + label + uint(len(frame.payload_types), 1)
    for t in frame.payload_types:
        name = t.codec.encode("ascii")
        out += uint(t.number, 1) + uint(t.clock_rate, 4) + uint(t.channels, 1) + uint(len(name), 1) + name
    return out
