"""HPKE in base mode (section 9): wrapping to X-Wing and P-256 keys, and the private keys that open it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import sodium
from primitives import hkdf_expand, hkdf_extract, sha256

XWING, P256 = 1, 2  # the kinds of stanzas
KEM = {XWING: 0x647A, P256: 0x0010}
PUBLIC = {XWING: sodium.XWING_PUBLIC, P256: 65}
ENC = {XWING: sodium.XWING_CIPHERTEXT, P256: 65}
WRAPPED = 48
_KDF_SHA256, AES256GCM = 0x0001, 0x0002
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def recipient_tag(public: bytes) -> bytes:
    return sha256(public)[:8]


# --- RFC 9180, sections 4 and 5.1 -----------------------------------------------------------------------------------------

def _extract(suite_id: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hkdf_extract(salt, b"HPKE-v1" + suite_id + label + ikm)


def _expand(suite_id: bytes, prk: bytes, label: bytes, context: bytes, length: int) -> bytes:
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + context, length)


def key_schedule(kem: int, aead: int, shared: bytes, info: bytes) -> tuple[bytes, bytes, bytes]:
    """(key, base nonce, exporter secret) of RFC 9180, section 5.1, mode_base, for an AEAD with a 32-byte key."""
    suite_id = b"HPKE" + kem.to_bytes(2, "big") + _KDF_SHA256.to_bytes(2, "big") + aead.to_bytes(2, "big")

    context = b"\0" + _extract(suite_id, b"", b"psk_id_hash", b"") + _extract(suite_id, b"", b"info_hash", info)
    secret = _extract(suite_id, shared, b"secret", b"")
    return (_expand(suite_id, secret, b"key", context, 32), _expand(suite_id, secret, b"base_nonce", context, 12),
            _expand(suite_id, secret, b"exp", context, 32))


# --- DHKEM(P-256, HKDF-SHA256) ----------------------------------------------------------------------------------------------

def _p256_private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE)


def is_p256_secret(secret: bytes) -> bool:
    return 1 <= int.from_bytes(secret, "big") < _ORDER


def p256_public(secret: bytes) -> bytes:
    return _point(_p256_private(secret))


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _p256_shared(private: ec.EllipticCurvePrivateKey, other: bytes, enc: bytes, recipient: bytes) -> bytes | None:
    """None if `other` is not an uncompressed point of the curve."""
    if len(other) != 65 or other[0] != 4:
        return None
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, other)
    except ValueError:
        return None
    suite_id = b"KEM" + KEM[P256].to_bytes(2, "big")
    prk = _extract(suite_id, b"", b"eae_prk", private.exchange(ec.ECDH(), point))
    return _expand(suite_id, prk, b"shared_secret", enc + recipient, 32)


def p256_encapsulate(public: bytes, ephemeral: bytes | None = None) -> tuple[bytes, bytes]:
    """`ephemeral` is a private key, for vectors only."""
    private = _p256_private(ephemeral) if ephemeral else ec.generate_private_key(_CURVE)
    shared = _p256_shared(private, public, _point(private), public)
    if shared is None:
        raise ValueError("not a P-256 public key")
    return _point(private), shared


# --- wrapping -------------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Identity:
    """A private key: the seed of X-Wing, or the number of P-256."""
    kind: int
    secret: bytes

    @cached_property
    def public(self) -> bytes:
        return sodium.xwing_public(self.secret) if self.kind == XWING else p256_public(self.secret)

    @cached_property
    def tag(self) -> bytes:
        return recipient_tag(self.public)

    def decapsulate(self, enc: bytes) -> bytes | None:
        if self.kind == XWING:
            return sodium.xwing_decapsulate(self.secret, enc)
        return _p256_shared(_p256_private(self.secret), enc, enc, self.public)

    def unwrap(self, info: bytes, enc: bytes, wrapped: bytes) -> bytes | None:
        shared = self.decapsulate(enc)
        if shared is None:
            return None
        key, nonce, _ = key_schedule(KEM[self.kind], AES256GCM, shared, info)
        try:
            return AESGCM(key).decrypt(nonce, wrapped, b"")
        except InvalidTag:
            return None


def kind_of(public: bytes) -> int:
    return next(kind for kind, size in PUBLIC.items() if size == len(public))


def wrap(public: bytes, info: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """(enc, wrapped) of a 32-byte secret for a public key of either kind."""
    kind = kind_of(public)
    enc, shared = sodium.xwing_encapsulate(public) if kind == XWING else p256_encapsulate(public)
    key, nonce, _ = key_schedule(KEM[kind], AES256GCM, shared, info)
    return enc, AESGCM(key).encrypt(nonce, secret, b"")
