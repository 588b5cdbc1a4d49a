using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// The cost of a chunk with few and with many calls in one recorder: each call is given a second's frames, then the clock is moved by a second, and the pump has to do a chunk for each.
/// The clock stands still otherwise, so that nothing but the work is measured.
/// </summary>
internal static class FlatRun
{
    private const int FrameMs = 20;
    private const int FramesPerChunk = 50;
    private const int TickMs = 1_000;
    private const int WarmUpRounds = 200;
    private const int StepMs = 5;
    private const int EdgeMs = 50;

    // Calls, and rounds of which the median counts.
    private static readonly (int Calls, int Rounds)[] Sizes = [(100, 200), (1_000, 50), (10_000, 10), (100_000, 4)];

    public static async Task<int> RunAsync(Arguments arguments)
    {
        using TemporaryFolder folder = new();
        using Customer customer = new();
        ManualClock clock = new();
        FirstAndLast sink = new();
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [GrpcChannel.ForAddress("http://127.0.0.1:9")],
            Register = new NoRegister(),
            Spool = folder["spool"],
            Policy = customer.Policy(arguments.Suite()),
            MaxDegreeOfParallelism = 1,
            TimeProvider = clock,
            Sink = sink,
        });
        sink.Use(recorder.Lifecycle.Spool);

        List<CallWriter> calls = [];
        List<FlatRow> rows = [];
        foreach ((int count, int rounds) in Sizes)
        {
            await BeginAsync(recorder, clock, calls, count - calls.Count);
            if (rows.Count == 0)
            {
                Measure(clock, sink, calls, WarmUpRounds);
            }

            (double chunkNs, double writeNs) = Measure(clock, sink, calls, rounds);
            rows.Add(new FlatRow(count, chunkNs, writeNs, 0));
        }

        double fastest = rows.Min(row => row.ChunkNs);
        rows = [.. rows.Select(row => row with { RatioToFastest = row.ChunkNs / fastest })];
        if (arguments.IsJson)
        {
            arguments.Print(rows);
        }
        else
        {
            rows.ForEach(row => Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{row.Calls,7} calls: {row.ChunkNs,6:N0} ns a chunk ({row.RatioToFastest:N2} times the fastest), {row.WriteNs,4:N0} ns a frame")));
        }

        calls.ForEach(call => call.Complete());
        clock.Move(TickMs);
        await recorder.StopAsync(new CancellationToken(canceled: true));
        return 0;
    }

    // Spread over the tick, as calls of real callers are; but not over its ends, where a call is due in the one round or in the next.
    private static async Task BeginAsync(CallRecorder recorder, ManualClock clock, List<CallWriter> calls, int count)
    {
        CallMetadata metadata = new() { CallId = "benchmark", Legs = [Leg.Pcma("caller")] };
        int before = calls.Count, first = EdgeMs / StepMs, steps = (TickMs - (2 * EdgeMs)) / StepMs;
        clock.Move(EdgeMs);
        for (int step = 1; step <= steps; step++)
        {
            while (calls.Count - before < (long)count * step / steps)
            {
                calls.Add(recorder.Begin(metadata));
            }

            if (step % first == 0 && calls.Count > 0)
            {
                await calls[^1].Started;
            }

            clock.Move(StepMs);
        }

        clock.Move(EdgeMs);
        await Task.WhenAll(calls.Select(call => call.Started));
    }

    private static (double ChunkNs, double WriteNs) Measure(ManualClock clock, FirstAndLast sink, List<CallWriter> calls, int rounds)
    {
        // What was left of the tick before.
        Settle(sink);
        Round(clock, sink, calls);
        (double ChunkNs, double WriteNs)[] measured = [.. Enumerable.Range(0, rounds).Select(_ => Round(clock, sink, calls))];
        return (Percentiles.Median(measured.Select(one => one.ChunkNs)), Percentiles.Median(measured.Select(one => one.WriteNs)));
    }

    private static (double ChunkNs, double WriteNs) Round(ManualClock clock, FirstAndLast sink, List<CallWriter> calls)
    {
        sink.NextRound();
        long start = Stopwatch.GetTimestamp();
        Speak(calls);
        double writeNs = Stopwatch.GetElapsedTime(start).TotalNanoseconds / ((double)calls.Count * FramesPerChunk);
        clock.Move(TickMs);
        while (sink.Chunks < calls.Count)
        {
            Thread.Sleep(1);
        }

        return (sink.NsPerChunk, writeNs);
    }

    private static void Settle(FirstAndLast sink)
    {
        for (int before = -1; before != sink.Chunks; Thread.Sleep(100))
        {
            before = sink.Chunks;
        }
    }

    private static void Speak(List<CallWriter> calls)
    {
        byte[] packet = SpokenFrame.MakePacket(FrameMs);
        for (int frame = 0; frame < FramesPerChunk; frame++)
        {
            SpokenFrame.SetNumber(packet, frame, FrameMs);
            foreach (CallWriter call in calls)
            {
                if (call.WriteRtp(0, packet) != WriteResult.Accepted)
                {
                    throw new InvalidOperationException("A frame was not accepted.");
                }
            }
        }
    }
}
