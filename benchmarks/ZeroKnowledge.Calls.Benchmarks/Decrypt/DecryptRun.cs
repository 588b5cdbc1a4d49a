using System.Diagnostics;
using System.Globalization;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>How fast recordings are read, against the decryption and the hash that reading cannot do without. The file is in the system's cache.</summary>
internal static class DecryptRun
{
    // An hour.
    private const int Chunks = 3_600;
    private const int Rounds = 7;
    private const int Accesses = 100;
    private const int RawTimes = 20_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        List<DecryptRow> rows = [];
        foreach (Suite suite in (Suite[])[Suite.Aes256Gcm, Suite.Aegis256])
        {
            rows.Add(await MeasureAsync(suite));
        }

        if (arguments.IsJson)
        {
            arguments.Print(rows);
            return 0;
        }

        rows.ForEach(row => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Suite,-6} chunks of {row.ChunkBytes} B: in sequence {row.SequentialNs:N0} ns each ({row.SequentialMBPerSecond:N0} MB/s, {row.RatioToRaw:N2} times AEAD {row.RawDecryptNs:N0} + SHA-256 {row.RawSha256Ns:N0}), verified without a key {row.VerifyNs:N0}; at a random time {row.RandomAccessUs:N0} µs ({row.RandomAccessesPerSecond:N0} a second)")));
        return 0;
    }

    private static async Task<DecryptRow> MeasureAsync(Suite suite)
    {
        using TemporaryFolder folder = new();
        using Customer customer = new();
        string path = folder["call.zkc"];
        KeyEnvelope envelope = await SampleRecording.WriteAsync(path, customer, suite, Chunks);
        ReaderOptions options = new() { Trust = TrustList.Of(customer.TrustedGateway), Identity = customer.Active, Envelope = envelope };
        await using Recording recording = await Recording.OpenFileAsync(path, options);
        int size = recording.Header.StoredChunkSize;
        using Peers peers = new(suite, size);
        double sequential = await MedianNsAsync(Rounds, Chunks, () => ReadAsync(recording, null));
        double verify = await MedianNsAsync(Rounds, Chunks, async () => await recording.VerifyAsync());
        double random = await MedianNsAsync(3, Accesses, () => SeekAsync(recording));
        double decrypt = await MedianNsAsync(Rounds, RawTimes, () => Repeat(peers.RawDecrypt)), sha = await MedianNsAsync(Rounds, RawTimes, () => Repeat(peers.RawSha256));
        return new DecryptRow(
            suite == Suite.Aes256Gcm ? "aes" : "aegis", size, decrypt, sha, sequential, sequential / (decrypt + sha), size * 1e3 / sequential, verify, random / 1e3, 1e9 / random);
    }

    private static Task Repeat(Action action)
    {
        for (int i = 0; i < RawTimes; i++)
        {
            action();
        }

        return Task.CompletedTask;
    }

    private static async Task SeekAsync(Recording recording)
    {
        for (int i = 0; i < Accesses; i++)
        {
            await ReadAsync(recording, TimeSpan.FromMilliseconds(Random.Shared.Next(Chunks * 1_000 - 40)));
        }
    }

    // To the end, or up to the first frame of audio after a time.
    private static async Task ReadAsync(Recording recording, TimeSpan? from)
    {
        int frames = 0;
        await foreach (Frame frame in recording.ReadFramesAsync(from))
        {
            frames += frame.Kind == FrameKind.Audio ? 1 : 0;
            if (from is not null && frames > 0)
            {
                return;
            }
        }

        if (frames != (from is null ? Chunks * 50 : 1))
        {
            throw new InvalidOperationException($"{frames} frames were read.");
        }
    }

    private static async Task<double> MedianNsAsync(int rounds, int items, Func<Task> run)
    {
        // Until the code is as it stays.
        for (long warm = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(warm) < WarmUp;)
        {
            await run();
        }

        List<double> times = [];
        for (int i = 0; i < rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / items);
        }

        return Percentiles.Median(times);
    }
}
