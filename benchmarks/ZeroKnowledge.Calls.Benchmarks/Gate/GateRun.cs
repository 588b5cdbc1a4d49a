using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// What a chunk costs beyond the primitives that it must be put through, and against other ways of doing the same job: encrypt the chunk, hash the
/// ciphertext. All of them run in turn, over and over, so that a busy machine is busy for all; ratios are medians of the rounds' ratios.
/// </summary>
internal static class GateRun
{
    private const int Rounds = 300;

    // Long enough for the clock, short enough that a round is over before the machine has changed.
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(1.5);

    public static int Run(Arguments arguments)
    {
        // Not counted: the runtime is still compiling, in the background and more than once, what the first row would be measured with.
        Measure(Suite.Aes256Gcm, legs: 1);
        List<GateRow> rows = [];
        foreach (Suite suite in (Suite[])[Suite.Aes256Gcm, Suite.Aegis256])
        {
            foreach (int legs in (int[])[1, 2])
            {
                rows.Add(Measure(suite, legs));
            }
        }

        if (arguments.IsJson)
        {
            arguments.Print(rows);
            return 0;
        }

        Console.WriteLine("Times in ns a chunk; ratios are the pipeline's time / the other's: below 1 is faster.");
        foreach (GateRow row in rows)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Suite,-6} {row.ChunkBytes,6} B ({row.StoredBytes} stored): pipeline {row.PipelineNs:N0}, AEAD {row.RawAeadNs:N0}, SHA-256 {row.RawSha256Ns:N0}; to raw {row.RatioToRaw:N2}, secretstream {row.RatioToSecretstream:N2}, AesGcm {row.RatioToBclAesGcm:N2}, BouncyCastle {row.RatioToBouncyCastle:N2}, NSec key a chunk {row.RatioToNSecKeyPerChunk:N2}; {row.CallsPerCore:N0} calls a core; {row.AllocatedBytesPerFrame:N3} B a frame"));
        }

        return 0;
    }

    private static GateRow Measure(Suite suite, int legs)
    {
        using ChunkPipeline pipeline = new(suite, AudioKind.G711(legs));
        using Peers peers = new(suite, pipeline.StoredBytes);
        (string Name, Action Run)[] all =
        [
            ("pipeline", pipeline.Chunk), ("aead", peers.RawAead), ("sha", peers.RawSha256), ("secretstream", peers.Secretstream),
            ("bcl", peers.BclAesGcm), ("bouncy", peers.BouncyCastle), ("nsec", peers.NSecKeyPerChunk),
        ];
        int[] turns = [.. all.Select(one => Calibrate(one.Run))];
        double[][] times = [.. all.Select(_ => new double[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                times[i][round] = Time(all[i].Run, turns[i]);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Time(all[0].Run, turns[0]);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        double pipelineNs = Median(times[0]);
        return new GateRow(
            suite == Suite.Aes256Gcm ? "aes" : "aegis",
            8_192 * legs,
            pipeline.StoredBytes,
            pipelineNs,
            Median(times[1]),
            Median(times[2]),
            MedianRatio(times[0], times[1], times[2]),
            MedianRatio(times[0], times[3]),
            MedianRatio(times[0], times[4]),
            MedianRatio(times[0], times[5]),
            MedianRatio(times[0], times[6]),
            1e9 / pipelineNs,
            (double)allocated / (turns[0] * pipeline.FramesPerChunk));
    }

    private static int Calibrate(Action run)
    {
        // Until the code is as it stays, and the times are steady.
        Time(run, 2_000);
        double ns = Time(run, 200);
        return Math.Max(4, (int)(Turn.TotalNanoseconds / ns));
    }

    private static double Time(Action run, int times)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            run();
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / times;
    }

    private static double MedianRatio(double[] ours, params double[][] parts) =>
        Median([.. ours.Select((ns, round) => ns / parts.Sum(part => part[round]))]);

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
