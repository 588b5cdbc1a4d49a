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
            FramesDifferent = different,
        });
        return 0;
    }

    /// <returns>The bytes of chunks that the receipts count, and the frames of calls that got none.</returns>
    private static async Task<(long Bytes, long FramesLost)> EndAsync(LiveLoad load)
    {
        Array.ForEach(load.Calls, call => call.Complete());
        long bytes = 0, lost = 0;
        long start = Stopwatch.GetTimestamp();
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
}
