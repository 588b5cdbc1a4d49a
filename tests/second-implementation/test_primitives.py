"""Primitives, keys as text, the key tree."""

from __future__ import annotations

import itertools
import json
import random
import unittest
from pathlib import Path

import hpke
import keyfiles
import primitives
import sodium
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from keytree import CHUNKS, LEVELS, KeyTree, Node, check_nodes, child, cover
from octets import Cursor, Refused, varint
from primitives import AEGIS, AES, DoesNotOpen, SigningKey, ed25519_verify, hkdf_expand, hkdf_extract, seal, unseal

VECTORS = Path(__file__).parent / "vectors"


class Varints(unittest.TestCase):
    def test_round_trip(self) -> None:
        for value in (0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, 2**31 - 1):
            cursor = Cursor(varint(value))
            self.assertEqual(cursor.varint(), value)
            cursor.end("varint")

    def test_other_forms_are_refused(self) -> None:
        for text in ("8000", "ff00", "8080808000", "8080808008", "ffffffff0f", "808080808001", "80", ""):
            with self.assertRaises(Refused, msg=text):
                Cursor(bytes.fromhex(text)).varint()

    def test_every_short_encoding_is_canonical_or_refused(self) -> None:
        for first, second in itertools.product(range(256), range(256)):
            data = bytes((first, second))
            cursor = Cursor(data)
            try:
                value = cursor.varint()
            except Refused:
                continue
            self.assertEqual(varint(value), data[:cursor.position])


