using static ZeroKnowledge.Calls.Tests.VectorProto;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Opening and closing records: what they may hold, and each way of not being canonical, signed as if it were right.</summary>
internal static class MetadataVectors
{
    private const ulong Begun = VectorForge.BegunMs;
    private static readonly byte[] Caller = Leg("caller", (8, "PCMA", 8000, 1));

    public static void Add(VectorBook book)
    {
        AddValid(book);
        AddOpenings(book);
        AddLegs(book);
        AddClosings(book);
    }

    private static void AddValid(VectorBook book)
    {
        VectorForge full = Forge(Opening("a84b4c76e66710", Begun - 5000,
            [Leg("caller", (0, "PCMU", 8000, 1), (101, "telephone-event", 8000, 1)), Leg("", (111, "opus", 48_000, 2))],
            [Party(0, "Erika Mustermann", "+4930123456"), Party(1, "", "sip:agent@example.org"), Party(14, "", "")],
            [Tag("Queue", ""), Tag("queue", "sales"), Tag("Ü", "ä")]));
        book.Add("opening-full", "7", "Every field of the opening record; a leg without a label, a party without a name, a tag without a value.", full, Outcome.Complete(1) with
        {
            Opening = new VectorOpening("a84b4c76e66710", Begun - 5000,
                [new VectorLeg("caller", [new(0, "PCMU", 8000, 1), new(101, "telephone-event", 8000, 1)]), new VectorLeg("", [new(111, "opus", 48_000, 2)])],
                [new(0, "Erika Mustermann", "+4930123456"), new(1, "", "sip:agent@example.org"), new(14, "", "")], [new("Queue", ""), new("queue", "sales"), new("Ü", "ä")]),
        });
        book.Add("opening-empty", "7", "An opening record without a single field.", Forge([]), Outcome.Complete(1) with { Opening = new VectorOpening("", 0, [], [], []) });
        book.Add("opening-largest", "1, 7", "An encoded message of 4,094 bytes: there is no padding.", Forge(Sized(4094)), Outcome.Complete(1));
        book.Add("opening-far-time", "7", "A time beyond the year 9999.", Forge(Opening("call-1", ulong.MaxValue, [Caller])), Outcome.Complete(1));
        book.Add("opening-15-legs", "1, 7", "Fifteen legs.", Forge(Opening("call-1", Begun, [.. Enumerable.Repeat(Caller, 15)])), Outcome.Complete(1));
        VectorForge closing = VectorForge.Running(1).Seal(closing: Closing(Begun + 1000, 1, 3, 7, 140));
        book.Add("closing-full", "7", "Every field of the closing record.", closing, Outcome.Complete(1) with { Closing = new VectorClosing(Begun + 1000, "completed", 3, 7, 140) });
    }

