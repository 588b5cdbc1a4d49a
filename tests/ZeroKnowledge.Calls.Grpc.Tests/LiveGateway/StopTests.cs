using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ZeroKnowledge.Calls.Grpc.Tests.LiveGateway;

/// <summary>The program is stopped in the middle of its calls.</summary>
[Collection(LiveGatewayRuns.Name)]
public sealed partial class StopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_WhileRecording_LeavesNoArchiveBehind(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Signals are those of Unix.");
        using Process program = LiveGatewayProgram.Start("--seconds", "300", "--calls", "1");
        int archive = 0;
        while (archive == 0 && await program.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            archive = ArchiveLine().Match(line) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }

        Assert.True(IsRunning(archive));
        using (Process kill = Process.Start("kill", [$"-{signal}", program.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        Task<string> output = program.StandardOutput.ReadToEndAsync(), error = program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Patience);

        Assert.True(program.ExitCode is 130 or 143, $"exit {program.ExitCode}\n{await output}\n{await error}");
        Assert.False(IsRunning(archive));
        Assert.DoesNotContain("   at ", await error, StringComparison.Ordinal);
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex("^ *Archive .* process (\\d+),")]
    private static partial Regex ArchiveLine();
}
