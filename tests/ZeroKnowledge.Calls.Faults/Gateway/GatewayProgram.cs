using Grpc.Net.Client;
using System.Globalization;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// A gateway in a process of its own, made to be killed. It says on standard output how far it is, and does what a line of standard input says:
/// <c>end</c> all calls, say what is <c>spooled</c>, <c>drain</c> the spool, <c>stop</c>.
/// </summary>
internal static class GatewayProgram
{
    public const string Ready = "Ready: ";
    public const string Spooled = "Spooled: ";
    public const string Ended = "Ended";
    public const string Drained = "Drained";
    public const string Stopped = "Stopped";

    /// <summary>Calls without a frame of the ledger.</summary>
    public const int WarmUpCalls = 1;

    public static async Task<int> RunAsync(RunOptions options)
    {
        GatewayFolder folder = new(options.Text("--folder"));
        using FrameLedger ledger = FrameLedger.Open(options.Text("--ledger"));
        using Heartbeat heartbeat = new(ledger);
        using GatewayKey gateway = folder.LoadGateway();
        await using SqliteRegister register = folder.OpenRegister();
        GrpcChannel[] archives = [.. options.Text("--archives").Split(',').Select(address => GrpcChannel.ForAddress(address))];
        CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = archives,
            Spool = folder.Spool,
            SpoolBytes = (long)options.Take("--spool-mib", 256) << 20,
            Durability = options.Text("--durability", "process") == "power" ? Durability.Power : Durability.Process,
            Register = register,
            Policy = folder.Policy(gateway, options.Take("--tick", 200)),
            Trust = TrustList.Load(folder.Trust),
            LoggerFactory = StandardErrorLog.Instance,
        });
        await SayAsync($"{Ready}{recorder.Recovered.Count.ToString(CultureInfo.InvariantCulture)}");

        int life = options.Take("--life", 1);
        await WarmUpAsync(recorder, life);
        CallLoad load = new(recorder, ledger, new LoadOptions
        {
            Calls = options.Take("--calls", 50),
            Seed = options.Seed,
            FirstNumber = life * 100_000,
            FirstSequence = life * 10_000,
            GoOn = [.. options.Text("--go-on", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture))],
            ShortestFrames = options.Take("--shortest", 10),
            LongestFrames = options.Take("--longest", 200),
        });
        while (await Console.In.ReadLineAsync() is { } line)
        {
            switch (line)
            {
                case "end":
                    load.Stop();
                    await SayAsync(Ended);
                    break;
                case "spooled":
                    await SayAsync($"{Spooled}{recorder.SpooledBytes.ToString(CultureInfo.InvariantCulture)}");
                    break;
                case "drain":
                    await recorder.DrainAsync();
                    await SayAsync(Drained);
                    break;
                case "stop":
                    load.Stop();
                    await recorder.StopAsync();
                    Array.ForEach(archives, archive => archive.Dispose());
                    await SayAsync(Stopped);
                    return 0;
                default:
                    throw new FormatException($"The gateway does not know '{line}'.");
            }
        }

        // The one who started it is gone.
        return 2;
    }

    // The first call of a process waits for the compiler. A real gateway has that behind it when the calls come.
    private static async Task WarmUpAsync(CallRecorder recorder, int life)
    {
        CallWriter call = recorder.Begin(new CallMetadata { CallId = string.Create(CultureInfo.InvariantCulture, $"warm-up {life}"), Legs = [Leg.Pcma("a"), Leg.Pcma("b")] });
        await call.Started;
        call.WriteRtp(0, FrameContent.NewPacket());
        call.Complete();
    }

    private static async Task SayAsync(string line)
    {
        await Console.Out.WriteLineAsync(line);
        await Console.Out.FlushAsync();
    }
}
