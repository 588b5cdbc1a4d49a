using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Faults;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// N live calls through the real recorder with its spool on disk, over gRPC on loopback, into the reference archive in a second process, which acknowledges what it has synced. The
/// register is SQLite's. Then a sample of the calls is read back and compared.
/// </summary>
internal static class EndToEndRun
{
    private const int EndsPerStep = 500;

    private static readonly TimeSpan EndStep = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DurablePatience = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        LiveOptions options = LiveOptions.Read(arguments, calls: 10_000);
        using TemporaryFolder folder = new();
        using Customer customer = new();
        await using ArchiveProcess archive = new(folder["archive"], customer.TrustedGateway);
        await archive.StartAsync();
        using GrpcChannel channel = ArchiveChannel.ForAddress(archive.Address);
        await using SqliteRegister register = SqliteRegister.Open(folder["register.db"]);
        TrustList trust = TrustList.Of(customer.TrustedGateway, archive.Trusted);
        CountingSink sink = new(intoFiles: true);
        CallRecorderOptions recorder = new()
        {
            Archives = [channel],
            Register = register,
            Spool = folder["spool"],
            Policy = customer.Policy(options.Suite),
            Trust = trust,
            Sink = sink,
        };
        await using LiveLoad load = await LiveLoad.StartAsync(options, recorder, sink);
        await load.BeginAsync();
        using Process server = Process.GetProcessById(archive.ProcessId);
        using AckLag lag = new(load.Recorder.Lifecycle, load.Calls);
        (LiveRow row, double[] archiveCores) = await load.MeasureAsync(server);
        IReadOnlyList<double> lags = lag.Stop();

        (long bytes, long lost) = await EndAsync(load);
        double amplification = (double)BytesWritten(archive.ProcessId) / bytes;
        ReaderOptions reader = new() { Trust = trust, Identity = customer.Active, Register = register };
        long different = await ReadBack.CompareAsync(channel, reader, load.Calls, load.Media!.Rounds, options.FrameMs);
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{lags.Count} lags, the longest {Percentiles.Of(lags, 1):N0} ms; the archive said: {(archive.Errors is { Length: > 0 } said ? said : "nothing")}"));
        arguments.Print(new EndToEndRow(row with { FramesLost = row.FramesLost + lost, FramesEncrypted = row.FramesEncrypted - lost })
        {
            ArchiveCores = archiveCores[0],
            AckLagP50Ms = Percentiles.Of(lags, 0.5),
            AckLagP99Ms = Percentiles.Of(lags, 0.99),
            BytesDurable = bytes,
            WriteAmplification = amplification,
            FramesDifferent = different,
        });
        return 0;
    }

    /// <returns>The bytes of chunks that the receipts count, and the frames of calls that got none.</returns>
    private static async Task<(long Bytes, long FramesLost)> EndAsync(LiveLoad load)
    {
        long bytes = 0, lost = 0;
        long start = Stopwatch.GetTimestamp();
        foreach (CallWriter[] some in load.Calls.Chunk(EndsPerStep))
        {
            // Not all callers of a gateway hang up in the same second.
            Array.ForEach(some, call => call.Complete());
            await Task.Delay(EndStep);
        }

        foreach (CallWriter call in load.Calls)
        {
            try
            {
                TimeSpan left = DurablePatience - Stopwatch.GetElapsedTime(start);
                Receipt receipt = await call.Durable.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                bytes += (long)receipt.ChunkCount * call.Life.Writer!.StoredChunkSize;
            }
            catch (Exception e) when (e is CallRecordingException or TimeoutException)
            {
                lost += call.Life.Frames;
            }
        }

        return (bytes, lost);
    }

    private static long BytesWritten(int process)
    {
        string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/io");
        const string Name = "write_bytes: ";
        return File.Exists(file) ? long.Parse(File.ReadLines(file).First(line => line.StartsWith(Name, StringComparison.Ordinal))[Name.Length..], CultureInfo.InvariantCulture) : 0;
    }
}
