"""Structures that are rightly signed or sealed, and wrong all the same: one fault each, and who must find it."""

from __future__ import annotations

import unittest
import unittest.mock

import keyfiles
import keytree
from envelope import form_erased, form_part, form_whole, parse_envelope, write_envelope
from keyfiles import TrustList
from keytree import Node
from metadata import OpeningRecord
from octets import Refused, uint
from primitives import AES, ZEROS32, SigningKey, hmac_sha256, seal
from reading import State, decrypt, verify
from structures import (CHECKPOINT, EMPTY_ROOT, HEADER_LABEL, RECOVERY, RESTART, NotVerified, parse_container,
                        parse_header, parse_statement, verify_statement, write_header, write_statement)
from test_recordings import BEGUN, Sample, trust_list
from writing import Writer


def header(gateway: SigningKey, start: bytes) -> bytes:
    signed = start + bytes(32) + gateway.public + SigningKey().public
    return signed + gateway.sign(HEADER_LABEL + signed)


class Headers(unittest.TestCase):
    def setUp(self) -> None:
        self.gateway = SigningKey()
        self.trust = trust_list(self.gateway)

    def start(self, suite: int = 1, tick: int = 1000, size: int = 256) -> bytes:
        return write_header(suite, tick, size, bytes(16), BEGUN, ZEROS32)

    def test_limits(self) -> None:
        for start in (self.start(), self.start(suite=2), self.start(tick=20), self.start(tick=60_000),
                      self.start(size=256), self.start(size=1_048_576)):
            parse_header(header(self.gateway, start)).check_trusted(self.trust)
        for why, start in (("suite", self.start(suite=0)), ("suite", self.start(suite=3)), ("tick", self.start(tick=19)),
                           ("tick", self.start(tick=60_001)), ("payload size", self.start(size=255)),
                           ("payload size", self.start(size=1_048_577)), ("magic", b"z" + self.start()[1:]),
                           ("flag", self.start()[:11] + b"\1" + self.start()[12:])):
            with self.assertRaisesRegex(Refused, why):
                parse_header(header(self.gateway, start))
        for wrong in (header(self.gateway, self.start()) + b"\0", header(self.gateway, self.start())[:-1]):
            with self.assertRaisesRegex(Refused, "bytes"):
                parse_header(wrong)

    def test_certificate(self) -> None:
        good = header(self.gateway, self.start())
        for at in range(len(good)):
            with self.assertRaises((Refused, NotVerified)):
                parse_header(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1:]).check_trusted(self.trust)
        signed = good[:172]
        with self.assertRaisesRegex(NotVerified, "certificate"):  # a signature without the label
            parse_header(signed + self.gateway.sign(signed)).check_trusted(self.trust)


class StatementOfAnother(unittest.TestCase):
    def test_a_recovery_of_another_recording_of_the_gateway_is_refused(self) -> None:
        one = Sample(AES, lambda writer: None)
        other = Writer(AES, one.gateway, 20, 256, BEGUN, OpeningRecord())
        other.recovery(BEGUN)
        container = one.container + other._out[-1]
        found = verify(container, one.trust)
        self.assertEqual(found.state, State.Open)
        self.assertEqual(found.findings, ["statement 2: a statement names another recording"])

    def test_each_type_needs_its_own_key(self) -> None:
        sample = Sample(AES)
        head = parse_container(sample.container).header
        live, gateway = sample.writer._signing, sample.gateway
        for type_, reason, key, good in ((CHECKPOINT, 0, live, True), (CHECKPOINT, 0, gateway, False),
                                         (RECOVERY, RESTART, live, False), (RECOVERY, RESTART, gateway, True)):
            signed = write_statement(type_, head.core_id, ZEROS32, 0, 0, EMPTY_ROOT, BEGUN, reason, ZEROS32)
            raw = signed + key.sign(signed)
            if good:
                verify_statement(raw, head, sample.trust)
                with self.assertRaisesRegex(Refused, "bytes"):
                    parse_statement(raw + b"\0")
                with self.assertRaisesRegex(Refused, "magic"):
                    parse_statement(b"Z" + raw[1:])
            else:
                with self.assertRaisesRegex(Refused, "signature"):
                    verify_statement(raw, head, sample.trust)