class Kdf(unittest.TestCase):
    def test_rfc5869_case_1(self) -> None:
        prk = hkdf_extract(bytes(range(13)), b"\x0b" * 22)
        self.assertEqual(prk.hex(), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
        self.assertEqual(hkdf_expand(prk, bytes(range(0xF0, 0xFA)), 42).hex(),
                         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


class Seal(unittest.TestCase):
    def test_round_trip_and_size(self) -> None:
        for suite, overhead in ((AES, 60), (AEGIS, 96)):
            for message in (b"", b"m", bytes(1000)):
                sealed = seal(suite, bytes(32), message)
                self.assertEqual(len(sealed), len(message) + overhead)
                self.assertEqual(unseal(suite, bytes(32), sealed), message)

    def test_every_flipped_bit_and_every_cut_is_noticed(self) -> None:
        for suite in (AES, AEGIS):
            sealed = seal(suite, bytes(32), b"message")
            for bit in range(8 * len(sealed)):
                changed = bytearray(sealed)
                changed[bit // 8] ^= 1 << bit % 8
                with self.assertRaises(DoesNotOpen):
                    unseal(suite, bytes(32), bytes(changed))
            for size in range(len(sealed)):
                with self.assertRaises(DoesNotOpen):
                    unseal(suite, bytes(32), sealed[:size])

    def test_a_right_tag_over_other_than_zeros_does_not_open(self) -> None:
        nonce = bytes(32)
        plaintext = bytes(31) + b"\1message"
        with self.assertRaises(DoesNotOpen):
            unseal(AEGIS, bytes(32), nonce + sodium.aegis256_encrypt(bytes(32), nonce, plaintext))
        with self.assertRaises(DoesNotOpen):
            unseal(AES, bytes(32), nonce[:12] + primitives.AESGCM(bytes(32)).encrypt(nonce[:12], plaintext, None))

    def test_aegis256_of_the_draft(self) -> None:
        key, nonce = b"\x10\x01" + bytes(30), b"\x10\x00\x02" + bytes(29)
        self.assertEqual(sodium.aegis256_encrypt(key, nonce, bytes(16)).hex(),
                         "754fc3d8c973246dcc6d741412a4b236"
                         "1181a1d18091082bf0266f66297d167d2e68b845f61a3b0527d31fc7b7b89f13")


P, D = 2**255 - 19, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
L = 2**252 + 27742317777372353535851937790883648493


def edwards_x(y: int) -> int | None:
    """An x of the point with this y, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x * x % P == square else None


def edwards_double(point: tuple[int, int]) -> tuple[int, int]:
    x, y = point
    product = D * x * x * y * y % P
    return (2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P)


class Ed25519(unittest.TestCase):
    def setUp(self) -> None:
        self.key = SigningKey(bytes(range(32)))
        self.signature = self.key.sign(b"message")

    def test_rfc8032_test_1(self) -> None:
        public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        signature = bytes.fromhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                                  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
        self.assertTrue(ed25519_verify(public, b"", signature))
        self.assertFalse(ed25519_verify(public, b"x", signature))

    def test_every_flipped_bit_is_noticed(self) -> None:
        self.assertTrue(ed25519_verify(self.key.public, b"message", self.signature))
        for bit in range(512):
            changed = bytearray(self.signature)
            changed[bit // 8] ^= 1 << bit % 8
            self.assertFalse(ed25519_verify(self.key.public, b"message", bytes(changed)))

    def test_s_not_below_the_order_is_refused(self) -> None:
        s = int.from_bytes(self.signature[32:], "little")
        for multiple in range(1, 9):
            if s + multiple * L < 2**256:
                changed = self.signature[:32] + (s + multiple * L).to_bytes(32, "little")
                self.assertFalse(ed25519_verify(self.key.public, b"message", changed))

    def test_wrong_lengths_are_refused(self) -> None:
        self.assertFalse(ed25519_verify(self.key.public, b"message", self.signature + b"\0"))
        self.assertFalse(ed25519_verify(self.key.public, b"message", self.signature[:63]))
        self.assertFalse(ed25519_verify(self.key.public[:31], b"message", self.signature))

    def test_the_list_of_small_orders_is_complete(self) -> None:
        self.assertEqual(len(primitives._SMALL_ORDER_Y), 5)
        found = 0
        for y in primitives._SMALL_ORDER_Y:
            x = edwards_x(y)
            self.assertIsNotNone(x)
            for point in {(x, y), (-x % P, y)}:
                found += 1
                self.assertEqual(edwards_double(edwards_double(edwards_double(point))), (0, 1))
        self.assertEqual(found, 8)  # the whole subgroup of order 8

    def test_small_order_and_not_canonical_points_are_refused(self) -> None:
        values = list(primitives._SMALL_ORDER_Y) + [P, P + 1, P + 18, 2**255 - 1]
        for y, sign in itertools.product(values, (0, 1)):
            point = (y | sign << 255).to_bytes(32, "little")
            # With A = R = the neutral element and S = 0 the equation itself holds for every message.
            self.assertFalse(ed25519_verify(point, b"message", point + bytes(32)))
            self.assertFalse(ed25519_verify(point, b"message", self.signature))
            self.assertFalse(ed25519_verify(self.key.public, b"message", point + self.signature[32:]))


class Hpke(unittest.TestCase):
    def test_published_vector_for_xwing(self) -> None:
        v = json.loads((VECTORS / "hpke-xwing.json").read_text())["vector"]
        hexed = {name: bytes.fromhex(value) for name, value in v.items() if isinstance(value, str)}
        seed = hexed["skRm"]
        self.assertEqual(sodium.xwing_public(seed), hexed["pkRm"])
        enc, shared = sodium.xwing_encapsulate(hexed["pkRm"], hexed["ikmE"])
        self.assertEqual((enc, shared), (hexed["enc"], hexed["shared_secret"]))
        self.assertEqual(sodium.xwing_decapsulate(seed, enc), shared)
        self.assertEqual(hpke.key_schedule(v["kem_id"], v["aead_id"], shared, hexed["info"]),
                         (hexed["key"], hexed["base_nonce"], hexed["exporter_secret"]))
        message = {name: bytes.fromhex(value) for name, value in v["encryptions"][0].items()}
        sealed = ChaCha20Poly1305(hexed["key"]).encrypt(hexed["base_nonce"], message["pt"], message["aad"])
        self.assertEqual(sealed, message["ct"])

    def test_wrapping(self) -> None:
        for kind in (hpke.XWING, hpke.P256):
            one, other = hpke.Identity(kind, bytes([1]) * 32), hpke.Identity(kind, bytes([2]) * 32)
            enc, wrapped = hpke.wrap(one.public, b"info", b"s" * 32)
            self.assertEqual((len(enc), len(wrapped)), (hpke.ENC[kind], 48))
            self.assertEqual(one.unwrap(b"info", enc, wrapped), b"s" * 32)
            self.assertIsNone(one.unwrap(b"other", enc, wrapped))
            self.assertIsNone(other.unwrap(b"info", enc, wrapped))

    def test_points_that_are_none(self) -> None:
        one = hpke.Identity(hpke.P256, bytes([1]) * 32)
        point = hpke.p256_public(bytes([2]) * 32)
        for wrong in (b"\2" + point[1:], b"\6" + point[1:], point[:-1] + bytes([point[-1] ^ 1]), b"\4" + bytes(64), point[:33], bytes(65), b"\0"):
            self.assertIsNone(one.decapsulate(wrong))
        self.assertIsNotNone(one.decapsulate(point))


class Shamir(unittest.TestCase):
    def test_any_k_shares_give_the_secret_and_fewer_do_not(self) -> None:
        secret = bytes(range(32))
        for k, n in ((2, 2), (2, 3), (3, 5), (4, 4)):
            shares = dict(enumerate(primitives.shamir_split(secret, k, n), start=1))
            for chosen in itertools.combinations(shares, k):
                self.assertEqual(primitives.shamir_combine({x: shares[x] for x in chosen}), secret)
            self.assertNotEqual(primitives.shamir_combine({x: shares[x] for x in range(1, k)}), secret)

    def test_field(self) -> None:
        self.assertEqual(primitives._gf_multiply(0x57, 0x83), 0xC1)  # the example of FIPS 197
        for a in range(1, 256):
            self.assertEqual(primitives._gf_multiply(a, primitives._gf_inverse(a)), 1)


class Keys(unittest.TestCase):
    def test_round_trip(self) -> None:
        rng = random.Random(1)
        for part, size in keyfiles.SIZES.items():
            for key in (bytes(size), b"\xff" * size, rng.randbytes(size)):
                text = keyfiles.encode_key(part, key)
                self.assertTrue(text.isupper() if part.isupper() else text.islower())
                self.assertTrue(text.startswith(part + "1"))
                self.assertEqual(keyfiles.decode_key(text), (part, key))

    def test_checksum_of_bip173(self) -> None:
        for text in ("a12uel5l", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
                     "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"):
            part, _, data = text.rpartition("1")
            values = [keyfiles._ALPHABET.index(c) for c in data]
            self.assertEqual(keyfiles._polymod(keyfiles._expand(part) + values), 1)

    def test_changed_characters_case_and_padding_are_refused(self) -> None:
        text = keyfiles.encode_key(keyfiles.GATEWAY, bytes(range(32)))
        for i in range(len(text)):
            for changed in (text[:i] + text[i].swapcase() + text[i + 1:], text[:i] + text[i + 1:],
                            text[:i] + ("q" if text[i] != "q" else "p") + text[i + 1:]):
                if changed != text:
                    with self.assertRaises(Refused, msg=changed):
                        keyfiles.decode_key(changed)
        with self.assertRaises(Refused):
            keyfiles.decode_key(text.upper())
        # 32 bytes are 51 groups of 5 bits and one more bit: the last group has 4 bits of padding.
        values = [keyfiles._ALPHABET.index(c) for c in text.rpartition("1")[2][:-6]]
        values[-1] |= 1
        checksum = keyfiles._polymod(keyfiles._expand(keyfiles.GATEWAY) + values + [0] * 6) ^ 1
        values += [checksum >> 5 * i & 31 for i in reversed(range(6))]
        with self.assertRaisesRegex(Refused, "padding"):
            keyfiles.decode_key(keyfiles.GATEWAY + "1" + "".join(keyfiles._ALPHABET[v] for v in values))

    def test_files(self) -> None:
        key = keyfiles.encode_key(keyfiles.IDENTITY, bytes(32))
        text = f"# comment\r\n\n \t{key}\t \r\n  # another\n{key}"
        self.assertEqual(keyfiles.parse_identities(text.encode()), [hpke.Identity(hpke.XWING, bytes(32))] * 2)
        for wrong in (text + "\r", "\ufeff" + text, key + " " + key,
                      keyfiles.encode_key(keyfiles.GATEWAY_SECRET, bytes(32))):
            with self.assertRaises(Refused):
                keyfiles.parse_identities(wrong.encode())
        with self.assertRaises(Refused):
            keyfiles.parse_identities(b"#" * 1_048_577)

    def test_trust_list(self) -> None:
        public = SigningKey(bytes(32)).public
        key, owner = (keyfiles.encode_key(kind, public) for kind in (keyfiles.GATEWAY, keyfiles.OWNER))
        line = f"{key} \t2026-01-01T00:00:00Z\t2026-01-02T00:00:00Z  a name,  of mine\n"
        trust = keyfiles.TrustList(line.encode())
        start = 1_767_225_600_000
        for at, trusted in ((start - 1, False), (start, True), (start + 86_399_999, True), (start + 86_400_000, False)):
            self.assertEqual(trust.trusts(keyfiles.GATEWAY, public, at), trusted)
        self.assertFalse(trust.trusts(keyfiles.OWNER, public, start))
        self.assertFalse(trust.trusts(keyfiles.GATEWAY, b"\1" * 32, start))
        for wrong in (line * 2, line.replace("01-01", "13-01"), line.replace("Z\t", "\t"),
                      line.replace("a name,  of mine", ""), line.replace("a name", "n" * 65), line.replace("a name", "a\tname"),
                      line + line.replace(key, owner), line.replace("01-02T", "01-01T"),
                      line.replace(key, keyfiles.encode_key(keyfiles.GATEWAY, b"\1" + bytes(31)))):
            with self.assertRaises(Refused, msg=wrong):
                keyfiles.TrustList(wrong.encode())


class Tree(unittest.TestCase):
    def test_chunk_keys_follow_the_digits(self) -> None:
        root = bytes(range(32))
        tree = KeyTree([Node(0, 0, root)])
        for chunk in (0, 1, 5, 4**6 + 3, CHUNKS - 1):
            key = root
            digits = [chunk // 4 ** (LEVELS - 1 - level) % 4 for level in range(LEVELS)]
            for level, digit in enumerate(digits):
                key = child(key, level, digit)
            self.assertEqual(tree.chunk_key(chunk), key)
        self.assertEqual(len({tree.chunk_key(i) for i in range(100)}), 100)

    def test_a_cover_gives_the_same_keys_and_no_others(self) -> None:
        whole = KeyTree([Node(0, 0, bytes(32))])
        for first, end in ((0, 1), (3, 4), (1, 64), (0, 64), (17, 61), (63, 65), (0, 200)):
            nodes = [Node(level, index, whole.node(level, index)) for level, index in cover(first, end)]
            check_nodes(nodes)
            part = KeyTree(nodes)
            for chunk in range(300):
                self.assertEqual(part.chunk_key(chunk), whole.chunk_key(chunk) if first <= chunk < end else None)

    def test_a_cover_is_the_smallest(self) -> None:
        self.assertEqual(cover(0, CHUNKS), [(0, 0)])
        self.assertEqual(cover(0, 4), [(11, 0)])
        self.assertEqual(cover(3, 9), [(12, 3), (11, 1), (12, 8)])
        # After chunk i, a writer holds nodes for the chunks above i: at most 36.
        self.assertEqual(len(cover(1, CHUNKS)), 36)

    def test_wrong_nodes_are_refused(self) -> None:
        for names in ([(13, 0)], [(12, CHUNKS)], [(0, 1)], [(12, 1), (12, 0)], [(12, 0), (12, 0)], [(11, 0), (12, 3)],
                      [(12, 4), (12, 5), (12, 6), (12, 7)], [(12, 0), (1, 1)][::-1], [(1, i) for i in range(4)]):
            with self.assertRaises(Refused, msg=str(names)):
                check_nodes([Node(level, index, bytes(32)) for level, index in names])
        check_nodes([Node(12, i, bytes(32)) for i in (1, 2, 3, 4)])
        check_nodes([Node(0, 0, bytes(32))])
