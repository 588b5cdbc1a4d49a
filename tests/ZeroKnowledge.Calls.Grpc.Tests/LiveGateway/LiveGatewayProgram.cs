using System.Diagnostics;

namespace ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

/// <summary>Tests that run the program. They take the processor, and others measure time: so they run by themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LiveGatewayRuns
{
    public const string Name = "LiveGateway runs";
}

/// <summary>Runs the built program as a user does.</summary>
internal static class LiveGatewayProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Beside this test's own output: samples/LiveGateway, of the same configuration.</summary>
    public static string Dll
    {
        get
        {
            DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            string root = Path.GetFullPath(Path.Combine(own.FullName, "..", "..", "..", "..", ".."));
            return Path.Combine(root, "samples", "LiveGateway", "bin", own.Parent!.Name, own.Name, "LiveGateway.dll");
        }
    }

    public static async Task<Ran> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        using CancellationTokenSource patience = new(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new Ran(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Dll);
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Process.Start(start)!;
    }
}

internal sealed record Ran(int ExitCode, string Output, string Error)
{
    /// <summary>For the message of a failed assertion.</summary>
    public override string ToString() => $"exit {ExitCode}\n{Output}\n{Error}";
}
