"""X-Wing and AEGIS-256 from libsodium (1.0.22 or newer), by ctypes.

The library's path: use(path), else the environment variable ZKCALLS_SODIUM, else the NuGet package in the user's cache.
"""

from __future__ import annotations

import ctypes
import glob
import os

XWING_PUBLIC, XWING_SEED, XWING_CIPHERTEXT, XWING_SHARED = 1216, 32, 1120, 32
AEGIS_TAG = 32

_NUGET = "~/.nuget/packages/libsodium/1.0.*/runtimes/linux-x64/native/libsodium.so"
_path: str | None = None
_library: ctypes.CDLL | None = None


def use(path: str | None) -> None:
    global _path, _library
    if path is not None:
        _path, _library = path, None


def _sodium() -> ctypes.CDLL:
    global _library
    if _library is None:
        found = sorted(glob.glob(os.path.expanduser(_NUGET)))
        path = _path or os.environ.get("ZKCALLS_SODIUM") or (found[-1] if found else None)
        if path is None:
            raise RuntimeError("libsodium.so is not found: give --sodium PATH or set ZKCALLS_SODIUM")
        library = ctypes.CDLL(path)
        if not hasattr(library, "crypto_kem_xwing_dec") or library.sodium_init() < 0:
            raise RuntimeError(f"{path} is not a libsodium with X-Wing: 1.0.22 or newer is needed")
        _library = library
    return _library


def _exact(data: bytes, size: int, what: str) -> bytes:
    # ctypes hands over bare pointers: a short buffer would be read beyond its end.
    if len(data) != size:
        raise ValueError(f"{what} is {len(data)} bytes, not {size}")
    return bytes(data)


def xwing_public(seed: bytes) -> bytes:
    public, secret = ctypes.create_string_buffer(XWING_PUBLIC), ctypes.create_string_buffer(XWING_SEED)
    if _sodium().crypto_kem_xwing_seed_keypair(public, secret, _exact(seed, XWING_SEED, "seed")) != 0:
        raise ValueError("X-Wing seed refused")
    return public.raw


def xwing_encapsulate(public: bytes, randomness: bytes | None = None) -> tuple[bytes, bytes]:
    """(ciphertext, shared secret); `randomness` is for published vectors only."""
    public = _exact(public, XWING_PUBLIC, "public key")
    ciphertext, shared = ctypes.create_string_buffer(XWING_CIPHERTEXT), ctypes.create_string_buffer(XWING_SHARED)
    if randomness is None:
        failed = _sodium().crypto_kem_xwing_enc(ciphertext, shared, public)
    else:
        randomness = _exact(randomness, 64, "randomness")
        failed = _sodium().crypto_kem_xwing_enc_deterministic(ciphertext, shared, public, randomness)
    if failed:
        raise ValueError("X-Wing public key refused")
    return ciphertext.raw, shared.raw


def xwing_decapsulate(seed: bytes, ciphertext: bytes) -> bytes | None:
    shared = ctypes.create_string_buffer(XWING_SHARED)
    failed = _sodium().crypto_kem_xwing_dec(
        shared, _exact(ciphertext, XWING_CIPHERTEXT, "ciphertext"), _exact(seed, XWING_SEED, "seed"))
    return None if failed else shared.raw


def argon2id(passphrase: bytes, salt: bytes, memory: int, passes: int) -> bytes:
    """32 bytes of Argon2id, version 0x13, with one lane; `memory` in KiB."""
    key, argon2id_version_13 = ctypes.create_string_buffer(32), 2
    if _sodium().crypto_pwhash(
            key, ctypes.c_ulonglong(len(key)), passphrase, ctypes.c_ulonglong(len(passphrase)), _exact(salt, 16, "salt"),
            ctypes.c_ulonglong(passes), ctypes.c_size_t(memory * 1024), argon2id_version_13) != 0:
        raise MemoryError("Argon2id")
    return key.raw


def aegis256_encrypt(key: bytes, nonce: bytes, message: bytes) -> bytes:
    out, size = ctypes.create_string_buffer(len(message) + AEGIS_TAG), ctypes.c_ulonglong()
    failed = _sodium().crypto_aead_aegis256_encrypt(
        out, ctypes.byref(size), message, ctypes.c_ulonglong(len(message)), None, ctypes.c_ulonglong(0), None,
        _exact(nonce, 32, "nonce"), _exact(key, 32, "key"))
    if failed or size.value != len(out):
        raise ValueError("AEGIS-256 encryption failed")
    return out.raw


def aegis256_decrypt(key: bytes, nonce: bytes, ciphertext: bytes) -> bytes | None:
    if len(ciphertext) < AEGIS_TAG:
        return None
    ciphertext = bytes(ciphertext)
    out, size = ctypes.create_string_buffer(max(1, len(ciphertext) - AEGIS_TAG)), ctypes.c_ulonglong()
    failed = _sodium().crypto_aead_aegis256_decrypt(
        out, ctypes.byref(size), None, ciphertext, ctypes.c_ulonglong(len(ciphertext)), None, ctypes.c_ulonglong(0),
        _exact(nonce, 32, "nonce"), _exact(key, 32, "key"))
    return None if failed else out.raw[:size.value]
