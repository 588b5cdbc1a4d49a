using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc.Tests.Register;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>The same assembly, run as a process of its own that a test can kill.</summary>
internal static class ChildProcess
{
    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["register-add", string path]:
                await RegisterChild.AddAsync(path);
                return 0;
            case ["register-add-in-turn", string path]:
                await RegisterChild.AddInTurnAsync(path);
                return 0;
            case ["register-erase", string path]:
                await RegisterChild.EraseAsync(path);
                return 0;
            case ["mask", string address, string folder, string recipients, string seed]:
                await MaskChild.RunAsync(address, folder, recipients, seed);
                return 0;
            default:
                Console.Error.WriteLine("Tests start this process with what it has to do.");
                return 2;
        }
    }

    /// <summary>Starts a child; its standard output is the caller's to read.</summary>
    public static Process Start(params string[] args) => StartUnder([], args);

    /// <summary>Starts a child that also reads from its standard input.</summary>
    public static Process StartTalking(params string[] args) => StartUnder([], args, talking: true);

    /// <summary>Starts a child under another program, such as strace.</summary>
    public static Process StartUnder(string[] program, params string[] args) => StartUnder(program, args, talking: false);

    private static Process StartUnder(string[] program, string[] args, bool talking)
    {
        string[] command = [.. program, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", typeof(ChildProcess).Assembly.Location, .. args];
        ProcessStartInfo info = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardInput = talking, UseShellExecute = false };
        return Process.Start(info) ?? throw new InvalidOperationException("The child process did not start.");
    }
}
