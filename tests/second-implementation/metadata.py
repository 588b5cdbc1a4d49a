"""The opening and the closing record (section 7): canonical Protobuf, written by hand, and its padding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Sequence, TypeVar

from octets import Cursor, Refused, is_zero, uint, utf8

OPENING_PADDED, CLOSING_PADDED = 4096, 1024

Message = TypeVar("Message", bound="_Message")


class _Message:
    """FIELDS: (attribute, type) of field 1, 2, …; a type is str, the bits of an unsigned integer, or [message]."""

    FIELDS: ClassVar[tuple[tuple[str, Any], ...]]


@dataclass
class PayloadType(_Message):
    number: int = 0
    codec: str = ""
    clock_rate: int = 0
    channels: int = 0
    FIELDS: ClassVar = (("number", 32), ("codec", str), ("clock_rate", 32), ("channels", 32))


@dataclass
class Leg(_Message):
    label: str = ""
    payload_types: list[PayloadType] = field(default_factory=list)
    FIELDS: ClassVar = (("label", str), ("payload_types", [PayloadType]))


@dataclass
class Party(_Message):
    leg: int = 0
    name: str = ""
    address: str = ""
    FIELDS: ClassVar = (("leg", 32), ("name", str), ("address", str))


@dataclass
class Tag(_Message):
    key: str = ""
    value: str = ""
    FIELDS: ClassVar = (("key", str), ("value", str))


@dataclass
class OpeningRecord(_Message):
    call_id: str = ""
    started_ms: int = 0
    legs: list[Leg] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    FIELDS: ClassVar = (("call_id", str), ("started_ms", 64), ("legs", [Leg]), ("parties", [Party]), ("tags", [Tag]))


@dataclass
class ClosingRecord(_Message):
    ended_ms: int = 0
    reason: int = 0
    frames: int = 0
    dropped_frames: int = 0
    gap_ms: int = 0
    FIELDS: ClassVar = (("ended_ms", 64), ("reason", 32), ("frames", 64), ("dropped_frames", 64), ("gap_ms", 64))


# --- Protobuf -----------------------------------------------------------------------------------------------------------

def _write_varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def _read_varint(cursor: Cursor) -> int:
    value = 0
    for i in range(10):
        byte = cursor.uint(1)
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return value
    raise Refused("a Protobuf varint is longer than 10 bytes")


def encode(message: _Message) -> bytes:
    out = b""
    for number, (name, kind) in enumerate(message.FIELDS, start=1):
        value = getattr(message, name)
        if isinstance(kind, int):
            if value:
                out += _write_varint(number << 3) + _write_varint(value)
            continue
        for item in [encode(m) for m in value] if isinstance(kind, list) else [value.encode()] if value else []:
            out += _write_varint(number << 3 | 2) + _write_varint(len(item)) + item
    return out


def decode(kind: type[Message], data: bytes) -> Message:
    """Parses leniently, then serializes again: whatever was not canonical is then not the same."""
    message = _parse(kind, data)
    if encode(message) != data:
        raise Refused(f"{kind.__name__} is not in canonical form")
    return message


def _parse(kind: type[Message], data: bytes) -> Message:
    message = kind()
    cursor = Cursor(data)
    while cursor.remaining:
        tag = _read_varint(cursor)
        number, wire = tag >> 3, tag & 7
        if not 1 <= number <= len(kind.FIELDS):
            raise Refused(f"{kind.__name__} has an unknown field")
        name, field_kind = kind.FIELDS[number - 1]
        if wire != (0 if isinstance(field_kind, int) else 2):
            raise Refused(f"{kind.__name__}.{name} has the wrong wire type")
        if isinstance(field_kind, int):
            value = _read_varint(cursor)
            if value >= 1 << field_kind:
                raise Refused(f"{kind.__name__}.{name} is too large")
            setattr(message, name, value)
            continue
        content = cursor.take(_read_varint(cursor))
        if field_kind is str:
            setattr(message, name, utf8(content, f"{kind.__name__}.{name}"))
        else:
            getattr(message, name).append(_parse(field_kind[0], content))
    return message


# --- records ------------------------------------------------------------------------------------------------------------

def _pad(message: bytes, size: int) -> bytes:
    if len(message) > size - 2:
        raise ValueError(f"a record of {len(message)} bytes does not fit {size}")
    return (uint(len(message), 2) + message).ljust(size, b"\0")


def _unpad(padded: bytes, size: int) -> bytes:
    cursor = Cursor(padded)
    if len(padded) != size:
        raise Refused("a record has the wrong size")
    message = cursor.take(cursor.uint(2))
    if not is_zero(cursor.take(cursor.remaining)):
        raise Refused("a record's padding is not 0")
    return message


def format_problem(label: str, payload_types: Sequence[PayloadType]) -> str | None:
    """What is wrong with a leg's label and payload types, in a format frame or an opening record."""
    numbers = [t.number for t in payload_types]
    if len(label.encode()) > 64:
        return "a label is longer than 64 bytes"
    if not 1 <= len(numbers) <= 16:
        return "a leg has no payload type or more than 16"
    if any(a >= b for a, b in zip(numbers, numbers[1:])) or numbers[-1] > 127:
        return "a leg's payload types are not ascending or above 127"
    if any(not 1 <= t.clock_rate < 1 << 31 or not 1 <= t.channels <= 255 for t in payload_types):
        return "a clock rate is not 1 to 2^31 - 1, or a number of channels not 1 to 255"
    if any(not 1 <= len(t.codec) <= 32 or any(not "!" <= c <= "~" for c in t.codec) for t in payload_types):
        return "a codec name is not 1 to 32 bytes of printable ASCII"
    return None


def write_opening(record: OpeningRecord) -> bytes:
    return _pad(encode(record), OPENING_PADDED)


def write_closing(record: ClosingRecord) -> bytes:
    return _pad(encode(record), CLOSING_PADDED)


def read_opening(padded: bytes) -> OpeningRecord:
    record = decode(OpeningRecord, _unpad(padded, OPENING_PADDED))
    keys = [tag.key.encode() for tag in record.tags]
    if any(a >= b for a, b in zip(keys, keys[1:])):
        raise Refused("the tags' keys are not strictly ascending")
    if len(record.legs) > 15:
        raise Refused("more than 15 legs")
    for leg in record.legs:
        problem = format_problem(leg.label, leg.payload_types)
        if problem:
            raise Refused(problem)
    if any(party.leg > 14 for party in record.parties):
        raise Refused("a party's leg is not 0 to 14")
    return record


def read_closing(padded: bytes) -> ClosingRecord:
    return decode(ClosingRecord, _unpad(padded, CLOSING_PADDED))
