"""Cryptographic building blocks: HKDF, Seal (section 3), strict Ed25519 (section 2), Shamir (section 9)."""

from __future__ import annotations

import hashlib
import hmac
import os
import time

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import sodium

ZEROS32 = bytes(32)


class DoesNotOpen(Exception):
    """An AEAD tag or the 32 committing zeros are wrong."""


# --- hashes -----------------------------------------------------------------------------------------------------------

def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def same(a: bytes, b: bytes) -> bool:
    return hmac.compare_digest(a, b)


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac_sha256(salt or ZEROS32, ikm)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    out, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac_sha256(prk, block + info + bytes([counter]))
        out += block
    return out[:length]


# --- Seal -------------------------------------------------------------------------------------------------------------

AES, AEGIS = 1, 2
NONCE = {AES: 12, AEGIS: 32}
TAG = {AES: 16, AEGIS: 32}
OVERHEAD = {suite: NONCE[suite] + 32 + TAG[suite] for suite in (AES, AEGIS)}


def _nonce(size: int) -> bytes:
    # The clock on top: should a restored snapshot ever give the same random bytes, the time still differs.
    random = os.urandom(size)
    clock = (time.time_ns() % (1 << 64)).to_bytes(8, "big")
    return bytes(a ^ b for a, b in zip(random, clock)) + random[8:]


def seal(suite: int, key: bytes, message: bytes) -> bytes:
    nonce, plaintext = _nonce(NONCE[suite]), ZEROS32 + message
    if suite == AES:
        return nonce + AESGCM(key).encrypt(nonce, plaintext, None)
    return nonce + sodium.aegis256_encrypt(key, nonce, plaintext)


def unseal(suite: int, key: bytes, sealed: bytes) -> bytes:
    if len(sealed) < OVERHEAD[suite]:
        raise DoesNotOpen("too short")
    nonce, ciphertext = sealed[:NONCE[suite]], sealed[NONCE[suite]:]
    plaintext: bytes | None
    if suite == AES:
        try:
            plaintext = AESGCM(key).decrypt(nonce, ciphertext, None)
        except InvalidTag:
            plaintext = None
    else:
        plaintext = sodium.aegis256_decrypt(key, nonce, ciphertext)
    if plaintext is None:
        raise DoesNotOpen("the tag is wrong")
    if not same(plaintext[:32], ZEROS32):
        raise DoesNotOpen("the 32 zeros are wrong")
    return plaintext[32:]


# --- Ed25519 ----------------------------------------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_SMALL_ORDER_Y = {0, 1, _P - 1} | {int.from_bytes(bytes.fromhex(value), "little") for value in (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}


def acceptable_point(encoded: bytes) -> bool:
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    # An x of 0 has y = 1 or y = -1; both are of small order, so the rule about their sign needs no code of its own.
    return y < _P and y not in _SMALL_ORDER_Y


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= _L:
        return False
    if not acceptable_point(public) or not acceptable_point(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


class SigningKey:
    """An Ed25519 key pair of a 32-byte seed."""

    def __init__(self, seed: bytes | None = None) -> None:
        self.seed = seed or os.urandom(32)
        self._key = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


# --- Shamir over GF(2^8), x^8 + x^4 + x^3 + x + 1 -----------------------------------------------------------------------
# Not in constant time: this is a proof of the specification, not the software that holds customers' keys.

def _gf_multiply(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def _gf_inverse(a: int) -> int:
    result = 1
    for _ in range(254):
        result = _gf_multiply(result, a)
    return result


def shamir_split(secret: bytes, k: int, n: int) -> list[bytes]:
    """The shares for x = 1 to n."""
    coefficients = [secret] + [os.urandom(len(secret)) for _ in range(k - 1)]
    shares = []
    for x in range(1, n + 1):
        share = bytes(len(secret))
        for coefficient in reversed(coefficients):
            share = bytes(_gf_multiply(s, x) ^ c for s, c in zip(share, coefficient))
        shares.append(share)
    return shares


def shamir_combine(shares: dict[int, bytes]) -> bytes:
    """The value at 0 of the polynomial through x -> share."""
    secret = ZEROS32
    for x, share in shares.items():
        weight = 1
        for other in shares:
            if other != x:
                weight = _gf_multiply(weight, _gf_multiply(other, _gf_inverse(other ^ x)))
        secret = bytes(s ^ _gf_multiply(b, weight) for s, b in zip(secret, share))
    return secret