    private static void AddOpenings(VectorBook book)
    {
        VectorForge other = VectorForge.Sealed(1, life: "other");
        VectorForge swapped = VectorForge.Sealed(1);
        swapped.OpeningRecord = other.OpeningRecord;
        Differs("swapped", "The opening record is that of another recording.", swapped);
        VectorForge flipped = VectorForge.Sealed(1);
        flipped.OpeningRecord = [.. flipped.OpeningRecord[..^1], (byte)(flipped.OpeningRecord[^1] ^ 1)];
        Differs("flipped", "A bit of the opening record is flipped.", flipped);
        VectorForge cut = VectorForge.Sealed(1);
        cut.OpeningRecord = cut.OpeningRecord[..^1];
        Differs("short", "The last byte of the opening record is missing.", cut);

        VectorForge key = new();
        key.OpeningRecord = key.SealMessage(key.ClosingKey, VectorForge.Pad(VectorForge.OpeningMessage(), 4096));
        Bad("key", "The opening record is sealed under the closing key.", key);
        VectorForge zeros = new();
        zeros.OpeningRecord = zeros.SealMessage(zeros.OpeningKey, VectorForge.Pad(VectorForge.OpeningMessage(), 4096), [.. new byte[31], 1]);
        Bad("zeros", "The tag is right, and the last of the 32 zeros is not.", zeros);
        VectorForge size = new();
        size.OpeningRecord = size.SealMessage(size.OpeningKey, VectorForge.Pad(VectorForge.OpeningMessage(), 1024));
        Bad("size", "The record is padded to 1,024 bytes.", size);
        byte[] message = VectorForge.OpeningMessage();
        Padded("padding", "The last byte of the padding is 1.", padded => padded[^1] = 1);
        Padded("padding-first", "The first byte of the padding is 1.", padded => padded[2 + message.Length] = 1);
        Padded("length", "The length says 4,095 bytes.", padded => (padded[0], padded[1]) = (0x0f, 0xff));

        Message("unknown-field", "Field 6 is not known.", [.. message, .. Field(6, 1)]);
        Message("varint-long", "A time in one byte more than it needs.", [.. Field(1, "call-1"), 0x10, .. Varint(Begun)[..^1], (byte)(Varint(Begun)[^1] | 0x80), 0, .. Field(3, Caller)]);
        Message("tag-long", "A field's number in two bytes.", [0x8a, 0x00, 6, .. "call-1"u8, .. Field(2, Begun), .. Field(3, Caller)]);
        Message("default", "The time is there, and 0.", [.. Field(1, "call-1"), 0x10, 0, .. Field(3, Caller)]);
        Message("default-string", "The call id is there, and empty.", [0x0a, 0, .. Field(2, Begun), .. Field(3, Caller)]);
        Message("order", "The time stands before the call id.", [.. Field(2, Begun), .. Field(1, "call-1"), .. Field(3, Caller)]);
        Message("field-twice", "The call id stands twice.", [.. Field(1, "call-0"), .. Field(1, "call-1"), .. Field(2, Begun), .. Field(3, Caller)]);
        Message("wire-type", "The time is a fixed 64-bit integer.", [.. Field(1, "call-1"), 0x11, 1, 0, 0, 0, 0, 0, 0, 0, .. Field(3, Caller)]);
        Message("group", "A group stands after the message.", [.. message, 0x33, 0x34]);
        Message("utf8", "The call id is not UTF-8.", [.. Field(1, [0x63, 0xff]), .. Field(2, Begun), .. Field(3, Caller)]);
        Message("cut", "The message ends within a field.", message[..^1]);
        Message("tags-descend", "The tags' keys descend.", Opening("call-1", Begun, [Caller], tags: [Tag("b", ""), Tag("a", "")]));
        Message("tag-twice", "A tag's key stands twice.", Opening("call-1", Begun, [Caller], tags: [Tag("a", "1"), Tag("a", "2")]));
        // In UTF-16 the second would come first.
        book.Add("opening-tags-utf8", "7", "Tags' keys ascend by their UTF-8 bytes, not by UTF-16.",
            Forge(Opening("call-1", Begun, [Caller], tags: [Tag("\uff61", ""), Tag("\U0001f4de", "")])), Outcome.Complete(1));
        Message("party-leg", "A party of leg 15.", Opening("call-1", Begun, [Caller], [Party(15, "", "")]));
        Message("16-legs", "Sixteen legs.", Opening("call-1", Begun, [.. Enumerable.Repeat(Caller, 16)]));

        void Message(string name, string comment, byte[] bytes) => Bad(name, comment, new VectorForge().SetOpening(bytes));

        void Padded(string name, string comment, Action<byte[]> edit)
        {
            byte[] padded = VectorForge.Pad(message, 4096);
            edit(padded);
            Bad(name, comment, new VectorForge().SetOpeningPadded(padded));
        }

        void Bad(string name, string comment, VectorForge recording) => AddBadOpening(book, name, comment, recording);

        void Differs(string name, string comment, VectorForge recording) =>
            book.Add($"opening-{name}", "7, 8, 14", comment, recording, Outcome.Corrupt(1, 1) with { OpeningReleased = false });
    }

    private static void AddLegs(VectorBook book)
    {
        OfLeg("label-65", "A leg's label of 65 bytes.", Leg(new string('a', 65), (8, "PCMA", 8000, 1)));
        OfLeg("no-types", "A leg without payload types.", Leg("caller"));
        OfLeg("17-types", "A leg with 17 payload types.", Leg("", [.. Enumerable.Range(0, 17).Select(i => (i, "x", 8000L, 1))]));
        OfLeg("types-descend", "A leg's payload types descend.", Leg("", (8, "PCMA", 8000, 1), (0, "PCMU", 8000, 1)));
        OfLeg("type-twice", "A payload type stands twice.", Leg("", (8, "PCMA", 8000, 1), (8, "PCMU", 8000, 1)));
        OfLeg("type-128", "A payload type of 128.", Leg("", (128, "PCMA", 8000, 1)));
        OfLeg("clock-0", "A clock rate of 0.", Leg("", (8, "PCMA", 0, 1)));
        OfLeg("clock-2-31", "A clock rate of 2^31.", Leg("", (8, "PCMA", 1L << 31, 1)));
        OfLeg("channels-0", "No channels.", Leg("", (8, "PCMA", 8000, 0)));
        OfLeg("channels-256", "256 channels.", Leg("", (8, "PCMA", 8000, 256)));
        OfLeg("codec-empty", "A codec without a name.", Leg("", (8, "", 8000, 1)));
        OfLeg("codec-33", "A codec's name of 33 bytes.", Leg("", (8, new string('x', 33), 8000, 1)));
        OfLeg("codec-space", "A space in a codec's name.", Leg("", (8, "PC MA", 8000, 1)));

        void OfLeg(string name, string comment, byte[] leg) => AddBadOpening(book, $"leg-{name}", comment, new VectorForge().SetOpening(Opening("call-1", Begun, [leg])));
    }

