using Grpc.Net.Client;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>A wire that is late, narrow, silent for a while, or cut again and again: nothing that was accepted is lost, and nothing arrives twice.</summary>
public sealed class WireTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int Calls = 4;
    private const int TickMs = 100;
    private const int Steps = 75;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("late")]
    [InlineData("narrow")]
    [InlineData("silent")]
    [InlineData("cut")]
    [InlineData("away")]
    [InlineData("lost")]
    public async Task Upload_OverABadWire_EveryAcceptedFrameIsStoredOnce(string fault)
    {
        await using FaultProxy wire = FaultProxy.Start(new Uri(fixture.Address).Port);
        using GrpcChannel channel = GrpcChannel.ForAddress(wire.Address);
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(TickMs), register, channel: channel);
        CallWriter[] calls = [.. Enumerable.Range(0, Calls).Select(i => recorder.Begin(new CallMetadata { CallId = LoadedCall.IdOf(i), Legs = [Leg.Pcma("a")] }))];
        HashSet<(int Call, int Sequence)> accepted = [];
        byte[] packet = FrameContent.NewPacket();
        for (int step = 0; step < Steps; step++)
        {
            Disturb(wire, fault, step);
            for (int call = 0; call < Calls; call++)
            {
                FrameContent.WriteRtp(packet, call, 0, step);
                if (calls[call].WriteRtp(0, packet) == WriteResult.Accepted)
                {
                    accepted.Add((call, step));
                }
            }

            await Task.Delay(20);
        }

        Array.ForEach(calls, call => call.Complete());
        if (fault == "lost")
        {
            // What was sent into the silence, the ends of the calls too, is gone with the connection.
            await Task.Delay(4 * TickMs);
            wire.CutAll();
        }

        wire.IsHalfOpen = wire.Refuses = false;
        HashSet<(int Call, int Sequence)> stored = [];
        foreach (CallWriter call in calls)
        {
            await call.Durable.WaitAsync(Patience);
            await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader(register: register));
            RecordingReport report = await recording.VerifyAsync();
            Assert.Equal(RecordingState.Complete, report.State);
            Assert.Empty(report.Findings);
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind == FrameKind.Audio)
                {
                    Assert.True(FrameContent.TryRead(frame.Payload.Span, out int of, out _, out int sequence) && stored.Add((of, sequence)));
                }
            }
        }

        Assert.Equal(accepted, stored);
    }

    private static void Disturb(FaultProxy wire, string fault, int step)
    {
        switch (fault)
        {
            case "late":
                // 100 ms there and 100 ms back, which is two ticks; then at once again.
                wire.Delay = step < Steps / 2 ? TimeSpan.FromMilliseconds(TickMs) : TimeSpan.Zero;
                break;
            case "narrow":
                // A third of what these calls bring, for a while.
                wire.BytesPerSecond = step < Steps / 2 ? 15_000 : 0;
                break;
            case "silent":
                wire.IsHalfOpen = step is > 10 and < 60;
                break;
            case "lost":
                wire.IsHalfOpen = step > 40;
                break;
            case "away" when step == 10:
                wire.Refuses = true;
                wire.CutAll();
                break;
            case "away" when step == 60:
                wire.Refuses = false;
                break;
            case "cut" when step % 15 == 7:
                wire.CutAll();
                break;
            default:
                break;
        }
    }
}
