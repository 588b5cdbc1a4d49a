using System.Diagnostics;
using ZeroKnowledge.Calls.Faults;
using ZeroKnowledge.Calls.Grpc.Tests.Register;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>The judge of gateway-kills notices what it is there for: else its silence means nothing.</summary>
public sealed class LedgerTests : IDisposable
{
    private const int Call = 7;
    private const int First = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly TestFolder _folder = new();
    private readonly FrameLedger _ledger;

    public LedgerTests() => _ledger = FrameLedger.Create(_folder.File("ledger"), slots: 4, framesPerLeg: 8);

    public void Dispose()
    {
        _ledger.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void AddKilled_FrameOlderThanATickAnd100Ms_IsMissed()
    {
        ExpectedFrames expected = Killed(ages: [301, 299], out List<int> running);
        Assert.Equal([Call], running);
        Assert.Equal(2, expected.Accepted);
        string missing = Assert.Single(expected.Runs.SelectMany(run => run.Violations));
        Assert.Contains($"frame {First} of leg 0 of call {Call} is missing, accepted 301 ms before the kill", missing, StringComparison.Ordinal);
        Assert.Equal(299, expected.Runs.Max(run => run.OldestLostMs));

        Assert.Null(expected.Find(Call, 0, First));
        Assert.Empty(expected.Runs.SelectMany(run => run.Violations));
    }

    [Fact]
    public void Find_TwiceRefusedOrUnknown_IsTold()
    {
        ExpectedFrames expected = Killed(ages: [500, -1], out _);
        Assert.Null(expected.Find(Call, 0, First));
        Assert.Equal("is there twice", expected.Find(Call, 0, First));
        Assert.Equal("is there, although it was refused", expected.Find(Call, 0, First + 1));
        // One may have been under way when the process was killed; no more.
        Assert.Null(expected.Find(Call, 0, First + 2));
        Assert.Equal("is there, although nobody wrote it", expected.Find(Call, 0, First + 3));
        Assert.Equal("is there, although nobody wrote it", expected.Find(Call + 1, 0, First));
    }

    [Fact]
    public void AddStopped_EveryAcceptedFrame_IsMissed()
    {
        _ = Killed(ages: [1, 2], out _);
        ExpectedFrames stopped = new(Tick);
        stopped.AddStopped(_ledger);
        Assert.Equal(2, stopped.Runs.SelectMany(run => run.Violations).Count());
    }

    [Fact]
    public void TryRead_AnyBitTurned_IsNotAFrameOfOurs()
    {
        byte[] packet = FrameContent.NewPacket();
        FrameContent.WriteRtp(packet, Call, 1, 70_000);
        byte[] payload = packet[12..];
        Assert.True(FrameContent.TryRead(payload, out int call, out int leg, out int sequence));
        Assert.Equal((Call, 1, 70_000), (call, leg, sequence));
        for (int bit = 0; bit < payload.Length * 8; bit++)
        {
            byte[] turned = [.. payload];
            turned[bit / 8] ^= (byte)(1 << (bit % 8));
            // What names it may name another one: that one is then not expected.
            Assert.True(!FrameContent.TryRead(turned, out call, out leg, out sequence) || (call, leg, sequence) != (Call, 1, 70_000), $"bit {bit}");
        }
    }

    /// <summary>A call whose frames were accepted so many ms before its process was killed; a negative age is a frame that was refused.</summary>
    private ExpectedFrames Killed(int[] ages, out List<int> running)
    {
        long end = Stopwatch.GetTimestamp();
        _ledger.Heartbeat = end;
        LedgerSlot slot = _ledger.Take(Call, First);
        slot.Begun = slot.Started = end - Ticks(1_000);
        foreach (int age in ages)
        {
            slot.Add(0, age >= 0, end - Ticks(age));
        }

        ExpectedFrames expected = new(Tick);
        running = expected.AddKilled(_ledger, end);
        return expected;
    }

    private static long Ticks(int ms) => ms * Stopwatch.Frequency / 1_000;
}
