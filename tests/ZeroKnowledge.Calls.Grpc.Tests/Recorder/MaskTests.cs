using System.Buffers.Binary;
using System.Diagnostics;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What is masked is not recorded, and gaps of the same duration stand for it.</summary>
public sealed class MaskTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Digit = [5, 10, 0, 160];

    [Fact]
    public async Task BeginMask_OneLeg_ItsFramesAreGapsAndTheOtherLegGoesOn()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50));
        CallWriter call = await BeginAsync(recorder);
        Lines lines = new(call);
        await lines.WriteAsync(10);

        Stopwatch outer = Stopwatch.StartNew();
        call.BeginMask(GapReason.Masked, 0);
        Stopwatch inner = Stopwatch.StartNew();
        Assert.True(call.IsMasked);
        await lines.WriteAsync(20);
        Assert.Equal(WriteResult.Masked, call.WriteRtp(0, RecorderFixture.Rtp(500, 1, 101, Digit)));
        inner.Stop();
        call.EndMask();
        outer.Stop();
        Assert.False(call.IsMasked);
        await lines.WriteAsync(10);

        (List<Frame> frames, CallSummary summary) = await ReadAsync(recorder, call);
        Assert.Equal(lines.Accepted, Read(frames));
        Assert.Equal(20, lines.Masked);
        Assert.Equal(40, lines.Accepted.Count(line => line.Leg == 1));
        Frame[] gaps = [.. frames.Where(frame => frame.GapReason == GapReason.Masked)];
        Assert.All(gaps, gap => Assert.Equal(0, gap.Leg));
        Assert.InRange(gaps.Sum(gap => gap.GapDurationMs), inner.ElapsedMilliseconds - 2, outer.ElapsedMilliseconds + 2);
        // One a tick, and together without a hole.
        Assert.True(gaps.Length > 3, $"{gaps.Length} gaps");
        Assert.All(gaps.Zip(gaps.Skip(1)), pair => Assert.Equal(pair.First.ArrivalMs, pair.Second.ArrivalMs - pair.Second.GapDurationMs));
        Assert.Equal(frames.Sum(frame => frame.GapDurationMs), (long)summary.Gaps.TotalMilliseconds);
        Assert.Equal(0, summary.DroppedFrames);
    }

    [Fact]
    public async Task BeginMask_Paused_OneGapOfAllLegsATick()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(500));
        CallWriter call = await BeginAsync(recorder);
        Lines lines = new(call);
        call.BeginMask(GapReason.Paused);
        await lines.WriteAsync(5);
        call.Complete();

        (List<Frame> frames, _) = await ReadAsync(recorder, call);
        Assert.NotEmpty(frames);
        // A machine that stalls adds gaps of the clock.
        Assert.All(
            frames.Where(frame => frame.GapReason != GapReason.Clock),
            frame => Assert.Equal((FrameKind.Gap, Format.AllLegs, GapReason.Paused), (frame.Kind, frame.Leg, frame.GapReason)));
    }

    [Fact]
    public async Task BeginMask_WhileOneIsOn_AddsItsLegs()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = await BeginAsync(recorder);
        call.BeginMask(GapReason.Masked, 0);
        call.BeginMask(GapReason.Masked, 1);
        Assert.Equal(WriteResult.Masked, call.WriteFrame(0, 8, 1, 160, new byte[160]));
        Assert.Equal(WriteResult.Masked, call.WriteFrame(1, 8, 1, 160, new byte[160]));
        call.EndMask();
        Assert.Equal(WriteResult.Accepted, call.WriteFrame(0, 8, 2, 320, new byte[160]));
        (List<Frame> frames, _) = await ReadAsync(recorder, call);
        Assert.Equal([0, 1], frames.Where(frame => frame.Kind == FrameKind.Gap).Select(frame => frame.Leg).Distinct().Order());
    }

    // One leg waits for a digit; a mask of the other one must not let it through.
    [Fact]
    public async Task BeginMask_WhileOtherLegsWaitForADigit_MasksThemToo()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        using CallWriter call = await BeginAsync(recorder);
        call.ArmMask(GapReason.Masked, 0);
        call.BeginMask(GapReason.Masked, 1);
        Assert.Equal(WriteResult.Masked, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 101, Digit)));
        Assert.Equal(WriteResult.Masked, call.WriteRtp(1, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        call.EndMask();
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(2, 320, 8, new byte[160])));
    }

    [Fact]
    public async Task ArmMask_FirstDigit_BeginsItAndIsNotRecorded()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = await BeginAsync(recorder);
        call.ArmMask(GapReason.Masked);
        Assert.False(call.IsMasked);
        // Not a digit: a flash, and audio.
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 101, [16, 10, 0, 160])));
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(2, 320, 8, Digit)));
        Assert.Equal(WriteResult.Masked, call.WriteRtp(0, RecorderFixture.Rtp(3, 480, 101, Digit)));
        Assert.True(call.IsMasked);
        Assert.Equal(WriteResult.Masked, call.WriteRtp(1, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        call.ArmMask(GapReason.Masked);
        Assert.True(call.IsMasked);
        call.EndMask();
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(4, 480, 101, Digit)));

        (List<Frame> frames, _) = await ReadAsync(recorder, call);
        Assert.Equal([1, 2, 4], frames.Where(frame => frame.Kind is FrameKind.Audio or FrameKind.Event).Select(frame => (int)frame.Sequence));
        Assert.Contains(frames, frame => frame is { Kind: FrameKind.Gap, GapReason: GapReason.Masked });
    }

    [Fact]
    public async Task ArmMask_OfOtherLegsOrTakenBack_ADigitIsRecorded()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        using CallWriter call = await BeginAsync(recorder);
        call.ArmMask(GapReason.Masked, 1);
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 101, Digit)));
        call.EndMask();
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(1, RecorderFixture.Rtp(1, 160, 101, Digit)));
        // Cut short: rather too little recorded than too much.
        call.ArmMask(GapReason.Masked, 1);
        Assert.Equal(WriteResult.Masked, call.WriteRtp(1, RecorderFixture.Rtp(2, 160, 101, [])));
    }

    [Fact]
    public async Task BeginMask_Forgotten_EndsAtThePolicysMaximum()
    {
        RecordingPolicy usual = fixture.Policy();
        await using CallRecorder recorder = await fixture.StartAsync(new RecordingPolicy
        {
            Recipients = usual.Recipients,
            Gateway = usual.Gateway,
            Tick = TimeSpan.FromMilliseconds(50),
            MaxMask = TimeSpan.FromSeconds(1),
        });
        CallWriter call = await BeginAsync(recorder);
        call.BeginMask(GapReason.Masked);
        long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (call.IsMasked && Environment.TickCount64 < until)
        {
            await Task.Delay(10);
        }

        Assert.Equal(WriteResult.Accepted, call.WriteFrame(0, 8, 1, 160, new byte[160]));
        (List<Frame> frames, _) = await ReadAsync(recorder, call);
        Assert.True(frames.Where(frame => frame.GapReason == GapReason.Masked).Sum(frame => frame.GapDurationMs) >= 1_000);
    }

    [Fact]
    public async Task BeginMask_WhenTheCallGoesOnInALinkedRecording_StaysOn()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register);
        CallWriter call = await BeginAsync(recorder);
        Stopwatch inner = new();
        Stopwatch outer = Stopwatch.StartNew();
        call.BeginMask(GapReason.Masked);
        inner.Start();
        call.SetLeg(2, Leg.Pcmu("supervisor"));
        while (register.Count < 2 || !ReferenceEquals(call.Life.Call, call) || call.Life.IsFirst)
        {
            Assert.True(outer.Elapsed < Patience, "It does not go on in a linked recording.");
            await Task.Delay(10);
        }

        await Task.Delay(200);
        Assert.Equal(WriteResult.Masked, call.WriteFrame(2, 0, 1, 160, new byte[160]));
        inner.Stop();
        call.EndMask();
        outer.Stop();
        Assert.Equal(WriteResult.Accepted, call.WriteFrame(2, 0, 2, 320, new byte[160]));
        call.Complete();
        await call.Durable.WaitAsync(Patience);

        long masked = 0;
        int recordings = 0;
        await foreach (RegisteredRecording row in register.ListAsync())
        {
            await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(row.Header.CoreId, fixture.Reader(register: register));
            List<Frame> frames = await FramesAsync(recording);
            masked += frames.Where(frame => frame.GapReason == GapReason.Masked).Sum(frame => frame.GapDurationMs);
            recordings++;
            Assert.Contains(frames, frame => frame.GapReason == GapReason.Masked);
        }

        Assert.Equal(2, recordings);
        Assert.InRange(masked, inner.ElapsedMilliseconds - 4, outer.ElapsedMilliseconds + 4);
    }

    [Fact]
    public async Task BeginMask_InAFullPayload_IsToldInTheNextOne()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(1_000));
        CallWriter call = await BeginAsync(recorder);
        ushort number = 0;
        while (call.WriteFrame(0, 8, number, number * 160u, new byte[160]) != WriteResult.Dropped)
        {
            number++;
        }

        Stopwatch inner = new();
        for (int i = 0; i < 30; i++)
        {
            call.BeginMask(GapReason.Masked);
            inner.Start();
            await Task.Delay(5);
            inner.Stop();
            call.EndMask();
        }

        long begun = Environment.TickCount64;
        while (call.DroppedFrames == 0 && Environment.TickCount64 - begun < Patience.TotalMilliseconds)
        {
            await Task.Delay(20);
        }

        (List<Frame> frames, CallSummary summary) = await ReadAsync(recorder, call);
        long told = frames.Sum(frame => frame.GapDurationMs);
        // Clocks of whole milliseconds lose a part of one each time.
        Assert.True(told >= inner.ElapsedMilliseconds - 30, $"{told} of {inner.ElapsedMilliseconds} ms");
        Assert.Equal(told, (long)summary.Gaps.TotalMilliseconds);
    }

    [Fact]
    public async Task BeginMask_RacingWithTwoLegs_AcceptedFramesAreReadAndMaskedOnesAreNot()
    {
        RecordingPolicy usual = fixture.Policy();
        await using CallRecorder recorder = await fixture.StartAsync(new RecordingPolicy
        {
            Recipients = usual.Recipients,
            Gateway = usual.Gateway,
            Tick = TimeSpan.FromMilliseconds(50),
            MaxBitRate = 10_000_000,
        });
        CallWriter call = await BeginAsync(recorder);
        Race race = new(call);
        Thread[] threads = [new(() => race.Write(0)), new(() => race.Write(1)), new(race.Toggle)];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        (List<Frame> frames, CallSummary summary) = await ReadAsync(recorder, call);
        for (int leg = 0; leg < 2; leg++)
        {
            Assert.Equal(race.Accepted[leg], frames.Where(frame => frame.Kind == FrameKind.Audio && frame.Leg == leg).Select(frame => BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span)));
        }

        Assert.Equal(0, race.Wrong);
        Assert.True(race.Masked > 0);
        Assert.Equal(frames.Sum(frame => frame.GapDurationMs), (long)summary.Gaps.TotalMilliseconds);
    }

    [Fact]
    public async Task WriteRtp_UnderAMask_AllocatesNothing()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        using CallWriter call = await BeginAsync(recorder);
        byte[] packet = RecorderFixture.Rtp(1, 160, 101, Digit);
        int masked = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            call.ArmMask(GapReason.Masked);
            for (int i = 0; i < 1_000; i++)
            {
                masked += call.WriteRtp(i & 1, packet) == WriteResult.Masked ? 1 : 0;
            }

            call.EndMask();
        }));
        Assert.True(masked >= 1_000);
    }

    [Fact]
    public async Task BeginMask_WrongArguments_AreRefused()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = await BeginAsync(recorder);
        Assert.Throws<ArgumentOutOfRangeException>(() => call.BeginMask(GapReason.Lost));
        Assert.Throws<ArgumentOutOfRangeException>(() => call.BeginMask(GapReason.Masked, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => call.ArmMask(GapReason.Masked, 0, 15));
        Assert.False(call.IsMasked);
        call.EndMask();
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        call.BeginMask(GapReason.Masked);
        call.EndMask();
        Assert.Equal(WriteResult.Ended, call.WriteFrame(0, 8, 1, 160, new byte[160]));
    }

    private static async Task<CallWriter> BeginAsync(CallRecorder recorder)
    {
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "mask", Legs = [Leg.Pcma("caller"), Leg.Pcma("agent")] });
        await call.Started.WaitAsync(Patience);
        return call;
    }

    private async Task<(List<Frame> Frames, CallSummary Summary)> ReadAsync(CallRecorder recorder, CallWriter call)
    {
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        await recorder.DrainAsync();
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader());
        return (await FramesAsync(recording), recording.Summary!);
    }

    private static async Task<List<Frame>> FramesAsync(Recording recording)
    {
        List<Frame> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            frames.Add(frame);
        }

        return frames;
    }

    private static List<(int Leg, uint Number)> Read(List<Frame> frames) =>
        [.. frames.Where(frame => frame.Kind == FrameKind.Audio).Select(frame => (frame.Leg, BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span)))];

    /// <summary>Two legs, 20 ms a frame.</summary>
    private sealed class Lines(CallWriter call)
    {
        private uint _next;

        public List<(int Leg, uint Number)> Accepted { get; } = [];

        public int Masked { get; private set; }

        public async Task WriteAsync(int frames)
        {
            for (int i = 0; i < frames; i++)
            {
                Write(0);
                Write(1);
                _next++;
                await Task.Delay(20);
            }
        }

        private void Write(int leg)
        {
            byte[] payload = new byte[160];
            BinaryPrimitives.WriteUInt32BigEndian(payload, _next);
            switch (call.WriteFrame(leg, 8, (ushort)_next, _next * 160, payload))
            {
                case WriteResult.Accepted:
                    Accepted.Add((leg, _next));
                    break;
                case WriteResult.Masked:
                    Masked++;
                    break;
            }
        }
    }

    private sealed class Race(CallWriter call)
    {
        private const int Rounds = 500;

        // Modulo 4: 1 is surely masked, 3 surely not.
        private int _phase;
        private bool _done;
        private int _masked;
        private int _wrong;

        public List<uint>[] Accepted { get; } = [[], []];

        public int Masked => _masked;

        public int Wrong => _wrong;

        public void Write(int leg)
        {
            byte[] payload = new byte[40];
            for (uint i = 0; !Volatile.Read(ref _done); i++)
            {
                Write(leg, payload, i);
            }
        }

        public void Toggle()
        {
            for (int i = 0; i < Rounds; i++)
            {
                call.BeginMask(GapReason.Masked);
                Interlocked.Increment(ref _phase);
                Thread.SpinWait(2_000);
                Interlocked.Increment(ref _phase);
                call.EndMask();
                Interlocked.Increment(ref _phase);
                Thread.SpinWait(2_000);
                Interlocked.Increment(ref _phase);
                Thread.Yield();
            }

            Volatile.Write(ref _done, true);
        }

        private void Write(int leg, byte[] payload, uint number)
        {
            BinaryPrimitives.WriteUInt32BigEndian(payload, number);
            int before = Volatile.Read(ref _phase);
            WriteResult result = call.WriteFrame(leg, 8, (ushort)(number & 0xffff), unchecked(number * 40), payload);
            int after = Volatile.Read(ref _phase);
            bool masked = result == WriteResult.Masked;
            if (before == after && ((before % 4 == 1 && !masked) || (before % 4 == 3 && masked)))
            {
                Interlocked.Increment(ref _wrong);
            }

            if (masked)
            {
                Interlocked.Increment(ref _masked);
            }
            else if (result == WriteResult.Accepted)
            {
                Accepted[leg].Add(number);
            }
        }
    }
}
