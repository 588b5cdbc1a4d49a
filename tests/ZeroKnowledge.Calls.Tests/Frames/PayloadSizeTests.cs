namespace ZeroKnowledge.Calls.Tests;

public class PayloadSizeTests
{
    private static readonly Leg[] Dual = [Leg.Pcma("caller"), Leg.Pcma("assistant")];

    [Fact]
    public void Compute_OfDualG711_StaysUnder475PerCentOverhead()
    {
        int stored = PayloadSize.Compute(1_000, Dual, 8_000) + Format.Overhead(Suite.Aes256Gcm);
        Assert.InRange(stored, 16_000, 16_000 * 1.0475 - 0.001);
    }

    [Theory]
    [InlineData(20, 160, 1)]
    [InlineData(10, 80, 0)]
    [InlineData(30, 240, 0)]
    [InlineData(60, 480, 0)]
    public void Compute_OfDualG711_HoldsATickOfFramesAndGaps(int frameMs, int bytes, int spare) =>
        Fill(1_000, Dual, 8_000, frameMs, _ => bytes, spare);

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(20_000)]
    public void Compute_OfOtherTicks_HoldsATickOfFramesAndGaps(int tickMs)
    {
        Fill(tickMs, Dual, 8_000, 20, _ => 160, 1);
        Fill(tickMs, Dual, 8_000, 10, _ => 80, 0);
    }

    [Fact]
    public void Compute_OfOpusWithVaryingLengths_HoldsATickAtFullRate() =>
        Fill(1_000, [Leg.Opus("caller"), Leg.Opus("assistant"), Leg.Opus("someone with a long name")], 4_000, 20, i => 80 - i % 2, 1);

    [Fact]
    public void Compute_OfShortLabels_DoesNotTellTheirLength() =>
        Assert.Equal(PayloadSize.Compute(1_000, Dual, 8_000), PayloadSize.Compute(1_000, [Leg.L16(""), Leg.Pcmu("x")], 8_000));

    [Fact]
    public void Compute_OutsideLimits_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>("tickMs", () => PayloadSize.Compute(19, Dual, 8_000));
        Assert.Throws<ArgumentOutOfRangeException>("tickMs", () => PayloadSize.Compute(60_001, Dual, 8_000));
        Assert.Throws<ArgumentException>("legs", () => PayloadSize.Compute(1_000, [], 8_000));
        Assert.Throws<ArgumentOutOfRangeException>("bytesPerSecondPerLeg", () => PayloadSize.Compute(1_000, Dual, 0));
        Assert.Throws<ArgumentException>("tickMs", () => PayloadSize.Compute(60_000, Dual, 32_000));
        Assert.Equal(Format.MinPayloadSize, PayloadSize.Compute(20, [Leg.Pcma("")], 100));
    }

    private static void Fill(int tickMs, Leg[] legs, int bytesPerSecond, int frameMs, Func<int, int> bytes, int spare)
    {
        int size = PayloadSize.Compute(tickMs, legs, bytesPerSecond);
        byte[] memory = new byte[size];
        object owner = new();
        var buffer = new PayloadBuffer(memory, 0, size);
        // Late in a recording, and not at its start, where arrivals and durations are short.
        const uint Begin = 1_000_000_000;
        buffer.Open(owner, Begin, PayloadSize.Reserve(legs.Length));
        LegEncoder[] encoders = [.. legs.Select((leg, i) => new LegEncoder(owner, i, leg))];
        byte[] audio = new byte[8_192];
        int frames = tickMs / frameMs + spare;
        for (int i = 0; i < frames; i++)
        {
            foreach (LegEncoder leg in encoders)
            {
                var frame = new MediaFrame(FrameKind.Audio, 8, (ushort)i, (uint)(i * frameMs * 8), 7, false, audio.AsSpan(0, bytes(i)));
                Assert.Equal(AppendResult.Accepted, buffer.TryAppend(leg, frame, Begin + (uint)(i * frameMs)));
            }
        }

        for (int leg = 0; leg <= legs.Length; leg++)
        {
            Assert.Equal(AppendResult.Accepted, buffer.TryAppendGap(owner, leg == legs.Length ? 15 : leg, uint.MaxValue, GapReason.Overload, int.MaxValue));
        }

        buffer.Close(null);
        buffer.Finish(1);
        Assert.Equal(legs.Length * (frames + 1) + legs.Length + 1, Payloads.Parse(memory).Frames.Count);
    }
}
