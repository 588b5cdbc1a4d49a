using static ZeroKnowledge.Calls.Tests.VectorPayload;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>
/// Recordings of three chunks of which the second breaks a rule of section 6. It is encrypted and signed as if it were right, so only
/// somebody who opens it can tell.
/// </summary>
internal static class PayloadVectors
{
    private static readonly byte[] F = Frame(7, 0, CallerFormat);
    private static readonly byte[] A = Frame(1, 0, Anchor(50, 8000, 1, 2, 3, 4));
    private static readonly byte[] Step = [0, 160];

    public static void Add(VectorBook book)
    {
        AddHeads();
        AddOrder();
        AddFrames();
        AddDeltas();
        AddFormats();
        AddGaps();

        void AddHeads()
        {
            Bad("padding", "The last byte of the padding is 1.", Edited(Raw(1, 1000, 1000, F, A), payload => payload[^1] = 1));
            Bad("padding-first", "The first byte of the padding is 1.", Edited(Raw(1, 1000, 1000, F, A), payload => payload[14 + F.Length + A.Length] = 1));
            Bad("count-more", "The frame count says one more frame than there is.", Raw(1, 1000, 1000, 3, F, A));
            Bad("count-less", "The frame count says one frame less than there is.", Raw(1, 1000, 1000, 1, F, A));
            Bad("count-largest", "The frame count says 65,535 frames.", Raw(1, 1000, 1000, 65_535, F, A));
            Bad("latest", "`latest` is later than the last frame.", Raw(1, 1000, 1001, F, A));
            Bad("earliest", "The first frame arrives 1 ms after `earliest`.", Raw(1, 999, 1000, Frame(7, 1, CallerFormat), A));
            Bad("latest-before-frame", "The last frame arrives after `latest`.", Raw(1, 1000, 1000, F, Frame(1, 1, Anchor(50, 8000, 1, 2, 3, 4))));
            Bad("empty-two-times", "A chunk without frames has two times.", Raw(1, 1000, 1001));
            Bad("arrival-2-31", "Frames arrive 2^31 ms after the beginning.", Raw(1, 0x80000000, 0x80000000, F, A));
            Bad("arrival-overflow", "The second frame arrives 2^31 ms after the beginning.", Raw(1, 0x7fffffff, 0x80000000, F, Frame(1, 1, Anchor(50, 8000, 1, 2, 3, 4))));
        }

        void AddOrder()
        {
            Bad("tick-same", "The tick number is that of the chunk before.", Raw(0, 1000, 1000, F, A));
            Bad("arrival-descends", "The frames arrive before the last one of the chunk before.", Raw(1, 39, 39, F, A));
            Bad("empty-arrival-descends", "A chunk without frames stands before the last frame of the chunk before.", Raw(1, 39, 39));
            VectorForge descends = new VectorForge().Begin();
            descends.Add(VectorPayload.Usual(0)).Checkpoint().Add(Raw(9, 1000, 1000, F, A)).Checkpoint().Add(VectorPayload.Usual(2)).Checkpoint().Seal();
            book.Add("chunk-tick-descends", "6, 14", "Chunk 2 has tick number 2, after chunk 1 with 9.", descends,
                Outcome.Corrupt(3, 2, 2) with { Frames = 4 }, Outcome.ForVerifier(Outcome.Complete(3)));
        }

        void AddFrames()
        {
            foreach (int type in new[] { 0, 9, 15 })
            {
                Bad($"type-{type}", $"A frame is of type {type}.", Raw(1, 1000, 1000, F, A, Frame(type, 0, 1, 2, 3, 4)));
            }

            Bad("no-format", "An audio frame stands before its leg's format.", Raw(1, 1000, 1000, A, F));
            Bad("other-legs-format", "The format is that of another leg.", Raw(1, 1000, 1000, [0x71, 0, .. CallerFormat], A));
            Bad("audio-of-all", "An audio frame of leg 15.", Raw(1, 1000, 1000, F, [0x1f, 0, .. Anchor(50, 8000, 1)]));
            Bad("format-of-all", "A format of leg 15.", Raw(1, 1000, 1000, [0x7f, 0, .. CallerFormat]));
            Bad("anchor-cut", "An anchor's payload goes beyond the chunk's.", Raw(1, 1000, 1000, F, Frame(1, 0, Edited(Anchor(50, 8000), anchor => anchor[12] = 255))));
            Bad("frame-8193", "A frame's length is 8,193 bytes, more than a frame has and than the chunk holds.",
                Raw(1, 1000, 1000, F, Frame(1, 0, Edited(Anchor(50, 8000), anchor => (anchor[11], anchor[12]) = (0x20, 0x01)))));
            Bad("varint-long", "An arrival is written in two bytes where one is enough.", Raw(1, 1000, 1020, F, [0x10, 0x94, 0x00, .. Anchor(50, 8000, 1)]));
            Bad("varint-2-31", "A varint is 2^31.", Raw(1, 1000, 1000, F, [0x10, 0x80, 0x80, 0x80, 0x80, 0x08, .. Anchor(50, 8000, 1)]));
            Bad("varint-six-bytes", "A varint has six bytes.", Raw(1, 1000, 1020, F, [0x10, 0x94, 0x80, 0x80, 0x80, 0x80, 0x00, .. Anchor(50, 8000, 1)]));
            Bad("varint-33-bits", "A varint has a bit above the 32nd.", Raw(1, 1000, 1020, F, [0x10, 0x94, 0x80, 0x80, 0x80, 0x10, .. Anchor(50, 8000, 1)]));
        }

        void AddDeltas()
        {
            byte[] delta = Frame(2, 0, [0x20, .. Step, 5, 6, 7, 8]);
            Bad("anchor-not-due", "An anchor stands where a delta belongs.", Raw(1, 1000, 1000, F, A, Frame(1, 0, Anchor(51, 8160, 5, 6, 7, 8))));
            Bad("anchor-not-due-step", "An anchor stands where a delta with a step of 65,535 belongs.", Raw(1, 1000, 1000, F, A, Frame(1, 0, Anchor(51, 73_535, 5, 6, 7, 8))));
            Bad("delta-first", "A leg's first audio frame is a delta.", Raw(1, 1000, 1000, F, delta));
            Bad("next-first", "A leg's first audio frame is a next.", Raw(1, 1000, 1000, F, Frame(3, 0, 5, 6, 7, 8)));
            Bad("next-after-anchor", "A next follows an anchor, when the step is unset.", Raw(1, 1000, 1000, F, A, Frame(3, 0, 5, 6, 7, 8)));
            Bad("delta-without-step", "A delta follows an anchor without a step.", Raw(1, 1000, 1000, F, A, Frame(2, 0, 0x80, 5, 6, 7, 8)));
            Bad("event-next-after-audio", "A next of an event follows audio.", Raw(1, 1000, 1000, F, A, delta, Frame(6, 0, 5, 6, 7, 8)));
            Bad("event-delta-after-audio", "A delta of an event follows audio.", Raw(1, 1000, 1000, F, A, Frame(5, 0, [0x20, .. Step, 5, 6, 7, 8])));
            Bad("delta-for-next", "A delta's control byte is 0: a next belongs there.", Raw(1, 1000, 1000, F, A, delta, Frame(2, 0, 0, 5, 6, 7, 8)));
            foreach (byte bit in new byte[] { 1, 2, 4, 8 })
            {
                Bad($"control-bit-{bit}", $"The control byte's reserved bit of value {bit} is set.", Raw(1, 1000, 1000, F, A, Frame(2, 0, [(byte)(0x20 | bit), .. Step, 5, 6, 7, 8])));
            }

            Bad("sequence-predicted", "A delta has the sequence that was predicted.", Raw(1, 1000, 1000, F, A, Frame(2, 0, [0x60, 0, 51, .. Step, 5, 6, 7, 8])));
            Bad("step-predicted", "A delta has the step that was predicted.", Raw(1, 1000, 1000, F, A, delta, Frame(2, 0, [0xa0, .. Step, 5, 6, 7, 8])));
            Bad("length-predicted", "A delta has the length that was predicted.", Raw(1, 1000, 1000, F, A, Frame(2, 0, [0x30, .. Step, 0, 4, 5, 6, 7, 8])));
        }

        void AddFormats()
        {
            Format("label-65", "A label of 65 bytes.", FormatBody(new string('a', 65), (8, 8000, 1, "PCMA")));
            Format("label-utf8", "A label with a byte that is not UTF-8.", Edited(CallerFormat, format => format[1] = 0xff));
            Format("label-surrogate", "A label with half of a surrogate pair, in UTF-8's scheme.", [3, 0xed, 0xa0, 0x80, .. CallerFormat[7..]]);
            Format("no-types", "A format without payload types.", FormatBody("caller"));
            Format("17-types", "A format with 17 payload types.", FormatBody("", [.. Enumerable.Range(0, 17).Select(i => (i, 8000u, 1, "x"))]));
            Format("types-descend", "Payload types descend.", FormatBody("", (8, 8000, 1, "PCMA"), (0, 8000, 1, "PCMU")));
            Format("type-twice", "A payload type stands twice.", FormatBody("", (8, 8000, 1, "PCMA"), (8, 8000, 1, "PCMU")));
            Format("type-128", "A payload type of 128.", FormatBody("", (128, 8000, 1, "PCMA")));
            Format("clock-0", "A clock rate of 0.", FormatBody("", (8, 0, 1, "PCMA")));
            Format("clock-2-31", "A clock rate of 2^31.", FormatBody("", (8, 0x80000000, 1, "PCMA")));
            Format("channels-0", "No channels.", FormatBody("", (8, 8000, 0, "PCMA")));
            Format("codec-empty", "A codec without a name.", FormatBody("", (8, 8000, 1, "")));
            Format("codec-33", "A codec's name of 33 bytes.", FormatBody("", (8, 8000, 1, new string('x', 33))));
            Format("codec-space", "A space in a codec's name.", FormatBody("", (8, 8000, 1, "PC MA")));
            Format("codec-delete", "The byte 0x7F in a codec's name.", FormatBody("", (8, 8000, 1, "PCMA\u007f")));

            void Format(string name, string comment, byte[] body) => Bad($"format-{name}", comment, Raw(1, 1000, 1000, Frame(7, 0, body)));
        }

        void AddGaps()
        {
            Bad("gap-0", "A gap without a duration.", Raw(1, 1000, 1000, Frame(8, 0, 0, 1)));
            Bad("gap-longer", "A gap of 1,001 ms ends 1,000 ms after the beginning.", Raw(1, 1000, 1000, Frame(8, 0, 0xe9, 0x07, 1)));
            Bad("gap-reason-0", "A gap's reason is 0.", Raw(1, 1000, 1000, Frame(8, 0, 1, 0)));
            Bad("gap-reason-9", "A gap's reason is 9.", Raw(1, 1000, 1000, Frame(8, 0, 1, 9)));
        }

        void Bad(string name, string comment, byte[] second)
        {
            VectorForge recording = new VectorForge().Begin();
            recording.Add(VectorPayload.Usual(0)).Checkpoint().Add(second).Checkpoint().Add(VectorPayload.Usual(2)).Checkpoint().Seal();
            book.Add($"payload-{name}", "6, 14", comment, recording, Outcome.Corrupt(3, 1, 1), Outcome.ForVerifier(Outcome.Complete(3)));
        }
    }

    private static byte[] Edited(byte[] bytes, Action<byte[]> edit)
    {
        byte[] copy = [.. bytes];
        edit(copy);
        return copy;
    }
}
