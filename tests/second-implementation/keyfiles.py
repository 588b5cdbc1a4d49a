"""Keys as text, files of keys, and the trust list (section 10)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timezone

from hpke import P256, XWING, Identity, is_p256_secret
from octets import Refused, utf8
from primitives import AES, DoesNotOpen, acceptable_point, hkdf_expand, unseal
from sodium import argon2id

FILE_LIMIT = 1_048_576

RECIPIENT, IDENTITY, LOCKED = "age1pq", "AGE-SECRET-KEY-PQ-", "ZKC-LOCKED-IDENTITY-"
P256_RECIPIENT, P256_IDENTITY, P256_LOCKED = "zkcp256", "ZKC-P256-IDENTITY-", "ZKC-LOCKED-P256-IDENTITY-"
GATEWAY, GATEWAY_SECRET = "zkcgateway", "ZKC-GATEWAY-KEY-"
OWNER, OWNER_SECRET = "zkcowner", "ZKC-OWNER-KEY-"
ARCHIVE, ARCHIVE_SECRET = "zkcarchive", "ZKC-ARCHIVE-KEY-"
SIZES = {RECIPIENT: 1216, IDENTITY: 32, LOCKED: 113, P256_RECIPIENT: 65, P256_IDENTITY: 32, P256_LOCKED: 113, GATEWAY: 32,
         GATEWAY_SECRET: 32, OWNER: 32, OWNER_SECRET: 32, ARCHIVE: 32, ARCHIVE_SECRET: 32}
_IDENTITIES = {IDENTITY: XWING, LOCKED: XWING, P256_IDENTITY: P256, P256_LOCKED: P256}

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


# --- Bech32 (BIP 173) without its limit of length -----------------------------------------------------------------------

def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                checksum ^= generator
    return checksum


def _expand(part: str) -> list[int]:
    return [ord(c) >> 5 for c in part] + [0] + [ord(c) & 31 for c in part]


def encode_key(part: str, key: bytes) -> str:
    """`part` is the human-readable part; its case is the case of the whole string."""
    if len(key) != SIZES[part]:
        raise ValueError(f"{part}: {len(key)} bytes")
    bits = int.from_bytes(key, "big") << (-len(key) * 8 % 5)
    groups = (len(key) * 8 + 4) // 5
    values = [bits >> 5 * i & 31 for i in reversed(range(groups))]
    checksum = _polymod(_expand(part.lower()) + values + [0] * 6) ^ 1
    values += [checksum >> 5 * i & 31 for i in reversed(range(6))]
    text = part.lower() + "1" + "".join(_ALPHABET[v] for v in values)
    return text.upper() if part.isupper() else text


def decode_key(text: str) -> tuple[str, bytes]:
    """(human-readable part as section 10 writes it, raw bytes)."""
    part, separator, data = text.rpartition("1")
    if not separator or part not in SIZES:  # an exact match: the case is part of the format
        raise Refused("not a key of this format")
    lower = data.lower()
    if data != (lower.upper() if part.isupper() else lower) or any(c not in _ALPHABET for c in lower):
        raise Refused("a key has a wrong character or mixed case")
    values = [_ALPHABET.index(c) for c in lower]
    if len(values) != (SIZES[part] * 8 + 4) // 5 + 6:
        raise Refused("a key has the wrong length")
    if _polymod(_expand(part.lower()) + values) != 1:
        raise Refused("a key's checksum is wrong")
    bits = 0
    for value in values[:-6]:
        bits = bits << 5 | value
    padding = (len(values) - 6) * 5 - SIZES[part] * 8
    if bits & (1 << padding) - 1:
        raise Refused("a key's padding bits are not 0")
    return part, (bits >> padding).to_bytes(SIZES[part], "big")


# --- files --------------------------------------------------------------------------------------------------------------

def _lines(data: bytes) -> list[str]:
    if len(data) > FILE_LIMIT:
        raise Refused("a file of keys is larger than 1,048,576 bytes")
    lines = utf8(data, "a file of keys").split("\n")
    ended = [line.removesuffix("\r") for line in lines[:-1]] + lines[-1:]
    stripped = [line.strip(" \t") for line in ended]
    return [line for line in stripped if line and not line.startswith("#")]


def parse_identities(data: bytes, passphrase: str = "") -> list[Identity]:
    """The private keys of a file of identities, the locked ones opened."""
    identities = []
    for line in _lines(data):
        found, key = decode_key(line)
        if found not in _IDENTITIES:
            raise Refused(f"a key of the kind {found} where an identity is expected")
        secret = _unlock(found, key, passphrase.encode()) if found in (LOCKED, P256_LOCKED) else key
        if _IDENTITIES[found] == P256 and not is_p256_secret(secret):
            raise Refused("an identity is not a private key of P-256")
        identities.append(Identity(_IDENTITIES[found], secret))
    return identities


def _unlock(found: str, locked: bytes, passphrase: bytes) -> bytes:
    memory, passes, salt, sealed = int.from_bytes(locked[:4], "big"), locked[4], locked[5:21], locked[21:]
    if not 65_536 <= memory <= 1_048_576 or not 1 <= passes <= 10:
        raise Refused("a locked identity asks for too little or too much memory or passes")
    if not 1 <= len(passphrase) <= 1_024:
        raise Refused("a passphrase has 1 to 1,024 bytes")
    key = argon2id(passphrase, salt, memory, passes)
    if found == P256_LOCKED:
        key = hkdf_expand(key, b"zkc1 locked p256", 32)
    try:
        return unseal(AES, key, sealed)
    except DoesNotOpen:
        raise Refused("the passphrase is wrong") from None


@dataclass(frozen=True)
class _Pin:
    not_before_ms: int
    not_after_ms: int
    name: str


class TrustList:
    """Pinned keys with the time in which each is trusted."""

    def __init__(self, data: bytes) -> None:
        self._pins: dict[tuple[str, bytes], _Pin] = {}
        for line in _lines(data):
            fields = re.split(r"[ \t]+", line, maxsplit=3)
            if len(fields) != 4 or not 1 <= len(fields[3]) <= 64:
                raise Refused("a line of the trust list is not: key, not-before, not-after, name")
            kind, key = decode_key(fields[0])
            if kind not in (GATEWAY, OWNER, ARCHIVE):
                raise Refused("the trust list holds public gateway, owner and archive keys only")
            if any(key == other for _, other in self._pins):
                raise Refused("a key stands twice in the trust list")
            if not acceptable_point(key):
                raise Refused("a key of the trust list could not verify anything")
            if any(unicodedata.category(c) == "Cc" for c in fields[3]):
                raise Refused("a name of the trust list has a control character")
            pin = _Pin(_milliseconds(fields[1]), _milliseconds(fields[2]), fields[3])
            if pin.not_after_ms <= pin.not_before_ms:
                raise Refused("a not-after of the trust list is not later than its not-before")
            self._pins[kind, key] = pin

    def trusts(self, kind: str, key: bytes, at_ms: int) -> bool:
        pin = self._pins.get((kind, key))
        return pin is not None and pin.not_before_ms <= at_ms < pin.not_after_ms


def _milliseconds(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise Refused("a time of the trust list is not YYYY-MM-DDTHH:MM:SSZ")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refused("a time of the trust list does not exist") from None
    return int(moment.timestamp()) * 1000
