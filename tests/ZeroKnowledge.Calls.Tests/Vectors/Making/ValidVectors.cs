using static ZeroKnowledge.Calls.Tests.VectorPayload;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Recordings that a reader must read, frame by frame.</summary>
internal static class ValidVectors
{
    private static readonly Leg Two = new("caller", new PayloadType(8, "PCMA", 8000), new PayloadType(111, "opus", 48_000, 2));

    public static void Add(VectorBook book)
    {
        foreach (Suite suite in new[] { Suite.Aes256Gcm, Suite.Aegis256 })
        {
            string name = suite == Suite.Aes256Gcm ? "aes" : "aegis";
            AddSealed(book, $"{name}-empty", "4, 5, 7, 8", "A sealed recording without chunks.", suite);
            AddSealed(book, $"{name}-one-chunk", "3, 4, 6", "One chunk: a format, and an anchor, a delta and a next of one leg.", suite, (0, UsualFrames(0)));
            AddSealed(book, $"{name}-frames", "6", "Three chunks with every kind of frame, of two legs.", suite, Kinds());
        }

        AddSealed(book, "ssrc-change", "6", "The SSRC changes, then the payload type: each time an anchor.", Suite.Aes256Gcm,
            (0, [Format(0, 0, Two), Audio(0, 0, 1, 160, "aa"), Audio(0, 20, 2, 320, "bb"), Audio(0, 40, 3, 480, "cc", ssrc: 9), Audio(0, 60, 4, 640, "dd", ssrc: 9, type: 111)]));
        AddSealed(book, "format-change", "6", "A second format in a chunk replaces the first; a payload type that it does not name is kept.", Suite.Aes256Gcm,
            (0, [Format(0, 0, Caller), Audio(0, 0, 1, 160, "aa"), Format(0, 20, Two), Audio(0, 20, 2, 320, "bb", type: 111), Audio(0, 40, 3, 480, "cc", type: 96)]));
        AddSealed(book, "gaps", "6", "Every reason, of a leg and of all legs (15), the shortest duration at 0 ms and the longest there is.", Suite.Aes256Gcm,
            (0, [Gap(0, 0, 1, 1), Gap(15, 0, 1, 8)]),
            (1, [Gap(0, 1000, 1000, 2), Gap(1, 1000, 1, 3), Gap(15, 1100, 1100, 4), Format(0, 1200, Caller), Audio(0, 1200, 1, 160, "aa"), Gap(14, 1300, 128, 5)]),
            (2, [Gap(0, 2000, 127, 6), Gap(0, 2000, 2000, 7)]));
        AddSealed(book, "skipped-ticks", "6", "Ticks 1, 2 and 4 to 99 were missed; chunk 1 begins with a gap, the last chunk has no frames.", Suite.Aes256Gcm,
            [(0, UsualFrames(0)), (3, [Gap(15, 3100, 3000, 8), Format(0, 3100, Caller), Audio(0, 3100, 1, 160, "aa")]), (100, [])]);
        AddSealed(book, "no-frames", "6", "Chunks without frames stand at the arrival of the last frame, or later.", Suite.Aes256Gcm, (0, []), (1, UsualFrames(1)), (2, []), (3, []));
        AddSealed(book, "disorder", "6", "A lost packet, a duplicate, one out of order (an anchor, as its timestamp is lower), counters that wrap, a timestamp that jumps.", Suite.Aes256Gcm,
            (0, [Format(0, 0, Caller), Audio(0, 0, 65_534, 4_294_967_135, "aa"), Audio(0, 20, 65_535, 4_294_967_295, "bb"), Audio(0, 40, 0, 159, "cc"),
                Audio(0, 60, 3, 639, "dd"), Audio(0, 80, 3, 639, "dd"), Audio(0, 100, 2, 479, "ee"), Audio(0, 120, 4, 66_014, "ff"), Audio(0, 140, 5, 131_550, "00")]));
        AddSealed(book, "empty-frames", "6", "Frames without a byte, and a marker that makes a delta of what would be a next.", Suite.Aes256Gcm,
            (0, [Format(0, 0, Caller), Audio(0, 0, 1, 0, ""), Audio(0, 20, 2, 160, ""), Audio(0, 40, 3, 320, ""), Audio(0, 60, 4, 480, "", marker: true), Audio(0, 80, 5, 640, "")]));
        // Format 20, anchor 15, delta 7 and 14 bytes of head leave 200 bytes.
        AddSealed(book, "full-payload", "6", "The frames fill the payload to the last byte: there is no padding.", Suite.Aes256Gcm,
            (0, [Format(0, 0, Caller), Audio(0, 0, 1, 0, "aabb"), Audio(0, 20, 2, 160, string.Concat(Enumerable.Repeat("5a", Room)))]));
        AddSealed(book, "last-moment", "1, 6", "The highest tick number, and arrivals up to 2^31 - 1 ms.", Suite.Aes256Gcm,
            (2_147_483, [Format(14, 2_147_483_000, Caller), Audio(14, 2_147_483_000, 1, 160, "aa")]),
            (4_294_967_295, [Gap(15, 2_147_483_647, 2_147_483_647, 1)]));
        AddSealed(book, "format-largest", "1, 6", "A label of 64 bytes, a codec name of 32, a clock rate of 2^31 - 1, 255 channels, payload types 0 and 127; then no label.", Suite.Aes256Gcm,
            (0, [Format(0, 0, new Leg(string.Concat(Enumerable.Repeat("ü", 32)), new PayloadType(0, "!" + new string('x', 30) + "~", int.MaxValue, 255), new PayloadType(127, "L16", 1))),
                Format(0, 0, new Leg("", new PayloadType(8, "PCMA", 8000)))]));
        AddSealed(book, "format-16-types", "1, 6", "Sixteen payload types.", Suite.Aes256Gcm,
            (0, [Format(0, 0, new Leg("", [.. Enumerable.Range(0, 16).Select(i => new PayloadType(i * 8, "x", 8000))]))]));
    }

