using System.Diagnostics;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What somebody sees who watches the archive's socket: the same sizes at the same times, whatever is said.</summary>
public sealed class CadenceTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int TickMs = 200;
    private const int Ticks = 25;

    // An acknowledgement of settings has 9 bytes, a window update 13, a ping 17: one of them, seldom.
    private const int MostOfHttp2 = 17;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Wire_SilenceSpeechGapsBursts_LookTheSame()
    {
        (string Name, Func<int, int> FramesAt)[] contents =
        [
            ("silence", _ => 0),
            ("speech", _ => 1),
            ("gaps", step => step / 20 % 2),
            ("bursts", step => step % 10 == 9 ? 10 : 0),
        ];
        // At the same time, so that whatever else the machine does meets them all.
        Trace[] traces = await Task.WhenAll(contents.Select(content => WatchAsync(content.FramesAt)));

        foreach (Trace trace in traces)
        {
            string name = contents[Array.IndexOf(traces, trace)].Name;
            Assert.Equal(traces[0].ChunkSize, trace.ChunkSize);
            // What lies around a chunk in a message of HTTP/2: the same few bytes whatever is in it. What HTTP/2 sends of its own may be read together with one.
            Assert.All(trace.Pieces, piece => Assert.InRange(piece - (trace.ChunkSize * trace.ChunksIn(piece)), 40, (80 * trace.ChunksIn(piece)) + MostOfHttp2));
            Assert.InRange(trace.Pieces.Count(piece => piece - (trace.ChunkSize * trace.ChunksIn(piece)) > 80 * trace.ChunksIn(piece)), 0, 2);
            // A busy machine may skip ticks, of all of them alike.
            Assert.InRange(trace.Pieces.Sum(trace.ChunksIn) - traces[0].Pieces.Sum(trace.ChunksIn), -3, 3);
            Assert.True(trace.Intervals.Length > Ticks / 2, $"only {trace.Intervals.Length} intervals of {name}");
            double distance = KolmogorovSmirnov(traces[0].Intervals, trace.Intervals);
            // The critical value at 0.1 % for two samples of about 25 is 0.55.
            Assert.True(distance < 0.55, $"intervals of {name} differ from those of silence: {distance:F2}");
        }
    }

    private async Task<Trace> WatchAsync(Func<int, int> framesAt)
    {
        await using FaultProxy wire = FaultProxy.Start(new Uri(fixture.Address).Port);
        wire.NotesSent = true;
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{wire.Port}");
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(TickMs), register, channel: channel);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "watched", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        ushort sequence = 0;
        Stopwatch clock = Stopwatch.StartNew();
        for (int step = 0; step < Ticks * TickMs / 20; step++)
        {
            for (int i = framesAt(step); i > 0; i--)
            {
                byte[] payload = new byte[160];
                Random.Shared.NextBytes(payload);
                call.WriteRtp(0, RecorderFixture.Rtp(++sequence, sequence * 160u, 8, payload));
            }

            int left = (int)(((step + 1) * 20) - clock.ElapsedMilliseconds);
            await Task.Delay(Math.Max(0, left));
        }

        (long At, int Bytes)[] seen = [.. wire.Sent];
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        int chunkSize = (await register.FindAsync(call.RecordingId))[0].Header.StoredChunkSize;
        // The first message has the opening record, too; what is smaller than a chunk is HTTP/2's own.
        (long At, int Bytes)[] chunks = [.. seen.Where(piece => piece.Bytes >= chunkSize).Skip(1)];
        return new Trace(
            chunkSize,
            [.. chunks.Select(piece => piece.Bytes)],
            [.. chunks.Zip(chunks.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a.At, b.At).TotalMilliseconds)]);
    }

    private static double KolmogorovSmirnov(double[] a, double[] b) =>
        a.Concat(b).Max(x => Math.Abs((a.Count(y => y <= x) / (double)a.Length) - (b.Count(y => y <= x) / (double)b.Length)));

    private sealed record Trace(int ChunkSize, int[] Pieces, double[] Intervals)
    {
        public int ChunksIn(int piece) => piece / ChunkSize;
    }
}
