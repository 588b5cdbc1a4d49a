using Grpc.Net.Client;
using ZeroKnowledge.Calls.Faults;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What a recorder does with frames when things do not go smoothly. Every accepted frame is read back.</summary>
public sealed class CallFlowTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task WriteRtp_SteadyState_AllocatesNothing()
    {
        await using CallRecorder recorder = await fixture.StartAsync(new RecordingPolicy
        {
            Recipients = fixture.Policy().Recipients,
            Gateway = fixture.Gateway,
            MaxBitRate = 4_000_000,
        });
        using CallWriter call = recorder.Begin(new CallMetadata { CallId = "alloc", Legs = [Leg.Pcma("a"), Leg.Pcma("b")] });
        byte[] packet = RecorderFixture.Rtp(1, 160, 8, new byte[160]);
        for (int i = 0; i < 200; i++)
        {
            call.WriteRtp(i & 1, packet);
        }

        await call.Started.WaitAsync(Patience);
        int refused = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                refused += call.WriteRtp(i & 1, packet) == WriteResult.Accepted ? 0 : 1;
            }
        }));
        Assert.Equal(0, refused);
    }

    [Fact]
    public async Task WriteRtp_NotRtp_IsMalformed()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        using CallWriter call = recorder.Begin(new CallMetadata { CallId = "bad", Legs = [Leg.Pcma("a")] });
        Assert.Equal(WriteResult.Malformed, call.WriteRtp(0, []));
        Assert.Equal(WriteResult.Malformed, call.WriteRtp(0, new byte[11]));
        Assert.Equal(WriteResult.Malformed, call.WriteRtp(7, RecorderFixture.Rtp(1, 1, 8, new byte[160])));
        Assert.Equal(WriteResult.Malformed, call.WriteRtp(-1, RecorderFixture.Rtp(1, 1, 8, new byte[160])));
        Assert.Equal(WriteResult.Malformed, call.WriteRtp(0, RecorderFixture.Rtp(1, 1, 8, new byte[9_000])));
        Assert.Equal(WriteResult.Malformed, call.WriteFrame(0, 128, 1, 1, new byte[160]));
    }

    [Fact]
    public async Task Burst_OfThreeTicks_KeepsTwoAndTellsTheRestByAGap()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(400));
        // The pool has spares only once the first call was pumped.
        CallWriter warm = recorder.Begin(new CallMetadata { CallId = "warm", Legs = [Leg.Pcma("a")] });
        await warm.Started.WaitAsync(Patience);
        await Task.Delay(900);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "burst", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        int accepted = 0, dropped = 0;
        for (ushort i = 0; i < 150; i++)
        {
            WriteResult result = call.WriteRtp(0, RecorderFixture.Rtp(i, i * 160u, 8, new byte[160]));
            accepted += result == WriteResult.Accepted ? 1 : 0;
            dropped += result == WriteResult.Dropped ? 1 : 0;
        }

        Assert.Equal(150, accepted + dropped);
        Assert.InRange(accepted, 40, 149);
        await Task.Delay(1_300);
        call.Complete();
        warm.Complete();
        await call.Durable.WaitAsync(Patience);
        await using Recording recording = await OpenAsync(call);
        List<Frame> frames = await FramesAsync(recording);
        Assert.Equal(accepted, frames.Count(frame => frame.Kind == FrameKind.Audio));
        Assert.Contains(frames, frame => frame is { Kind: FrameKind.Gap, GapReason: GapReason.Overload });
        Assert.Equal(dropped, recording.Summary!.DroppedFrames);
    }

    [Fact]
    public async Task SpoolFull_NewAudioBecomesAGapAndNothingAcceptedIsLost()
    {
        int port = FreePort();
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        MemoryRegister register = new();
        RecordingPolicy policy = new()
        {
            Recipients = fixture.Policy().Recipients,
            Gateway = fixture.Gateway,
            Tick = TimeSpan.FromMilliseconds(100),
            MaxBitRate = 1_000_000,
        };
        const int Bound = 128 << 10;
        await using CallRecorder recorder = await fixture.StartAsync(policy, register, spool: Bound, channel: channel);
        List<bool> told = [];
        recorder.SpoolFull += (_, e) => told.Add(e.IsFull);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "full", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        List<string> accepted = [];
        int dropped = 0;
        for (ushort i = 0; i < 150; i++)
        {
            byte[] payload = new byte[1_400];
            Random.Shared.NextBytes(payload);
            if (call.WriteRtp(0, RecorderFixture.Rtp(i, i * 160u, 8, payload)) == WriteResult.Accepted)
            {
                accepted.Add(Convert.ToHexString(payload));
            }
            else
            {
                dropped++;
            }

            await Task.Delay(20);
        }

        Assert.True(dropped > 0);
        Assert.InRange(recorder.SpooledBytes, 1, Bound);
        Assert.Equal([true], told);
        await using FaultProxy proxy = FaultProxy.Start(new Uri(fixture.Address).Port, port);
        await Task.Delay(500);
        call.Complete();
        await call.Durable.WaitAsync(Patience);

        await using Recording recording = await OpenAsync(call, register);
        List<Frame> frames = await FramesAsync(recording);
        Assert.Equal(accepted, frames.Where(frame => frame.Kind == FrameKind.Audio).Select(frame => Convert.ToHexString(frame.Payload.Span)));
        Assert.Contains(frames, frame => frame is { Kind: FrameKind.Gap, GapReason: GapReason.SpoolFull });
        Assert.Equal(dropped, recording.Summary!.DroppedFrames);
        Assert.Equal(dropped, call.DroppedFrames);
        Assert.Equal([true, false], told);
        Assert.Equal(RecordingState.Complete, (await recording.VerifyAsync()).State);
    }

    [Fact]
    public async Task Connection_CutAgainAndAgain_LosesNothing()
    {
        int port = FreePort();
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        await using FaultProxy proxy = FaultProxy.Start(new Uri(fixture.Address).Port, port);
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), register, channel: channel);
        CallWriter[] calls = [.. Enumerable.Range(0, 10).Select(i => recorder.Begin(new CallMetadata { CallId = $"cut {i}", Legs = [Leg.Pcma("a")] }))];
        List<string>[] written = [.. calls.Select(_ => new List<string>())];
        for (ushort i = 0; i < 200; i++)
        {
            for (int c = 0; c < calls.Length; c++)
            {
                byte[] payload = new byte[160];
                Random.Shared.NextBytes(payload);
                if (calls[c].WriteRtp(0, RecorderFixture.Rtp(i, i * 160u, 8, payload)) == WriteResult.Accepted)
                {
                    written[c].Add(Convert.ToHexString(payload));
                }
            }

            if (i % 25 == 10)
            {
                proxy.CutAll();
            }

            await Task.Delay(20);
        }

        Array.ForEach(calls, call => call.Complete());
        for (int c = 0; c < calls.Length; c++)
        {
            await calls[c].Durable.WaitAsync(Patience);
            await using Recording recording = await OpenAsync(calls[c], register);
            RecordingReport report = await recording.VerifyAsync();
            Assert.Equal(RecordingState.Complete, report.State);
            Assert.Empty(report.Findings);
            Assert.Equal(written[c], (await CallRecorderTests.Audio(recording)).Select(frame => frame.Payload));
        }

        Assert.True(proxy.Connections > 3);
    }

    [Fact]
    public async Task SetLeg_BeyondThePolicy_GoesOnInALinkedRecording()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100), register);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "conference", Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")] });
        await call.Started.WaitAsync(Patience);
        List<string> accepted = [];
        for (ushort i = 0; i < 100; i++)
        {
            if (i == 30)
            {
                call.SetLeg(2, Leg.Pcmu("supervisor"));
            }

            for (int leg = 0; leg < (i < 30 ? 2 : 3); leg++)
            {
                byte[] payload = new byte[160];
                Random.Shared.NextBytes(payload);
                if (call.WriteRtp(leg, RecorderFixture.Rtp(i, i * 160u, (byte)(leg == 2 ? 0 : 8), payload)) == WriteResult.Accepted)
                {
                    accepted.Add($"{leg} {Convert.ToHexString(payload)}");
                }
            }

            await Task.Delay(20);
        }

        call.Complete();
        Receipt receipt = await call.Durable.WaitAsync(Patience);
        await recorder.StopSoonAsync();

        List<RegisteredRecording> rows = [];
        await foreach (RegisteredRecording row in register.ListAsync())
        {
            rows.Add(row);
        }

        Assert.Equal(2, rows.Count);
        RegisteredRecording first = rows.Single(row => row.Header.Previous.IsZero);
        RegisteredRecording second = rows.Single(row => !row.Header.Previous.IsZero);
        Assert.Equal(first.Header.CoreId, second.Header.Previous);
        Assert.Equal(second.Header.CoreId, receipt.CoreId);
        Assert.True(second.Header.PayloadSize > first.Header.PayloadSize);

        ArchiveClient archive = new(fixture.Channel);
        List<string> read = [];
        foreach ((RegisteredRecording row, EndReason reason) in new[] { (first, EndReason.Continued), (second, EndReason.Completed) })
        {
            await using Recording recording = await archive.OpenAsync(row.Header.CoreId, fixture.Reader(register: register));
            RecordingReport report = await recording.VerifyAsync();
            Assert.Equal((RecordingState.Complete, reason), (report.State, report.EndReason));
            Assert.Equal("conference", recording.Metadata!.CallId);
            read.AddRange((await CallRecorderTests.Audio(recording)).Select(frame => $"{frame.Leg} {frame.Payload}"));
        }

        Assert.Equal(accepted.Order(), read.Order());
    }

    [Fact]
    public async Task SetLeg_OtherCodec_IsDeclaredInTheSameRecording()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100));
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "re-INVITE", Legs = [Leg.Pcma("caller")] });
        await call.Started.WaitAsync(Patience);
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        call.SetLeg(0, Leg.Pcmu("caller"));
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(2, 320, 0, new byte[160])));
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(3, 480, 101, [5, 0, 0, 160])));
        Assert.Equal(WriteResult.Accepted, call.WriteGap(0, TimeSpan.FromMilliseconds(1), GapReason.Held));
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        await using Recording recording = await OpenAsync(call);
        List<Frame> frames = await FramesAsync(recording);
        Assert.Equal(
            [FrameKind.Format, FrameKind.Audio, FrameKind.Format, FrameKind.Audio, FrameKind.Event, FrameKind.Gap], frames.Select(frame => frame.Kind));
        Assert.True(frames[2].Format!.PayloadTypes[0].IsCodec("PCMU"));
    }

    private async Task<Recording> OpenAsync(CallWriter call, MemoryRegister? register = null) =>
        await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));

    private static async Task<List<Frame>> FramesAsync(Recording recording)
    {
        List<Frame> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            frames.Add(frame);
        }

        return frames;
    }

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