    // The bytes that the second frame of "full-payload" may have.
    private const int Room = VectorForge.PayloadSize - 14 - 21 - 17 - 7;

    private static (long Tick, Frame[] Frames)[] Kinds() =>
    [
        (0, [Format(0, 5, Caller), Audio(0, 5, 100, 1000, "00112233", marker: true), Audio(0, 25, 101, 1160, "44556677"),
            Format(1, 30, Agent), Audio(1, 30, 7, 70, "a0a1", ssrc: 5), Audio(0, 45, 102, 1320, "8899aabb"), Event(1, 50, 8, 230, "010a00a0", marker: true, ssrc: 5),
            Event(1, 70, 9, 230, "010a0140", ssrc: 5), Event(1, 90, 10, 230, "018a0140", ssrc: 5)]),
        (1, [Format(0, 1005, Caller), Audio(0, 1005, 150, 9000, "00"), Audio(0, 1025, 153, 9480, "0102"), Audio(0, 1025, 153, 9480, "0102"), Audio(0, 1045, 154, 9480, "0304", marker: true),
            Gap(0, 1500, 400, 2), Format(1, 1600, Agent), Event(1, 1600, 12, 12_870, "020a00a0", ssrc: 5)]),
        (2, [Gap(15, 2999, 900, 1)]),
    ];

    private static void AddSealed(VectorBook book, string name, string section, string comment, Suite suite, params (long Tick, Frame[] Frames)[] chunks)
    {
        VectorForge recording = new VectorForge(suite, name).Begin();
        long arrival = 0;
        foreach ((long tick, Frame[] frames) in chunks)
        {
            recording.Add(tick, frames, arrival);
            arrival = frames.Length == 0 ? arrival : frames[^1].ArrivalMs;
        }

        recording.Seal();
        book.Add(name, section, comment, recording, Outcome.Complete(chunks.Length, recording.Frames) with
        {
            Gaps = [.. chunks.Index().Where(chunk => chunk.Item.Frames.Any(frame => frame.Kind == FrameKind.Gap)).Select(chunk => chunk.Index)],
            Opening = Opening,
            Closing = new VectorClosing(VectorForge.BegunMs + ((ulong)chunks.Length * 1000), "completed", recording.Frames, 0, recording.GapMs),
            Content = [.. chunks.Index().SelectMany(chunk => chunk.Item.Frames.Select(frame => VectorFrame.Of(frame, chunk.Index, signed: true)))],
        }, container: recording.Container());
    }

    private static VectorOpening Opening => new("call-1", VectorForge.BegunMs, [VectorLeg.Of(Caller)], [], []);
}
