using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Two legs on two threads, ended from a third, ten thousand times: every accepted frame is read back, in the order of its leg.</summary>
public sealed class ThreadContractTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int Calls = 10_000;
    private const int AtOnce = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Write_TwoLegsEndedFromAThird_EveryAcceptedFrameIsReadBack()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(20), register);
        ArchiveClient archive = new(fixture.Channel);
        int compared = 0;
        for (int round = 0; round < Calls / AtOnce; round++)
        {
            Trial[] trials = [.. Enumerable.Range(0, AtOnce).Select(_ => new Trial(recorder))];
            Thread[] threads =
            [
                new(() => Array.ForEach(trials, trial => trial.Write(0))),
                new(() => Array.ForEach(trials, trial => trial.Write(1))),
                new(() => Array.ForEach(trials, trial => trial.End())),
            ];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            foreach (Trial trial in trials)
            {
                await trial.Call.Durable.WaitAsync(Patience);
                await using Recording recording = await archive.OpenAsync(trial.Call.RecordingId, fixture.Reader(register: register));
                compared += await trial.CompareAsync(recording);
            }
        }

        Assert.True(compared > Calls, $"only {compared} frames");
    }

    private sealed class Trial(CallRecorder recorder)
    {
        private static readonly CallMetadata Metadata = new() { CallId = "threads", Legs = [Leg.Pcma("a"), Leg.Pcma("b")] };

        private readonly List<uint>[] _accepted = [[], []];
        private readonly ManualResetEventSlim _writing = new();

        public CallWriter Call { get; } = recorder.Begin(Metadata);

        public void Write(int leg)
        {
            byte[] payload = new byte[40];
            for (uint i = 0; i < 1_000; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(payload, i);
                switch (Call.WriteFrame(leg, 8, (ushort)i, i * 40, payload))
                {
                    case WriteResult.Accepted:
                        _accepted[leg].Add(i);
                        break;
                    case WriteResult.Ended:
                        return;
                }

                if (i == 3)
                {
                    _writing.Set();
                }
            }
        }

        // While the legs write, or long after: both happen.
        public void End()
        {
            _writing.Wait();
            Call.Complete();
        }

        public async Task<int> CompareAsync(Recording recording)
        {
            List<uint>[] read = [[], []];
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind == FrameKind.Audio)
                {
                    read[frame.Leg].Add(BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span));
                }
            }

            Assert.Equal(_accepted[0], read[0]);
            Assert.Equal(_accepted[1], read[1]);
            Assert.Equal(read[0].Count + read[1].Count, recording.Summary!.Frames);
            return read[0].Count + read[1].Count;
        }
    }
}