    private static void AddClosings(VectorBook book)
    {
        VectorForge flipped = VectorForge.Sealed(1);
        flipped.ClosingRecord[^1] ^= 1;
        Differs("flipped", "A bit of the closing record is flipped.", flipped);
        VectorForge missing = VectorForge.Sealed(1);
        missing.Blocks.RemoveAll(block => block.Type == ContainerFormat.ClosingRecord);
        Differs("missing", "There is a seal, and no closing record.", missing);
        VectorForge swapped = VectorForge.Sealed(1);
        VectorForge.Sealed(1, life: "other").ClosingRecord.CopyTo(swapped.ClosingRecord, 0);
        Differs("swapped", "The closing record is that of another recording.", swapped);

        byte[] right = Closing(Begun + 1000, 1, 3);
        Message("unknown-field", "Field 6 is not known.", [.. right, .. Field(6, 1)]);
        Message("default", "A field is there, and 0.", [.. right, 0x20, 0]);
        Message("order", "The fields descend.", [.. Field(3, 3), .. Field(2, 1), .. Field(1, Begun)]);
        Message("reason", "The reason is 2, that of the seal 1.", Closing(Begun + 1000, 2, 3));
        Message("reason-0", "The reason is missing.", Closing(Begun + 1000, 0, 3));
        Message("reason-long", "The reason has 33 bits, of which the lower 32 are right.", [.. Field(1, Begun + 1000), .. Field(2, (1UL << 32) | 1), .. Field(3, 3)]);
        book.Add("closing-largest-numbers", "7", "Numbers of 64 bits.", VectorForge.Running(1).Seal(closing: Closing(ulong.MaxValue, 1, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue)),
            Outcome.Complete(1));
        VectorForge key = VectorForge.Running(1);
        Sealed("key", "The closing record is sealed under the opening key.", key, key.SealMessage(key.OpeningKey, VectorForge.Pad(right, 1024)));
        VectorForge padding = VectorForge.Running(1);
        byte[] padded = VectorForge.Pad(right, 1024);
        padded[^1] = 1;
        Sealed("padding", "The last byte of the padding is 1.", padding, padding.SealMessage(padding.ClosingKey, padded));

        void Message(string name, string comment, byte[] message) => Bad(name, comment, VectorForge.Running(1).Seal(closing: message));

        void Sealed(string name, string comment, VectorForge recording, byte[] stored) => Bad(name, comment, recording
            .Add(ContainerFormat.ClosingRecord, stored)
            .Add(ContainerFormat.Statement, recording.Statement(StatementType.Seal, reason: 1, closing: System.Security.Cryptography.SHA256.HashData(stored))));

        void Bad(string name, string comment, VectorForge recording) => book.Add(
            $"closing-{name}", "7, 14", comment, recording, Outcome.Corrupt(1, 1) with { ClosingReleased = false }, Outcome.ForVerifier(Outcome.Complete(1) with { Finding = null }));

        void Differs(string name, string comment, VectorForge recording) =>
            book.Add($"closing-{name}", "7, 8, 14", comment, recording, Outcome.Corrupt(1, 1) with { ClosingReleased = false });
    }

    private static void AddBadOpening(VectorBook book, string name, string comment, VectorForge recording) => book.Add(
        $"opening-{name}", "7, 14", comment, recording.Begin().Write(1).Seal(), Outcome.Corrupt(1, 1) with { OpeningReleased = false },
        Outcome.ForVerifier(Outcome.Complete(1) with { Finding = null }));

    private static VectorForge Forge(byte[] message) => new VectorForge().SetOpening(message).Begin().Write(1).Seal();

    private static byte[] Sized(int size)
    {
        // Tag 5, two bytes of length; the value's field has as much of its own.
        byte[] rest = Opening("call-1", Begun, [Caller]);
        byte[] tag = Tag("note", new string('n', size - rest.Length - 3 - 6 - 3));
        byte[] message = [.. rest, .. Field(5, tag)];
        Assert.Equal(size, message.Length);
        return message;
    }
}
