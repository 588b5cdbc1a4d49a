"""Reading and writing bytes: big-endian integers, the format's varint, and the error for bytes not as specified."""

from __future__ import annotations


class Refused(Exception):
    """The bytes are not what the format specifies; nothing of them is used."""


class Cursor:
    """Takes fields from bytes, front to back; taking more than there is, is refused."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    @property
    def remaining(self) -> int:
        return len(self._data) - self.position

    def take(self, count: int) -> bytes:
        if count > self.remaining:
            raise Refused(f"{count} bytes expected at offset {self.position}, {self.remaining} left")
        start = self.position
        self.position += count
        return self._data[start:self.position]

    def uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def varint(self) -> int:
        """LEB128 of 1 to 5 bytes in its shortest form, value below 2^31 (section 2)."""
        value = 0
        for i in range(5):
            byte = self.uint(1)
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                if i > 0 and byte == 0:
                    raise Refused("varint is not in its shortest form")
                if value >= 1 << 31:
                    raise Refused("varint is 2^31 or more")
                return value
        raise Refused("varint is longer than 5 bytes")

    def magic(self, expected: bytes, what: str) -> None:
        if self.take(len(expected)) != expected:
            raise Refused(f"{what}: wrong magic")

    def end(self, what: str) -> None:
        if self.remaining:
            raise Refused(f"{what}: {self.remaining} bytes too many")


def uint(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def varint(value: int) -> bytes:
    if not 0 <= value < 1 << 31:
        raise ValueError(f"{value} does not fit a varint")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def utf8(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8")  # Python's decoder is strict: no overlong forms, no surrogates
    except UnicodeDecodeError:
        raise Refused(f"{what} is not well-formed UTF-8") from None


def is_zero(data: bytes) -> bool:
    return data.count(0) == len(data)
