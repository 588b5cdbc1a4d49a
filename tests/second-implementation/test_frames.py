"""Payload, frames and metadata records: round trips, and every other encoding refused."""

from __future__ import annotations

import random
import unittest
from dataclasses import replace

import metadata
from frames import Format, Gap, Media, Payload, check_follows, decode_payload, encode_payload
from metadata import ClosingRecord, Leg, OpeningRecord, Party, PayloadType, Tag, decode, encode
from octets import Refused, uint
from scenarios import PCMA, formats, random_frame
from writing import Composer

FORMAT = "70 00 00 01 08 00001f40 01 04 50434d41"     # leg 0: PCMA as payload type 8
ANCHOR = "10 00 08 0001 00000064 00000007 0002 aabb"  # sequence 1, timestamp 100, SSRC 7, two bytes
DELTA = "20 00 20 00a0 ccdd"                          # step 160


def payload(count: int, text: str, size: int = 256, tick: int = 0, earliest: int = 5, latest: int = 5) -> bytes:
    data = uint(tick, 4) + uint(earliest, 4) + uint(latest, 4) + uint(count, 2) + bytes.fromhex(text)
    return data.ljust(size, b"\0")


class Frames(unittest.TestCase):
    def test_by_hand(self) -> None:
        found = decode_payload(payload(4, f"{FORMAT} {ANCHOR} {DELTA} 30 00 eeff"))
        base = Media(5, 0, "audio", False, 8, 1, 100, 7, b"\xaa\xbb")
        self.assertEqual(found.frames, (
            Format(5, 0, "", (PCMA,)), base, replace(base, sequence=2, timestamp=260, payload=b"\xcc\xdd"),
            replace(base, sequence=3, timestamp=420, payload=b"\xee\xff")))
        self.assertEqual(encode_payload(found, 256), payload(4, f"{FORMAT} {ANCHOR} {DELTA} 30 00 eeff"))

    def test_random_frames_round_trip(self) -> None:
        rng = random.Random(7)
        for _ in range(300):
            composer = Composer(formats(PCMA, legs=("a", "b")))
            arrivals = sorted(rng.choice((0, 1, 500, 2**31 - 1, rng.randrange(1000))) for _ in range(rng.randrange(60)))
            wanted = composer.payload(rng.getrandbits(32), [random_frame(rng, a, 2) for a in arrivals], 9)
            data = encode_payload(wanted, 70_000)
            self.assertEqual(decode_payload(data), wanted)

    def test_a_changed_bit_gives_an_error_or_another_canonical_payload(self) -> None:
        rng = random.Random(8)
        changed_anyway = 0
        for _ in range(12):
            composer = Composer(formats(PCMA, legs=("a", "b")))
            frames = [replace(f, payload=f.payload[:2]) if isinstance(f, Media) else f
                      for f in (random_frame(rng, a, 2) for a in range(0, 120, 20))]
            data = encode_payload(composer.payload(3, frames, 0), 300)
            for bit in range(8 * len(data)):
                changed = bytearray(data)
                changed[bit // 8] ^= 1 << bit % 8
                try:
                    found = decode_payload(bytes(changed))
                except Refused:
                    continue
                changed_anyway += 1
                self.assertEqual(encode_payload(found, 300), bytes(changed))
        self.assertGreater(changed_anyway, 0)

    def test_refused(self) -> None:
        event_format = FORMAT.replace("70", "71", 1)
        cases = {
            "next right after an anchor": ("no timestamp step", 3, f"{FORMAT} {ANCHOR} 30 00 eeff"),
            "delta without a step after an anchor": ("no timestamp step", 3, f"{FORMAT} {ANCHOR} 20 00 80 eeff"),
            "anchor where a delta belongs":
                ("an anchor where", 3, f"{FORMAT} {ANCHOR} 10 00 08 0002 00000104 00000007 0002 aabb"),
            "delta that could be a next": ("control byte", 4, f"{FORMAT} {ANCHOR} {DELTA} 20 00 00 eeff"),
            "sequence as predicted": ("a sequence that", 4, f"{FORMAT} {ANCHOR} {DELTA} 20 00 40 0003 eeff"),
            "step as predicted": ("a timestamp step that", 4, f"{FORMAT} {ANCHOR} {DELTA} 20 00 20 00a0 eeff"),
            "length as predicted": ("a length that", 4, f"{FORMAT} {ANCHOR} {DELTA} 20 00 10 0002 eeff"),
            "reserved bit of a delta": ("control byte", 4, f"{FORMAT} {ANCHOR} {DELTA} 20 00 81 eeff"),
            "delta without an anchor": ("where an anchor belongs", 2, f"{FORMAT} {DELTA}"),
            "event delta after audio": ("where an anchor belongs", 3, f"{FORMAT} {ANCHOR} 50 00 20 00a0 ccdd"),
            "audio without a format": ("before its leg's format", 1, ANCHOR),
            "format of another leg": ("before its leg's format", 2, f"{event_format} {ANCHOR}"),
            "format after the audio": ("before its leg's format", 2, f"{ANCHOR} {FORMAT}"),
            "first frame later than earliest": ("does not arrive", 1, FORMAT.replace("70 00", "70 01", 1)),
            "arrival in a longer form": ("shortest form", 1, FORMAT.replace("70 00", "70 8000", 1)),
            "frame type 0": ("unknown", 1, "00 00"),
            "frame type 9": ("unknown", 1, "90 00"),
            "frame type 15": ("unknown", 1, "f0 00"),
            "leg 15 of a format": ("leg 15", 1, FORMAT.replace("70", "7f", 1)),
            "frame count too small": ("padding", 1, f"{FORMAT} {ANCHOR}"),
            "frame count too large": ("unknown", 2, FORMAT),
            "length above 8,192": ("8,192", 2, f"{FORMAT} 10 00 08 0001 00000064 00000007 2001" + "00" * 8193),
            "payload beyond the end": ("expected at", 2, f"{FORMAT} 10 00 08 0001 00000064 00000007 2000" + "11" * 8191),
            "format without a payload type": ("no payload type", 1, "70 00 00 00"),
            "format with 17 payload types":
                ("more than 16", 1, "70 00 00 11" + "".join(f"{i:02x} 00001f40 01 01 78" for i in range(17))),
            "format with equal payload types": ("not ascending", 1, "70 00 00 02" + "08 00001f40 01 01 78" * 2),
            "payload type 128": ("above 127", 1, "70 00 00 01 80 00001f40 01 01 78"),
            "clock rate 0": ("clock rate", 1, "70 00 00 01 08 00000000 01 01 78"),
            "channels 0": ("channels", 1, "70 00 00 01 08 00001f40 00 01 78"),
            "codec name of 0 bytes": ("codec name", 1, "70 00 00 01 08 00001f40 01 00"),
            "codec name of 33 bytes": ("codec name", 1, "70 00 00 01 08 00001f40 01 21" + "78" * 33),
            "codec name with a space": ("codec name", 1, "70 00 00 01 08 00001f40 01 01 20"),
            "codec name with 0x7f": ("codec name", 1, "70 00 00 01 08 00001f40 01 01 7f"),
            "codec name beyond ASCII": ("codec name", 1, "70 00 00 01 08 00001f40 01 01 e9"),
            "label of 65 bytes": ("label", 1, "70 00 41" + "61" * 65 + "01 08 00001f40 01 01 78"),
            "label that is not UTF-8": ("UTF-8", 1, "70 00 01 c3 01 08 00001f40 01 01 78"),
            "label with a surrogate": ("UTF-8", 1, "70 00 03 eda080 01 08 00001f40 01 01 78"),
            "gap of 0 ms": ("duration", 1, "8f 00 00 01"),
            "gap longer than its arrival": ("duration", 1, "8f 00 06 01"),
            "gap with reason 0": ("reason", 1, "8f 00 01 00"),
            "gap with reason 9": ("reason", 1, "8f 00 01 09"),
            "padding": ("padding", 1, f"{FORMAT} 01"),
        }
        for name, (why, count, text) in cases.items():
            with self.subTest(name), self.assertRaisesRegex(Refused, why):
                decode_payload(payload(count, text, 8234))
        for name, data in {
            "latest above the last arrival": payload(1, FORMAT, latest=6),
            "latest below the last arrival": payload(1, FORMAT, latest=4),
            "two times without frames": payload(0, "", latest=6),
            "earliest of 2^31": payload(0, "", earliest=2**31, latest=2**31),
            "arrival of 2^31": payload(2, f"{FORMAT} 8f 01 01 01", earliest=2**31 - 1, latest=2**31),
            "cut in the head": payload(0, "")[:13],
        }.items():
            with self.assertRaises(Refused, msg=name):
                decode_payload(data)

    def test_bounds_that_are_allowed(self) -> None:
        for count, text, times in (
                (1, "8f 00 05 01", (5, 5)), (1, "8f 00 01 08", (0, 0)), (0, "", (2**31 - 1, 2**31 - 1)),
                (2, f"{FORMAT} 10 00 08 0001 00000064 00000007 2000" + "11" * 8192, (5, 5)),
                (1, "70 00 40" + "61" * 64 + "01 7f 00000001 ff 20" + "7e" * 32, (5, 5))):
            data = payload(count, text, 9000, earliest=times[0], latest=times[1])
            self.assertEqual(encode_payload(decode_payload(data), 9000), data)

    def test_the_timestamp_step_of_65535_is_the_last_without_an_anchor(self) -> None:
        first = Media(0, 0, "audio", False, 8, 1, 2**32 - 1, 7, b"")
        for step, frame_type in ((0xFFFF, 0x20), (0x10000, 0x10), (0, 0x20), (2**32 - 1, 0x10)):
            second = replace(first, sequence=2, timestamp=(first.timestamp + step) % 2**32)
            wanted = Payload(0, 0, 0, (Format(0, 0, "", (PCMA,)), first, second))
            data = encode_payload(wanted, 256)
            self.assertEqual(data[14 + 15 + 15], frame_type)
            self.assertEqual(decode_payload(data), wanted)

    def test_chunk_after_chunk(self) -> None:
        before = Payload(5, 10, 20, ())
        check_follows(None, before)
        check_follows(before, Payload(6, 20, 20, ()))
        for wrong in (Payload(5, 20, 20, ()), Payload(4, 20, 20, ()), Payload(6, 19, 30, ())):
            with self.assertRaises(Refused):
                check_follows(before, wrong)

    def test_capacity(self) -> None:
        gaps = tuple(Gap(1, 15, 1, 1) for _ in range(60))
        wanted = Payload(0, 1, 1, gaps)
        self.assertEqual(decode_payload(encode_payload(wanted, 14 + 240)), wanted)
        with self.assertRaises(ValueError):
            encode_payload(wanted, 14 + 239)


class Records(unittest.TestCase):
    RECORD = OpeningRecord("call", 2**64 - 1, [Leg("ü", [PayloadType(8, "PCMA", 8000, 1)]), Leg("", [PayloadType(0, "PCMU", 2**31 - 1, 255)])],
                           [Party(1, "n", "a")], [Tag("a", ""), Tag("b", "x")])

    def test_round_trip(self) -> None:
        for record in (self.RECORD, OpeningRecord()):
            self.assertEqual(metadata.read_opening(metadata.write_opening(record)), record)
        for closing in (ClosingRecord(1, 2, 3, 4, 5), ClosingRecord(), ClosingRecord(2**64 - 1, 2**32 - 1, 2**63)):
            self.assertEqual(metadata.read_closing(metadata.write_closing(closing)), closing)
        self.assertEqual(encode(ClosingRecord(300, 1)).hex(), "08ac021001")

    def test_limits(self) -> None:
        leg = self.RECORD.legs[0]
        for wrong in (replace(self.RECORD, legs=[leg] * 16), replace(self.RECORD, legs=[Leg("no types")]), replace(self.RECORD, parties=[Party(15)]),
                      replace(self.RECORD, legs=[Leg("", [PayloadType(8, "PCMA", 2**31, 1)])])):
            with self.assertRaises(Refused):
                metadata.read_opening(metadata.write_opening(wrong))

    def test_not_canonical_is_refused(self) -> None:
        for name, text in {
            "default value": "0800", "long varint": "08818000", "long tag": "880001", "field twice": "08010802",
            "descending": "10010801", "unknown field": "3001", "wrong wire type": "0d01000000", "group": "0b0c",
            "uint32 too large": "108080808010", "varint of 65 bits": "08ffffffffffffffffff02",
            "varint of 11 bytes": "08" + "80" * 10 + "01", "cut": "08", "field 0": "0001",
        }.items():
            with self.assertRaises(Refused, msg=name):
                decode(ClosingRecord, bytes.fromhex(text))
        for name, text in {
            "empty string": "0a00", "not UTF-8": "0a01ff", "string beyond the end": "0a0561",
            "default in a leg": "1a020a00", "legs after parties": "220208011a00",
            "tags descend": "2a030a01622a030a0161", "tag twice": "2a030a01612a030a0161",
        }.items():
            padded = (uint(len(bytes.fromhex(text)), 2) + bytes.fromhex(text)).ljust(4096, b"\0")
            with self.assertRaises(Refused, msg=name):
                metadata.read_opening(padded)

    def test_padding(self) -> None:
        good = metadata.write_opening(self.RECORD)
        for wrong in (good[:-1], good + b"\0", good[:-1] + b"\1", b"\x0f\xff" + good[2:], b"\0\0" + good[2:]):
            with self.assertRaises(Refused):
                metadata.read_opening(wrong)
        self.assertEqual(len(metadata.write_opening(OpeningRecord("x" * 4091))), 4096)
        with self.assertRaises(ValueError):
            metadata.write_opening(OpeningRecord("x" * 4092))

    def test_a_changed_bit_gives_an_error_or_another_canonical_message(self) -> None:
        data = encode(self.RECORD)
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            try:
                found = decode(OpeningRecord, bytes(changed))
            except Refused:
                continue
            self.assertEqual(encode(found), bytes(changed))
