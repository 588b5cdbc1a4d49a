namespace ZeroKnowledge.Calls.Tests;

// docs/FORMAT.md, section 6: one test for each MUST. Every payload here is right but for one thing.
public class PayloadRuleTests
{
    private static readonly byte[] FormatA = Payloads.FormatA;
    private static readonly byte[] AnchorA = Payloads.AnchorA;
    private static readonly byte[] DeltaA = Payloads.DeltaA;
    private static readonly byte[] NextA = Payloads.NextA;

    [Fact]
    public void TryParse_OfEveryForm_ReadsItsFields()
    {
        byte[] payload = Payloads.At(100, 400, FormatA, AnchorA, DeltaA, [0x30, 0xac, 0x02, 0xee, 0xff], [0x8f, 0, 20, 5]);
        ParsedPayload parsed = Payloads.Parse(payload);
        Assert.Equal((5u, 100u, 400u), (parsed.TickNumber, parsed.EarliestMs, parsed.LatestMs));
        Assert.Equal([100, 100, 100, 400, 400], parsed.Frames.Select(frame => frame.ArrivalMs));
        Assert.Equal([1, 2, 3], parsed.Frames.Skip(1).Take(3).Select(frame => (int)frame.Sequence));
        Assert.Equal([160u, 320u, 480u], parsed.Frames.Skip(1).Take(3).Select(frame => frame.Timestamp));
        Assert.Equal([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff], parsed.Backing);
        Assert.Equal((GapReason.SpoolFull, 20, 15), (parsed.Frames[4].GapReason, parsed.Frames[4].GapDurationMs, parsed.Frames[4].Leg));
        Assert.Equal(new Leg("a", new PayloadType(0, "PCMU", 8_000)), parsed.Frames[0].Format);
        Assert.Equal(payload, Payloads.Write(parsed, payload.Length));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(1_048_577)]
    [InlineData(13)]
    [InlineData(0)]
    public void TryParse_OfSizeOutsideLimits_IsRefused(int size) => Payloads.Refuses("the size", new byte[size]);

    [Fact]
    public void TryParse_OfEmptyChunk_HasNoFrames()
    {
        Assert.Empty(Payloads.Parse(Payloads.At(9, 9)).Frames);
        Payloads.Refuses("latest is not the arrival of the last frame", Payloads.At(9, 10));
    }

    [Fact]
    public void TryParse_WithNonZeroPadding_IsRefused()
    {
        byte[] payload = Payloads.Of(FormatA, AnchorA);
        payload[^1] = 1;
        Payloads.Refuses("the padding is not zero", payload);
    }

    [Fact]
    public void TryParse_WithFewerFramesCounted_IsRefused()
    {
        byte[] payload = Payloads.Of(FormatA, AnchorA);
        payload[13]--;
        Payloads.Refuses("the padding is not zero", payload);
    }

    [Fact]
    public void TryParse_WithMoreFramesCounted_IsRefused()
    {
        byte[] payload = Payloads.Of(FormatA, AnchorA);
        payload[13]++;
        Payloads.Refuses("a type is unknown", payload);
        payload[12] = 1;
        Payloads.Refuses("more frames than the payload can hold", payload);
    }

    [Fact]
    public void TryParse_WithFirstFrameAfterEarliest_IsRefused() =>
        Payloads.Refuses("the first frame does not arrive at earliest", Payloads.At(0, 1, [0x70, 1, .. FormatA[2..]]));

    [Fact]
    public void TryParse_WithWrongLatest_IsRefused()
    {
        Payloads.Refuses("latest is not the arrival of the last frame", Payloads.At(7, 8, FormatA, AnchorA));
        Payloads.Refuses("a frame arrives after latest", Payloads.At(7, 8, FormatA, [0x10, 2, .. AnchorA[2..]]));
        Payloads.Refuses("earliest is above latest", Payloads.At(7, 6, FormatA));
    }

    [Fact]
    public void TryParse_WithArrivalOf2To31_IsRefused()
    {
        Payloads.Parse(Payloads.At(int.MaxValue, int.MaxValue, FormatA));
        Payloads.Refuses("latest is 2^31 or more", Payloads.At(0x8000_0000, 0x8000_0000, FormatA));
        Payloads.Refuses("a frame arrives after latest", Payloads.At(1, int.MaxValue, FormatA, [0x10, 0xff, 0xff, 0xff, 0xff, 7, .. AnchorA[2..]]));
    }

