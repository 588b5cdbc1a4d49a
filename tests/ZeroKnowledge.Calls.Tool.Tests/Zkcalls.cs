using System.Diagnostics;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>The program, run as a user does, in a folder of its own.</summary>
internal static class Zkcalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "zkcalls.dll");

    public static Task<Ran> RunAsync(string folder, params string[] arguments) => StartAsync(folder, "dotnet", [Dll, .. arguments], null);

    public static Task<Ran> RunWithInputAsync(string folder, byte[] input, params string[] arguments) => StartAsync(folder, "dotnet", [Dll, .. arguments], input);

    /// <summary>Runs another program, with nothing or something on its standard input.</summary>
    public static async Task<Ran> StartAsync(string folder, string program, string[] arguments, byte[]? input)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), error = process.StandardError.ReadToEndAsync(patience.Token);
            try
            {
                await process.StandardInput.BaseStream.WriteAsync(input ?? [], patience.Token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading all.
            }

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
}

internal sealed record Ran(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}
