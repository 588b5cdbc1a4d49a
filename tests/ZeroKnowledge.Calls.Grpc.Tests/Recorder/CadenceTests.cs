using System.Diagnostics;
using Grpc.Net.Client;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What somebody sees who watches the archive's socket: the same sizes at the same times, whatever is said.</summary>
public sealed class CadenceTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const int TickMs = 200;
    private const int Ticks = 25;

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

        // The bytes of all chunks differ only by what HTTP/2 and the fields of a message add to one chunk or two at once.
        long largest = traces.Max(trace => trace.Bytes), smallest = traces.Min(trace => trace.Bytes);
        Assert.True(largest - smallest < 0.02 * smallest, $"{smallest} to {largest} bytes");
        foreach (Trace trace in traces)
        {
            Assert.Equal(traces[0].ChunkSize, trace.ChunkSize);
            Assert.InRange(trace.Intervals.Length, Ticks - 3, Ticks + 1);
            double distance = KolmogorovSmirnov(traces[0].Intervals, trace.Intervals);
            // The critical value at 0.1 % for two samples of about 25 is 0.55.
            Assert.True(distance < 0.55, $"intervals of {contents[Array.IndexOf(traces, trace)].Name} differ from those of silence: {distance:F2}");
        }
    }

    private async Task<Trace> WatchAsync(Func<int, int> framesAt)
    {
        await using TcpForwarder wire = TcpForwarder.Start(0, new Uri(fixture.Address).Port);
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{wire.Port}");
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(TickMs), register, channel: channel);
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "watched", Legs = [Leg.Pcma("a")] });
        await call.Started;
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
        await call.Durable;
        int chunkSize = (await register.FindAsync(call.RecordingId))[0].Header.StoredChunkSize;
        // Pieces of one chunk lie close together; what is smaller is HTTP/2's own.
        long[] chunks = [.. seen.Where(piece => piece.Bytes > chunkSize / 2).Select(piece => piece.At)];
        return new Trace(
            chunkSize,
            seen.Sum(piece => (long)piece.Bytes) / Math.Max(1, chunks.Length),
            [.. chunks.Zip(chunks.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalMilliseconds)]);
    }

    private static double KolmogorovSmirnov(double[] a, double[] b) =>
        a.Concat(b).Max(x => Math.Abs((a.Count(y => y <= x) / (double)a.Length) - (b.Count(y => y <= x) / (double)b.Length)));

    private sealed record Trace(int ChunkSize, long Bytes, double[] Intervals);
}