    [Theory]
    [InlineData(0x80, 0x00)]
    [InlineData(0xff, 0x00)]
    [InlineData(0x80, 0x80, 0x00)]
    [InlineData(0x80, 0x80, 0x80, 0x80, 0x08)]
    [InlineData(0xff, 0xff, 0xff, 0xff, 0x17)]
    [InlineData(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)]
    public void TryParse_WithVarintThatIsNotCanonical_IsRefused(params int[] varint) =>
        Payloads.Refuses("a varint", Payloads.At(0, 0, FormatA, [0x10, .. varint.Select(b => (byte)b), .. AnchorA[2..]]));

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(15)]
    public void TryParse_OfUnknownType_IsRefused(int type) =>
        Payloads.Refuses("a type is unknown", Payloads.Of(FormatA, [(byte)(type << 4), .. AnchorA[1..]]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void TryParse_OfLeg15_IsRefusedButForGaps(int type) =>
        Payloads.Refuses("leg 15 is for gaps only", Payloads.Of(FormatA, [(byte)(type << 4 | 15), .. AnchorA[1..]]));

    [Theory]
    [InlineData(0x11)]
    [InlineData(0x41)]
    public void TryParse_OfMediaWithoutFormat_IsRefused(byte type) =>
        Payloads.Refuses("a leg has no format", Payloads.Of(FormatA, [type, .. AnchorA[1..]]));

    [Theory]
    [InlineData(0x20)]
    [InlineData(0x30)]
    [InlineData(0x50)]
    [InlineData(0x60)]
    public void TryParse_OfFirstFrameWithoutAnchor_IsRefused(byte type) =>
        Payloads.Refuses("an anchor is due", Payloads.Of(FormatA, [type, .. DeltaA[1..]]));

    [Theory]
    [InlineData(0x50)]
    [InlineData(0x60)]
    public void TryParse_OfKindChangedWithoutAnchor_IsRefused(byte type) =>
        Payloads.Refuses("an anchor is due", Payloads.Of(FormatA, AnchorA, [type, .. DeltaA[1..]]));

    [Theory]
    [InlineData(0x10, 2, 1)] // payload type
    [InlineData(0x40, 2, 0)] // kind
    [InlineData(0x10, 12, 8)] // SSRC
    [InlineData(0x10, 6, 1)] // timestamp: 65,536 more
    [InlineData(0x10, 8, 159)] // timestamp: below the last one
    public void TryParse_OfAnchor_IsAcceptedWhereItIsDue(byte type, int at, byte value)
    {
        byte[] anchor = [.. AnchorA];
        anchor[0] = type;
        anchor[at] = value;
        Payloads.Parse(Payloads.Of(FormatA, AnchorA, anchor));
    }

    [Theory]
    [InlineData(2, 0x80)] // marker
    [InlineData(4, 9)] // sequence
    [InlineData(8, 161)] // timestamp: 1 more
    [InlineData(15, 0xcc)] // payload
    public void TryParse_OfAnchorWhereItIsNotDue_IsRefused(int at, byte value)
    {
        byte[] anchor = [.. AnchorA];
        anchor[at] = value;
        Payloads.Refuses("an anchor is not due", Payloads.Of(FormatA, AnchorA, anchor));
    }

    [Fact]
    public void TryParse_OfAnchorAt65535After_IsRefused()
    {
        byte[] anchor = [.. AnchorA];
        (anchor[6], anchor[8]) = (1, 159);
        Payloads.Refuses("an anchor is not due", Payloads.Of(FormatA, AnchorA, anchor));
        anchor[8] = 160;
        Payloads.Parse(Payloads.Of(FormatA, AnchorA, anchor));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x21)]
    [InlineData(0x22)]
    [InlineData(0x24)]
    [InlineData(0x28)]
    public void TryParse_OfControlThatIsZeroOrReserved_IsRefused(byte control) =>
        Payloads.Refuses("a control byte", Payloads.Of(FormatA, AnchorA, DeltaA, [0x20, 0, control, 0, 1, 0xcc, 0xdd]));

    [Fact]
    public void TryParse_WithoutStepAfterAnchor_IsRefused()
    {
        Payloads.Refuses("a step is due", Payloads.Of(FormatA, AnchorA, NextA));
        Payloads.Refuses("a step is due", Payloads.Of(FormatA, AnchorA, [0x20, 0, 0x80, 0xcc, 0xdd]));
    }

    [Fact]
    public void TryParse_WithStepOfZeroAfterAnchor_IsAccepted() =>
        Assert.Equal(160u, Payloads.Parse(Payloads.Of(FormatA, AnchorA, [0x20, 0, 0x20, 0, 0, 0xcc, 0xdd], NextA)).Frames[3].Timestamp);

    [Fact]
    public void TryParse_WithPredictedSequence_IsRefused() =>
        Payloads.Refuses("a field that was predicted", Payloads.Of(FormatA, AnchorA, DeltaA, [0x20, 0, 0x40, 0, 3, 0xcc, 0xdd]));

    [Fact]
    public void TryParse_WithPredictedStep_IsRefused() =>
        Payloads.Refuses("a field that was predicted", Payloads.Of(FormatA, AnchorA, DeltaA, DeltaA));

    [Fact]
    public void TryParse_WithPredictedLength_IsRefused() =>
        Payloads.Refuses("a field that was predicted", Payloads.Of(FormatA, AnchorA, [0x20, 0, 0x30, 0, 160, 0, 2, 0xcc, 0xdd]));

    [Fact]
    public void TryParse_OfSequenceAfter65535_PredictsZero()
    {
        byte[] anchor = [.. AnchorA];
        anchor[3] = anchor[4] = 0xff;
        Assert.Equal(0, Payloads.Parse(Payloads.Of(FormatA, anchor, DeltaA)).Frames[2].Sequence);
        Payloads.Refuses("a field that was predicted", Payloads.Of(FormatA, anchor, [0x20, 0, 0x60, 0, 0, 0, 160, 0xcc, 0xdd]));
    }

    [Fact]
    public void TryParse_OfFramePayloadAbove8192_IsRefused()
    {
        byte[] anchor = [.. AnchorA[..13], 0x20, 0x00, .. new byte[8_192]];
        Payloads.Parse(Payloads.Sized(16_384, 0, 0, FormatA, anchor));
        anchor = [.. AnchorA[..13], 0x20, 0x01, .. new byte[8_193]];
        Payloads.Refuses("more than 8,192 bytes", Payloads.Sized(16_384, 0, 0, FormatA, anchor));
        Payloads.Refuses("more than 8,192 bytes", Payloads.Sized(16_384, 0, 0, FormatA, AnchorA, [0x20, 0, 0x30, 0, 1, 0x20, 1, .. new byte[8_193]]));
    }

    [Fact]
    public void TryParse_OfFrameThatEndsEarly_IsRefused()
    {
        byte[] full = Payloads.Of(FormatA, [.. AnchorA[..13], 0, 211, .. Enumerable.Repeat((byte)1, 211)]);
        Payloads.Parse(full);
        full[14 + FormatA.Length + 14]++;
        Payloads.Refuses("the frames end early", full);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(101, 1)]
    public void TryParse_OfGapWithWrongDuration_IsRefused(byte duration, byte reason) =>
        Payloads.Refuses("a gap is longer", Payloads.At(100, 100, [0x80, 0, duration, reason]));

    [Theory]
    [InlineData(100, 100)]
    [InlineData(0, 1)]
    public void TryParse_OfGapUpToItsArrival_IsAccepted(uint arrival, byte duration) =>
        Payloads.Parse(Payloads.At(arrival, arrival, [0x8f, 0, duration, 1]));

    [Fact]
    public void TryParse_OfGapOfTwoAtZero_IsRefused() => Payloads.Refuses("a gap is longer", Payloads.Of([0x80, 0, 2, 1]));

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void TryParse_OfGapWithUnknownReason_IsRefused(byte reason) =>
        Payloads.Refuses("a gap's reason is unknown", Payloads.Of([0x80, 0, 1, reason]));

    [Fact]
    public void MayFollow_OfChunks_NeedsAscendingTicksAndArrivals()
    {
        ParsedPayload first = Payloads.Parse(Payloads.At(5, 9, FormatA, [0x10, 4, .. AnchorA[2..]]));
        byte[] next = Payloads.At(9, 9);
        Assert.False(Payloads.Parse(next).MayFollow(first));
        next[3]++;
        Assert.True(Payloads.Parse(next).MayFollow(first));
        next = Payloads.At(8, 8);
        next[3]++;
        Assert.False(Payloads.Parse(next).MayFollow(first));
    }
}
