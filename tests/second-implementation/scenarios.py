"""What the recordings of `zkc1.py write` hold, decided by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from frames import ALL_LEGS, AUDIO, EVENT, Format, Frame, Gap, Media
from metadata import PayloadType
from octets import uint
from structures import ABORTED, COMPLETED, CONTINUED, DISCARDED

PCMA = PayloadType(8, "PCMA", 8000, 1)
DTMF = PayloadType(101, "telephone-event", 8000, 1)
OPUS = PayloadType(111, "opus", 48000, 2)

Ticks = list[tuple[int, list[Frame]]]  # (tick number, frames) of each chunk


@dataclass
class Scenario:
    name: str
    ticks: Ticks
    formats: dict[int, Format] = field(default_factory=lambda: formats(PCMA))
    tick: int = 1000
    payload_size: int = 20_480
    end: int | None = COMPLETED              # the seal's reason; None: no seal
    recovered: bool = False
    erased: tuple[int, int] | None = None    # the chunks whose keys an envelope of form 2 lacks
    all_erased: bool = False                 # an envelope of form 3
    cut: int = 0                             # bytes that are missing at the container's end
    continues: str | None = None             # name of the recording before it
    group: bool = False                      # the envelope has a group stanza as well


# --- sources of frames --------------------------------------------------------------------------------------------------

def formats(*types: PayloadType, legs: tuple[str, ...] = ("caller", "agent – 2nd floor")) -> dict[int, Format]:
    ordered = tuple(sorted(types, key=lambda t: t.number))
    return {leg: Format(0, leg, label, ordered) for leg, label in enumerate(legs)}


class Stream:
    """An RTP source: consecutive packets of one leg."""

    def __init__(self, rng: random.Random, leg: int, kind: str = AUDIO, payload_type: int = 8, size: int = 160,
                 step: int = 160) -> None:
        self.rng, self.leg, self.kind, self.payload_type = rng, leg, kind, payload_type
        self.size, self.step = size, step
        self.ssrc, self.sequence, self.timestamp = rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(32)

    def frame(self, arrival: int, marker: bool = False, payload: bytes | None = None) -> Media:
        content = self.rng.randbytes(self.size) if payload is None else payload
        frame = Media(arrival, self.leg, self.kind, marker, self.payload_type, self.sequence, self.timestamp,
                      self.ssrc, content)
        self.sequence = (self.sequence + 1) % (1 << 16)
        self.timestamp = (self.timestamp + self.step) % (1 << 32)
        return frame


def call(rng: random.Random, count: int, tick: int = 1000, size: int = 160) -> Ticks:
    """Two legs with a packet every 20 ms, the second leg's a few ms behind the first's."""
    legs = [Stream(rng, leg, size=size) for leg in (0, 1)]
    return [(t, [stream.frame(at + 6 * stream.leg + rng.randrange(5))
                 for at in range(t * tick, (t + 1) * tick, 20) for stream in legs]) for t in range(count)]


# --- scenarios ----------------------------------------------------------------------------------------------------------

def format_change(rng: random.Random) -> Scenario:
    """Leg 0 goes to Opus, with another label, in the middle of a chunk; leg 1 sends an undeclared payload type."""
    ticks = call(rng, 2)
    caller, agent = Stream(rng, 0), Stream(rng, 1)
    opus, undeclared = Stream(rng, 0, payload_type=111, size=80, step=960), Stream(rng, 1, payload_type=96)
    frames: list[Frame] = [f for at in range(2000, 2500, 20) for f in (caller.frame(at), agent.frame(at))]
    frames.append(Format(2500, 0, "caller, mobile", (PCMA, OPUS)))
    for at in range(2500, 3000, 20):
        opus.size = rng.randrange(3, 150)
        frames += [opus.frame(at, marker=at == 2500), undeclared.frame(at + 1)]
    ticks.append((2, frames))
    ticks.append((3, [f for at in range(3000, 4000, 20) for f in (opus.frame(at), agent.frame(at + 3))]))
    return Scenario("format-change", ticks)


def dtmf(rng: random.Random) -> Scenario:
    """Key presses between the audio: the timestamp of an event stands still while its duration grows."""
    audio, event = Stream(rng, 0), Stream(rng, 0, EVENT, 101, 4, step=0)
    event.ssrc, ticks = audio.ssrc, []
    for t in range(4):
        frames: list[Frame] = []
        for at in range(t * 1000, (t + 1) * 1000, 20):
            frames.append(audio.frame(at))
            packet = at % 1000 // 20 - 10
            if 0 <= packet < 9:
                if packet == 0:
                    event.timestamp = audio.timestamp
                duration = 160 * min(packet + 1, 7)  # the last packet is sent three times
                end_and_volume = 0x8A if packet >= 6 else 0x0A
                content = uint(t + 1, 1) + uint(end_and_volume, 1) + uint(duration, 2)
                frames.append(event.frame(at + 1, packet == 0, content))
        ticks.append((t, frames))
    # Events without audio between them, so that an event follows an event.
    ticks.append((4, [event.frame(4000 + 50 * i, i == 0, b"\x0b\x0a" + uint(160 * (i + 1), 2)) for i in range(6)]))
    return Scenario("dtmf", ticks, formats(PCMA, DTMF))


def gaps(rng: random.Random) -> Scenario:
    """Every reason, of one leg and of all, and the shortest and longest durations that are allowed."""
    ticks = call(rng, 1)
    start: list[Frame] = [Gap(0, 0, 1, 1), Gap(0, ALL_LEGS, 1, 8)]
    ticks[0] = (0, start + ticks[0][1])
    agent = Stream(rng, 1)
    for t in range(1, 9):
        leg = ALL_LEGS if t % 2 else rng.randrange(15)
        short = Gap(t * 1000 + 500, leg, rng.randrange(1, 500), t)
        longest = Gap(t * 1000 + 600, 0, t * 1000 + 600, 9 - t)
        ticks.append((t, [agent.frame(t * 1000 + 10), short, longest]))
    return Scenario("gaps", ticks)


def disorder(rng: random.Random) -> Scenario:
    """Reordered and duplicate packets, wrapping counters, jumps of the clock, a new SSRC, markers, changing steps."""
    ticks: Ticks = []
    stream = Stream(rng, 0)
    stream.sequence, stream.timestamp = 0xFFF0, 0xFFFF_FFFF - 160 * 40
    for t in range(6):
        packets: list[Media] = []
        for i in range(50):
            event = rng.randrange(12)
            if event == 0:
                stream.timestamp = (stream.timestamp + rng.choice((1, 65_375, 65_376, 100_000, 1 << 31))) % (1 << 32)
            elif event == 1:
                stream.ssrc = rng.getrandbits(32)
            elif event == 2:
                stream.sequence = (stream.sequence + rng.randrange(1 << 16)) % (1 << 16)
            elif event == 3:
                stream.step = rng.choice((80, 160, 0, 240))
            packets.append(stream.frame(0, marker=rng.randrange(8) == 0))
        for _ in range(8):
            i, j = rng.randrange(50), rng.randrange(50)
            packets[i], packets[j] = packets[j], packets[i]
        for _ in range(4):
            i = rng.randrange(50)
            packets.insert(i, packets[i])
        ticks.append((t, [replace(p, arrival=t * 1000 + 18 * i) for i, p in enumerate(packets)]))
    return Scenario("disorder", ticks, formats(PCMA, legs=("",)))


def silence(rng: random.Random) -> Scenario:
    """Chunks without frames, and ticks that were missed: the numbers 3, 4 and 8 to 99 are not there."""
    stream = Stream(rng, 0)

    def second(t: int) -> tuple[int, list[Frame]]:
        return t, [stream.frame(at) for at in range(t * 1000, (t + 1) * 1000, 20)]

    clock = Gap(100_400, ALL_LEGS, 92_400, 8)
    ticks: Ticks = [(0, []), (1, []), second(2), (5, []), second(6), (7, []),
                    (100, [clock, stream.frame(100_400)]), (101, [])]
    return Scenario("silence", ticks)


def tiny(rng: random.Random) -> Scenario:
    """The smallest payload and tick, 15 legs one after the other, and frames without a byte."""
    legs = [Stream(rng, leg, size=leg % 3) for leg in range(15)]
    ticks: Ticks = [(t, [legs[t % 15].frame(20 * t), legs[t % 15].frame(20 * t + 19)]) for t in range(30)]
    labels = tuple(f"leg {i}" for i in range(15))
    return Scenario("tiny", ticks, formats(PCMA, legs=labels), tick=20, payload_size=256)


def large(rng: random.Random) -> Scenario:
    """The largest payload, tick and frame, and the most that a format holds."""
    types = tuple(PayloadType(8 * i + 7, "x" * 31 + chr(0x41 + i), 2**31 - 1, 255) for i in range(16))
    stream = Stream(rng, 0, payload_type=127, size=8192, step=65_535)
    ticks: Ticks = [(0, [stream.frame(480 * i) for i in range(125)]), (1, [stream.frame(60_000)])]
    table = {0: Format(0, 0, "ü" * 32, types)}
    return Scenario("large", ticks, table, tick=60_000, payload_size=1_048_576)


def mixture(rng: random.Random, number: int) -> Scenario:
    """Frames without any plan."""
    table = formats(PCMA, DTMF, legs=("a", "b", "c"))
    ticks: Ticks = []
    t = 0
    for _ in range(rng.randrange(3, 12)):
        t += rng.choice((1, 1, 1, 4))
        arrivals = sorted(rng.randrange(t * 200, (t + 1) * 200) for _ in range(rng.choice((0, 5, 30, 30))))
        ticks.append((t, [random_frame(rng, arrival, 3) for arrival in arrivals]))
    end = rng.choice((COMPLETED, ABORTED, DISCARDED))
    return Scenario(f"mixture-{number}", ticks, table, tick=200, payload_size=65_536, end=end)


def random_frame(rng: random.Random, arrival: int, legs: int) -> Frame:
    """Values from few, so that predictions often hold."""
    leg, what = rng.randrange(legs), rng.randrange(20)
    if what == 0:
        return Gap(arrival, rng.choice((leg, ALL_LEGS)), rng.randrange(1, max(1, arrival) + 1), rng.randrange(1, 9))
    if what == 1:
        return Format(arrival, leg, "label" * rng.randrange(4), (PCMA, DTMF) if rng.random() < 0.5 else (OPUS,))
    return Media(arrival, leg, rng.choice((AUDIO, AUDIO, AUDIO, EVENT)), marker=rng.random() < 0.1,
                 payload_type=rng.choice((8, 8, 8, 101)), sequence=rng.choice((7, 8, 9, 10, 65_535, 0)),
                 timestamp=rng.choice((0, 160, 320, 480, 640, 70_000, 2**32 - 160)), ssrc=rng.choice((1, 1, 1, 2)),
                 payload=rng.randbytes(rng.choice((0, 20, 160, 160, 160, 1000))))


def scenarios(seed: int) -> list[Scenario]:
    rng = random.Random(seed)
    many = call(rng, 200, tick=20, size=33)
    return [
        Scenario("two-legs", call(rng, 5), group=True),
        format_change(rng), dtmf(rng), gaps(rng), disorder(rng), silence(rng), tiny(rng), large(rng),
        Scenario("many", many, tick=20, payload_size=512),
        Scenario("aborted", call(rng, 2), end=ABORTED),
        Scenario("discarded", call(rng, 2), end=DISCARDED),
        Scenario("continued-1", call(rng, 2), end=CONTINUED),
        Scenario("continued-2", call(rng, 2), continues="continued-1"),
        Scenario("no-chunks", []),
        Scenario("open", many[:70], tick=20, payload_size=512, end=None),
        Scenario("open-no-chunks", [], end=None),
        Scenario("recovered", many[:75], tick=20, payload_size=512, end=None, recovered=True),
        Scenario("cut", call(rng, 3), end=None, cut=1000),
        Scenario("part-erased", many[:100], tick=20, payload_size=512, erased=(17, 61)),
        Scenario("all-erased", call(rng, 3), all_erased=True),
        *(mixture(rng, i) for i in range(4)),
    ]
