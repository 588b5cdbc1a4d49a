using Grpc.Net.Client;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>Clocks that jump while calls run: the recordings stay whole, ticks never repeat, and what was skipped is told.</summary>
public sealed class ClockTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int TickMs = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task TimeOfDay_SetForwardAndBackDuringACall_RecordingIsCompleteAndTicksAscend()
    {
        JumpingClock clock = new();
        TimeSpan[] jumps = [TimeSpan.FromDays(3), TimeSpan.FromHours(-90), TimeSpan.FromHours(1), TimeSpan.FromDays(-1), TimeSpan.FromDays(400), TimeSpan.FromDays(-500)];
        (List<uint> ticks, List<Frame> frames, int written) = await RecordAsync(clock, jumps.Length, step => clock.SetWall(jumps[step]));

        Assert.Equal(written, frames.Count(frame => frame.Kind == FrameKind.Audio));
        // It ran as if nothing had happened: days of ticks were neither skipped nor made up.
        Assert.InRange(ticks[^1], (uint)ticks.Count - 1, 10_000u);
    }

    [Fact]
    public async Task MonotonicClock_StandsAndLeaps_SkippedTicksBecomeAClockGap()
    {
        JumpingClock clock = new();
        (List<uint> ticks, List<Frame> frames, int written) = await RecordAsync(clock, 2, step =>
        {
            if (step == 0)
            {
                clock.Stand();
            }
            else
            {
                clock.Leap(TimeSpan.FromHours(2));
            }
        });

        Assert.Equal(written, frames.Count(frame => frame.Kind == FrameKind.Audio));
        Frame gap = Assert.Single(frames, frame => frame is { Kind: FrameKind.Gap, GapReason: GapReason.Clock, GapDurationMs: > 7_000_000 });
        Assert.Equal(Format.AllLegs, gap.Leg);
        Assert.InRange(gap.GapDurationMs, 7_100_000, 7_300_000);
        // Two hours are 72,000 ticks: none was made up.
        Assert.True(ticks[^1] > 71_000);
        Assert.True(ticks.Count < 1_000);
    }

    [Fact]
    public async Task TimeOfDay_SetBackBetweenTwoLives_RecordingIsRecoveredAndTheCallGoesOnLinked()
    {
        MemoryRegister register = new();
        MemoryRegister known;
        string folder = Path.Combine(fixture.Folder, "set-back"), left = folder + "-left";
        CallMetadata metadata = new() { CallId = "set back", Legs = [Leg.Pcma("a")] };
        using GrpcChannel nobody = GrpcChannel.ForAddress("http://127.0.0.1:9");
        await using (CallRecorder first = await fixture.StartAsync(fixture.Policy(TickMs), register, channel: nobody, folder: folder))
        {
            CallWriter call = first.Begin(metadata);
            await call.Started.WaitAsync(Patience);
            Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
            // The chunk of now, and those that were on their way before it.
            await GrowsAsync(first);
            await GrowsAsync(first);
            await GrowsAsync(first);

            // As a process that dies leaves it.
            known = register.Snapshot();
            Directory.CreateDirectory(left);
            foreach (string file in Directory.EnumerateFiles(folder).Where(file => !file.EndsWith("lock", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
            }

            await first.StopAsync(new CancellationToken(canceled: true));
        }

        JumpingClock clock = new();
        clock.SetWall(TimeSpan.FromDays(-5));
        await using CallRecorder second = await fixture.StartAsync(fixture.Policy(TickMs), known, folder: left, clock: clock);
        CoreId found = Assert.Single(second.Recovered).CoreId;
        CallWriter goesOn = second.Begin(metadata);
        goesOn.Complete();
        Receipt receipt = await goesOn.Durable.WaitAsync(Patience);
        await second.DrainAsync().WaitAsync(Patience);

        ArchiveClient archive = new(fixture.Channel);
        await using Recording before = await archive.OpenAsync(found, fixture.Reader(register: known));
        await using Recording after = await archive.OpenAsync(receipt.CoreId, fixture.Reader(register: known));
        Assert.Equal(RecordingState.Recovered, (await before.VerifyAsync()).State);
        Assert.Equal(RecordingState.Complete, (await after.VerifyAsync()).State);
        int audio = 0;
        await foreach ((_, Frame frame) in LinkedCall.Join(before, after).ReadFramesAsync())
        {
            audio += frame.Kind == FrameKind.Audio ? 1 : 0;
        }

        Assert.Equal(1, audio);
        Assert.True(after.Header.Begun < before.Header.Begun);
    }

    private static async Task GrowsAsync(CallRecorder recorder)
    {
        long begun = Environment.TickCount64, before = recorder.SpooledBytes;
        while (recorder.SpooledBytes == before)
        {
            Assert.True(Environment.TickCount64 - begun < Patience.TotalMilliseconds, "The spool does not grow.");
            await Task.Delay(10);
        }
    }

    /// <summary>Records a call during which a clock does something, at some steps.</summary>
    private async Task<(List<uint> Ticks, List<Frame> Frames, int Written)> RecordAsync(JumpingClock clock, int steps, Action<int> jump)
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(TickMs), register, clock: clock);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "clock", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        ushort written = 0;
        for (int step = 0; step <= steps; step++)
        {
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(++written, written * 160u, 8, new byte[160])));
                await Task.Delay(30);
            }

            if (step < steps)
            {
                jump(step);
            }
        }

        call.Complete();
        await call.Durable.WaitAsync(Patience);
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((RecordingState.Complete, EndReason.Completed), (report.State, report.EndReason));
        Assert.Empty(report.Findings);

        RegisteredRecording row = (await register.FindAsync(call.RecordingId))[0];
        using RecordingKeys keys = EnvelopeReader.Open(row.Envelope!, row.Header, fixture.Active);
        List<uint> ticks = [];
        List<Frame> frames = [];
        await foreach (ParsedPayload payload in new RecordingPlayer(recording, row.Header, keys).PlayAsync(0, default))
        {
            ticks.Add(payload.TickNumber);
            frames.AddRange(payload.Frames);
        }

        Assert.Equal(ticks.Distinct().Order(), ticks);
        return (ticks, frames, written);
    }
}
