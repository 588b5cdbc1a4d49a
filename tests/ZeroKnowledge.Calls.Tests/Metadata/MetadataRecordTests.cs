using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Google.Protobuf;

namespace ZeroKnowledge.Calls.Tests;

public class MetadataRecordTests
{
    private static readonly DateTimeOffset Begun = TestRecording.Begun;

    // Leg { label "a"; PCMU } as docs/FORMAT.md has it, byte for byte.
    private static readonly byte[] LegA = [0x1a, 0x10, 0x0a, 1, (byte)'a', 0x12, 0x0b, 0x12, 4, .. "PCMU"u8, 0x18, 0xc0, 0x3e, 0x20, 1];
    private static readonly byte[] CallX = [0x0a, 1, (byte)'x'];
    private static readonly byte[] Started = [0x10, 5];
    private static readonly byte[] PartyA = [0x22, 4, 0x12, 2, (byte)'n', (byte)'m'];
    private static readonly byte[] TagA = [0x2a, 6, 0x0a, 1, (byte)'k', 0x12, 1, (byte)'v'];

    [Property(MaxTest = 300)]
    public void ReadOpening_OfWritten_GivesTheSame(NonNull<string> callId, (NonNull<string>, NonNull<string>, byte)[] parties, Tuple<NonNull<string>, NonNull<string>>[] tags, uint seconds)
    {
        CallMetadata metadata = new()
        {
            CallId = "c" + Clean(callId),
            Legs = [Leg.Pcma("caller"), Leg.Opus("größer"), new Leg("", new PayloadType(127, "x", int.MaxValue, 255), new PayloadType(0, "PCMU", 1))],
            Started = DateTimeOffset.UnixEpoch.AddSeconds(seconds),
            Parties = [.. parties.Take(5).Select(party => new Party(party.Item3 % 15, Clean(party.Item1), Clean(party.Item2)))],
            Tags = tags.Take(5).DistinctBy(tag => Clean(tag.Item1)).ToDictionary(tag => Clean(tag.Item1), tag => Clean(tag.Item2)),
        };
        byte[] padded = Write(metadata);
        CallMetadata read = MetadataRecord.ReadOpening(padded)!;
        Assert.Equal((metadata.CallId, metadata.Started), (read.CallId, read.Started));
        Assert.Equal(metadata.Legs, read.Legs);
        Assert.Equal(metadata.Parties, read.Parties);
        Assert.Equal(metadata.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal), read.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal));
        Assert.Equal(padded, Write(read));
    }

    [Property(MaxTest = 300)]
    public void ReadClosing_OfWritten_GivesTheSame(uint seconds, uint frames, uint dropped, uint gaps, byte reason)
    {
        CallSummary summary = new(DateTimeOffset.UnixEpoch.AddSeconds(seconds), (EndReason)(1 + (reason % 4)), frames, dropped, TimeSpan.FromMilliseconds(gaps));
        byte[] padded = new byte[Format.ClosingPadded];
        MetadataRecord.WriteClosing(summary, padded);
        Assert.Equal(summary, MetadataRecord.ReadClosing(padded));
    }

    [Fact]
    public void WriteOpening_AtTheLimit_FitsAndOneByteMoreIsRefused()
    {
        CallMetadata Of(int size) => new() { CallId = "x", Legs = [], Started = DateTimeOffset.UnixEpoch, Tags = new Dictionary<string, string> { ["k"] = new('v', size) } };
        // Call id 3; tag: 3 of its own length, 3 of the key, 3 of the value's length.
        int room = 4_094 - 3 - 3 - 3 - 3;
        byte[] padded = Write(Of(room));
        Assert.Equal(4_094, BinaryPrimitives.ReadUInt16BigEndian(padded));
        Assert.Equal(room, MetadataRecord.ReadOpening(padded)!.Tags["k"].Length);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Write(Of(room + 1)));
        Assert.Contains("4095 bytes; at most 4094", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteOpening_OfTheLargestClosing_Fits()
    {
        byte[] padded = new byte[Format.ClosingPadded];
        MetadataRecord.WriteClosing(new CallSummary(DateTimeOffset.MaxValue, EndReason.Continued, long.MaxValue, long.MaxValue, TimeSpan.FromMilliseconds(253_402_300_799_999)), padded);
        Assert.Equal(long.MaxValue, MetadataRecord.ReadClosing(padded)!.Frames);
        Assert.InRange(BinaryPrimitives.ReadUInt16BigEndian(padded), 1, 1_022);
    }

    // Each of them was written, and then every reader refused the recording as corrupt.
    [Fact]
    public void WriteOpening_OfWhatNoReaderTakes_IsRefused()
    {
        CallMetadata Of(string callId = "x", Party[]? parties = null, Dictionary<string, string>? tags = null, Leg[]? legs = null, DateTimeOffset? started = null) =>
            new() { CallId = callId, Legs = legs ?? [], Parties = parties ?? [], Tags = tags ?? [], Started = started };
        Assert.Throws<ArgumentException>(() => Write(Of(callId: "")));
        Assert.Throws<ArgumentException>(() => Write(Of(callId: "\ud800")));
        foreach (int leg in new[] { 15, -1 })
        {
            ArgumentException exception = Assert.Throws<ArgumentException>(() => Write(Of(parties: [new Party(leg)])));
            Assert.Contains($"a leg from 0 to 14, not {leg}.", exception.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => Write(Of(parties: [new Party(0, "\udc00")])));
        Assert.Throws<ArgumentException>(() => Write(Of(tags: new() { ["\ud800"] = "a", ["\ud801"] = "b" })));
        Assert.Throws<ArgumentException>(() => Write(Of(tags: new() { ["k"] = "\ud800" })));
        Assert.Throws<ArgumentException>(() => Write(Of(legs: [.. Enumerable.Repeat(Leg.Pcma("x"), 16)])));
        Assert.Throws<ArgumentOutOfRangeException>(() => Write(Of(started: DateTimeOffset.UnixEpoch.AddMilliseconds(-1))));
        Assert.NotNull(MetadataRecord.ReadOpening(Write(Of(parties: [new Party(14)], legs: [.. Enumerable.Repeat(Leg.Pcma("x"), 15)]))));
    }

    // Order is by UTF-8 bytes: a surrogate pair is above every character of the basic plane, unlike in UTF-16.
    [Fact]
    public void WriteOpening_OfTags_OrdersThemByUtf8Bytes()
    {
        byte[] padded = Write(new CallMetadata { CallId = "x", Legs = [], Tags = new Dictionary<string, string> { ["\U0001f600"] = "", ["\uffff"] = "", ["a"] = "", [""] = "", ["aa"] = "" } });
        Assert.Equal(["", "a", "aa", "\uffff", "\U0001f600"], MetadataRecord.ReadOpening(padded)!.Tags.Select(tag => tag.Key));
    }

    [Fact]
    public void ReadOpening_OfCanonicalBytes_IsRead()
    {
        CallMetadata read = Read(CallX, Started, LegA, PartyA, TagA)!;
        Assert.Equal(("x", 5L), (read.CallId, read.Started!.Value.ToUnixTimeMilliseconds()));
        Assert.Equal(new Leg("a", new PayloadType(0, "PCMU", 8_000)), Assert.Single(read.Legs));
        Assert.Equal(new Party(0, "nm"), Assert.Single(read.Parties));
        Assert.Equal("v", read.Tags["k"]);
        Assert.NotNull(Read([]));
    }

    [Fact]
    public void ReadOpening_OfAnotherEncodingOfTheSame_IsRefused()
    {
        Assert.Null(Read(Started, CallX));
        Assert.Null(Read(CallX, CallX));
        Assert.Null(Read([0x0a, 0], Started));
        Assert.Null(Read(CallX, [0x10, 0]));
        Assert.Null(Read(CallX, [0x10, 0x85, 0]));
        Assert.Null(Read([0x8a, 0, 1, (byte)'x']));
        Assert.Null(Read([0x0a, 0x81, 0, (byte)'x']));
        Assert.Null(Read(CallX, Started, [0x30, 1]));
        Assert.Null(Read(CallX, [0xfa, 1, 0]));
        Assert.Null(Read([0x0a, 2, 0xc3, 0x28]));
        Assert.Null(Read([0x0a, 3, 0xed, 0xa0, 0x80]));
        Assert.Null(Read([0x0a, 2, 0xc0, 0x80]));
        Assert.Null(Read([0x0d, 1, 2, 3, 4]));
        Assert.Null(Read([0x0a, 5, (byte)'x']));
        Assert.Null(Read([0x0a, 0xff, 0xff, 0xff, 0xff, 7, (byte)'x']));
        Assert.Null(Read(CallX, PartyA, LegA));
        Assert.Null(Read(CallX, [0x1a, 0x12, .. LegA[2..], 0x28, 1]));
        Assert.Null(Read(CallX, [0x22, 6, 0x12, 2, (byte)'n', (byte)'m', 8, 0]));
    }

    [Fact]
    public void ReadOpening_OfUnsortedOrRepeatedTags_IsRefused()
    {
        byte[] a = [0x2a, 3, 0x0a, 1, (byte)'a'], b = [0x2a, 3, 0x0a, 1, (byte)'b'], none = [0x2a, 0];
        Assert.NotNull(Read(CallX, none, a, b));
        Assert.Null(Read(CallX, b, a));
        Assert.Null(Read(CallX, a, a));
        Assert.Null(Read(CallX, a, none));
        Assert.Null(Read(CallX, a, [0x2a, 6, 0x0a, 1, (byte)'a', 0x12, 1, (byte)'x']));
    }

    [Fact]
    public void ReadOpening_OfValuesBeyondALimit_IsRefused()
    {
        Assert.Null(Read(CallX, [0x22, 2, 8, 15]));
        Assert.NotNull(Read(CallX, [0x22, 2, 8, 14]));
        Assert.Null(Read(CallX, [0x22, 6, 8, .. Varint(uint.MaxValue)]));
        Assert.NotNull(Read([CallX, .. Enumerable.Repeat(LegA, 15)]));
        Assert.Null(Read([CallX, .. Enumerable.Repeat(LegA, 16)]));
        Assert.Null(Read(CallX, LegOf("a", [])));
        Assert.Null(Read(CallX, LegOf(new string('x', 65), PayloadTypeOf(0, 8_000, 1))));
        Assert.Null(Read(CallX, LegOf("a", PayloadTypeOf(128, 8_000, 1))));
        Assert.Null(Read(CallX, LegOf("a", PayloadTypeOf(uint.MaxValue, 8_000, 1))));
        Assert.Null(Read(CallX, LegOf("a", PayloadTypeOf(0, 0, 1))));
        Assert.Null(Read(CallX, LegOf("a", PayloadTypeOf(0, 8_000, 0))));
        Assert.Null(Read(CallX, LegOf("a", PayloadTypeOf(0, 8_000, 256))));
        Assert.Null(Read(CallX, LegOf("a", [.. PayloadTypeOf(5, 8_000, 1), .. PayloadTypeOf(5, 8_000, 1)])));
        Assert.NotNull(Read(CallX, LegOf("a", PayloadTypeOf(127, int.MaxValue, 255))));
    }

    // The writer of the opening record gives the payload types by ascending number; so another order would be a second encoding.
    [Fact]
    public void ReadOpening_OfUnsortedPayloadTypes_IsRefused()
    {
        Assert.NotNull(Read(CallX, LegOf("a", [.. PayloadTypeOf(5, 8_000, 1), .. PayloadTypeOf(6, 8_000, 1)])));
        Assert.Null(Read(CallX, LegOf("a", [.. PayloadTypeOf(6, 8_000, 1), .. PayloadTypeOf(5, 8_000, 1)])));
    }

    [Fact]
    public void ReadClosing_OfWhatIsNotOne_IsRefused()
    {
        static CallSummary? Closing(params byte[] message) => MetadataRecord.ReadClosing(Padded(Format.ClosingPadded, message));
        Assert.NotNull(Closing(8, 5, 0x10, 1));
        Assert.Null(Closing(8, 5));
        Assert.Null(Closing(8, 5, 0x10, 0));
        Assert.Null(Closing(8, 5, 0x10, 5));
        Assert.Null(Closing(8, 5, 0x10, 16));
        Assert.Null(Closing(0x10, 1, 8, 5));
        Assert.Null(Closing(8, 5, 0x10, 1, 0x30, 1));
        Assert.Null(Closing([8, 5, 0x10, .. Varint(1UL << 32 | 1)]));
    }

    // Whatever number stands there is read; what .NET's types cannot hold is shown as the most that they can.
    [Fact]
    public void Read_OfTheLargestNumbers_DoesNotThrow()
    {
        byte[] most = Varint(ulong.MaxValue);
        Assert.Equal(DateTimeOffset.MaxValue, Read(CallX, [0x10, .. most])!.Started);
        CallSummary summary = MetadataRecord.ReadClosing(Padded(Format.ClosingPadded, [8, .. most, 0x10, 1, 0x18, .. most, 0x20, .. most, 0x28, .. most]))!;
        Assert.Equal((DateTimeOffset.MaxValue, long.MaxValue, long.MaxValue), (summary.Ended, summary.Frames, summary.DroppedFrames));
        Assert.True(summary.Gaps > TimeSpan.FromDays(365));
    }

    [Fact]
    public void Read_OfPaddingThatIsNotZeros_IsRefused()
    {
        byte[] opening = Padded(Format.OpeningPadded, CallX);
        Assert.NotNull(MetadataRecord.ReadOpening(opening));
        for (int i = 2 + CallX.Length; i < opening.Length; i++)
        {
            opening[i] = 0x80;
            Assert.Null(MetadataRecord.ReadOpening(opening));
            opening[i] = 0;
        }
    }

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(65_535)]
    public void ReadOpening_OfALengthBeyondTheRecord_IsRefused(int length)
    {
        byte[] opening = new byte[Format.OpeningPadded];
        BinaryPrimitives.WriteUInt16BigEndian(opening, (ushort)length);
        Assert.Null(MetadataRecord.ReadOpening(opening));
    }

    [Property(MaxTest = 1_500)]
    public void Read_OfRandomBytes_NeverThrowsAndKeepsWhatItTakes(byte[] message)
    {
        byte[] padded = Padded(Format.OpeningPadded, message);
        if (MetadataRecord.ReadOpening(padded) is { CallId.Length: > 0 } metadata)
        {
            Assert.Equal(padded, Write(metadata));
        }

        padded = Padded(Format.ClosingPadded, message);
        if (MetadataRecord.ReadClosing(padded) is { } summary)
        {
            byte[] again = new byte[Format.ClosingPadded];
            MetadataRecord.WriteClosing(summary, again);
            Assert.Equal(padded, again);
        }
    }

    [Property(MaxTest = 1_500)]
    public void Read_OfAChangedRecord_NeverThrowsAndKeepsWhatItTakes(ushort position, byte value)
    {
        byte[] message = [.. CallX, .. Started, .. LegA, .. LegA, .. PartyA, .. TagA];
        message[position % message.Length] = value;
        byte[] padded = Padded(Format.OpeningPadded, message);
        if (MetadataRecord.ReadOpening(padded) is { CallId.Length: > 0 } metadata)
        {
            Assert.Equal(padded, Write(metadata));
        }
    }

    private static string Clean(NonNull<string> text)
    {
        string clean = string.Concat(text.Get.EnumerateRunes());
        return clean.Length > 60 ? string.Concat(clean.EnumerateRunes().Take(20)) : clean;
    }

    private static byte[] Write(CallMetadata metadata)
    {
        byte[] padded = new byte[Format.OpeningPadded];
        MetadataRecord.WriteOpening(metadata, Begun, padded);
        return padded;
    }

    private static CallMetadata? Read(params byte[][] fields) => MetadataRecord.ReadOpening(Padded(Format.OpeningPadded, [.. fields.SelectMany(field => field)]));

    private static byte[] Padded(int size, byte[] message) => [(byte)(message.Length >> 8), (byte)(message.Length & 255), .. message, .. new byte[size - 2 - message.Length]];

    private static byte[] LegOf(string label, byte[] payloadTypes)
    {
        byte[] leg = [0x0a, (byte)label.Length, .. Encoding.UTF8.GetBytes(label), .. payloadTypes];
        return [0x1a, .. Varint((ulong)leg.Length), .. leg];
    }

    private static byte[] PayloadTypeOf(uint number, uint rate, uint channels)
    {
        byte[] type = [.. Field(8, number), 0x12, 1, (byte)'c', .. Field(0x18, rate), .. Field(0x20, channels)];
        return [0x12, (byte)type.Length, .. type];

        static byte[] Field(byte tag, uint value) => value == 0 ? [] : [tag, .. Varint(value)];
    }

    private static byte[] Varint(ulong value)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream, leaveOpen: true))
        {
            output.WriteUInt64(value);
        }

        return stream.ToArray();
    }
}