class EnvelopeStructure(unittest.TestCase):
    def setUp(self) -> None:
        self.sample = Sample(AES)
        self.good = self.sample.writer.envelope(self.sample.recipients, [(2, self.sample.recipients)])
        self.group = 8 + 2 + 4 + 32 + 2 + 2 * (6 + 1176) + 6  # where the group stanza's recipient tag is

    def changed(self, at: int, new: bytes) -> bytes:
        return self.good[:at] + new + self.good[at + len(new):]

    def test_wrong_fields_are_refused(self) -> None:
        parse_envelope(self.good)
        for why, data in {
            "magic": self.changed(7, b"\1"),
            "suite": self.changed(8, uint(3, 2)),
            "version 0": self.changed(10, uint(0, 4)),
            "1 to 32 stanzas": self.changed(46, uint(0, 2)),
            "kind 4": self.changed(48, uint(4, 2)),
            "a stanza: 1 bytes too many": self.changed(50, uint(1177, 4)),
            "counted from 0": self.changed(self.group + 8, b"\1"),
            "2 <= k": self.changed(self.group + 9, b"\1"),
            "k <= n": self.changed(self.group + 9, b"\3"),
            "n <= 16": self.changed(self.group + 10, b"\x11"),
            "ascend from 1": self.changed(self.group + 11, b"\0"),
            "kind 3": self.changed(self.group + 11 + 33, uint(3, 2)),
            "not that of its members": self.changed(self.group, b"\0\0"),
            "envelope: 1 bytes too many": self.good + b"\0",
            "262,144": self.good + bytes(262_144),
        }.items():
            with self.subTest(why), self.assertRaisesRegex(Refused, why):
                parse_envelope(data)
        with self.assertRaisesRegex(Refused, "1 to 32 stanzas"):
            parse_envelope(self.sample.writer.envelope(self.sample.recipients[:1] * 33))
        parse_envelope(self.sample.writer.envelope(self.sample.recipients[:1] * 32))

    def test_a_bad_share_is_named(self) -> None:
        changed = bytearray(self.changed(self.group + 12, bytes(32))[:-32])
        mac_key = keytree.envelope_mac_key(self.sample.writer._control, self.sample.writer.core_id)
        data = bytes(changed) + hmac_sha256(mac_key, bytes(changed))
        self.assertEqual(self.sample.read(envelope=data).state, State.Complete)  # by a stanza of its own
        without_others = data[:46] + uint(1, 2) + data[self.group - 6:]
        with self.assertRaisesRegex(NotVerified, "; group 0: the share of member 1 is not the one dealt$"):
            decrypt(self.sample.container, without_others, self.sample.identities, self.sample.trust)

    def test_p256_is_parsed_and_shown(self) -> None:
        stanza = uint(2, 2) + uint(121, 4) + bytes(121)
        data = self.good[:46] + uint(4, 2) + stanza + self.good[48:]
        self.assertFalse(parse_envelope(self.good).classical)
        self.assertTrue(parse_envelope(data).classical)

    def test_wrong_bodies_are_not_verified(self) -> None:
        sample, writer = self.sample, self.sample.writer
        control, opening, closing = writer._control, writer._opening_key, writer._closing_key
        nodes = [Node(12, i, writer._tree.chunk_key(i) or b"") for i in range(4)]

        def read(form: bytes) -> State:
            data = write_envelope(AES, 2, writer.core_id, control, sample.recipients, [], form)
            return decrypt(sample.container, data, sample.identities, sample.trust).state

        for form in (form_whole(writer._secret), form_part(control, opening, closing, nodes[:3]),
                     form_part(control, opening, closing, []), form_erased(control)):
            self.assertEqual(read(form), State.Complete)
            with self.assertRaisesRegex(NotVerified, "too many"):
                read(form + b"\0")
            with self.assertRaisesRegex(NotVerified, "expected at"):
                read(form[:-1])
        for why, form in (("form 0", b"\0" + control), ("form 4", b"\4" + control),
                          ("at most 4,096", form_part(control, opening, closing, nodes * 1025)),
                          ("four siblings", form_part(control, opening, closing, nodes)),
                          ("ascending", form_part(control, opening, closing, nodes[1::-1])),
                          ("not in the tree", form_part(control, opening, closing, [Node(13, 0, ZEROS32)])),
                          ("commits", form_erased(ZEROS32)), ("commits", form_whole(ZEROS32))):
            with self.subTest(why), self.assertRaisesRegex(NotVerified, why):
                read(form)

    def test_a_body_of_another_recording(self) -> None:
        def seal_for_another(suite: int, key: bytes, message: bytes) -> bytes:
            return seal(suite, key, bytes(32) + message[32:])

        with unittest.mock.patch("envelope.seal", seal_for_another):
            data = self.sample.writer.envelope(self.sample.recipients)
        with self.assertRaisesRegex(NotVerified, "the envelope's body: another recording's core id"):
            self.sample.read(envelope=data)

    def test_a_wrong_mac_with_everything_else_right(self) -> None:
        with self.assertRaisesRegex(NotVerified, "MAC"):
            self.sample.read(envelope=self.changed(len(self.good) - 1, bytes((self.good[-1] ^ 1,))))
        with self.assertRaisesRegex(NotVerified, "MAC"):  # another version than its writer gave it
            self.sample.read(envelope=self.sample.writer.envelope(self.sample.recipients)[:10] + uint(7, 4)
                             + self.sample.writer.envelope(self.sample.recipients)[14:])


class KeysAsText(unittest.TestCase):
    def test_a_key_of_the_wrong_length_with_a_right_checksum(self) -> None:
        values = [0] * 50
        checksum = keyfiles._polymod(keyfiles._expand(keyfiles.GATEWAY) + values + [0] * 6) ^ 1
        values += [checksum >> 5 * i & 31 for i in reversed(range(6))]
        with self.assertRaisesRegex(Refused, "length"):
            keyfiles.decode_key(keyfiles.GATEWAY + "1" + "".join(keyfiles._ALPHABET[v] for v in values))

    def test_other_keys_and_times_in_a_trust_list(self) -> None:
        for part in (keyfiles.RECIPIENT, keyfiles.IDENTITY, keyfiles.GATEWAY_SECRET):
            key = keyfiles.encode_key(part, bytes(keyfiles.SIZES[part]))
            with self.assertRaisesRegex(Refused, "public gateway"):
                TrustList(f"{key} 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z n\n".encode())
        key = keyfiles.encode_key(keyfiles.GATEWAY, bytes(32))
        for time in ("2026-1-01T00:00:00Z", "2026-01-01T0:00:00Z", "2026-01-01t00:00:00Z", "2026-01-01T00:00:00+00:00",
                     "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z"):
            with self.assertRaises(Refused, msg=time):
                TrustList(f"{key} {time} 2027-01-01T00:00:00Z n\n".encode())
