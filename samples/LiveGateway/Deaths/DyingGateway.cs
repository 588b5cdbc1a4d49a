using System.Globalization;
using Grpc.Net.Client;
using LiveGateway.Audio;
using LiveGateway.Calls;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace LiveGateway.Deaths;

/// <summary>A gateway in a process of its own, for <see cref="GatewayDeath"/> to kill. It has the gateway's key and the recipients' public halves only.</summary>
internal static class DyingGateway
{
    /// <summary>The program's first argument when it is started for this.</summary>
    public const string Verb = "dying-gateway";

    /// <summary>What it says when its calls are set up.</summary>
    public const string Recording = "Recording.";

    /// <summary>Nobody kills it if the program that started it was killed itself.</summary>
    public const int Slots = 3_000;

    public static async Task<int> RunAsync(string[] args)
    {
        (string folder, string register, string archive, int first, int count, Suite suite, double speed, string input) = Read(args);
        IReadOnlyList<(AudioTrack, AudioTrack)> audio = AudioFiles.Read(input.Length > 0 ? input : AudioFiles.Own);
        LiveCall[] calls = [.. Enumerable.Range(first, count).Select(i => new LiveCall(i, audio))];
        using AcceptedFrames ledger = new(GatewayDeath.LedgerIn(folder), count, Slots);
        using GatewayKey gateway = GatewayKey.Load(GatewayDeath.KeyIn(folder));
        await using SqliteRegister rows = SqliteRegister.Open(register);
        using GrpcChannel channel = GrpcChannel.ForAddress(archive);
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [channel],
            Spool = GatewayDeath.SpoolIn(folder),
            Register = rows,
            Policy = Policies.For(Recipients.Load(GatewayDeath.RecipientsIn(folder)), gateway, suite, speed, calls),
        });
        for (int i = 0; i < calls.Length; i++)
        {
            int call = i;
            calls[i].Begin(recorder);
            calls[i].Noted = (leg, slot, result) => ledger.Add(call, leg, slot, result);
        }

        await Task.WhenAll(calls.Select(call => call.Writer.Started));
        await Console.Out.WriteLineAsync(Recording);
        await Console.Out.FlushAsync();
        await new MediaThreads(calls, Slots, speed).RunAsync(CancellationToken.None);
        return 1;
    }

    public static string[] Arguments(string folder, string register, string archive, int first, int count, Suite suite, double speed, string input) =>
        [Verb, folder, register, archive, Text(first), Text(count), suite.ToString(), speed.ToString(CultureInfo.InvariantCulture), input];

    private static (string Folder, string Register, string Archive, int First, int Count, Suite Suite, double Speed, string Input) Read(string[] args) =>
        (args[1], args[2], args[3], Number(args[4]), Number(args[5]), Enum.Parse<Suite>(args[6]), double.Parse(args[7], CultureInfo.InvariantCulture), args[8]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
