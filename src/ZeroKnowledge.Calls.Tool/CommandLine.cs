using System.CommandLine;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>The commands, and the exit codes: 0 all well, 1 findings, 2 bad input or no answer, 130 stopped.</summary>
internal static class CommandLine
{
    public const int Well = 0;
    public const int Findings = 1;
    private const int BadInput = 2;
    private const int Stopped = 130;

    public static async Task<int> RunAsync(string[] args)
    {
        RootCommand root = new("The customer's tools for encrypted call recordings.") { AuditCommand.Create() };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(BadInput, parsed.Errors[0].Message).ConfigureAwait(false);
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    /// <summary>Runs a command: whatever its input may cause becomes one sentence and an exit code.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> command, CancellationToken cancellationToken)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync(Stopped, "Stopped.").ConfigureAwait(false);
        }
        catch (Exception e) when (e is UserException or CallRecordingException or IOException or UnauthorizedAccessException)
        {
            return await FailAsync(BadInput, e.Message).ConfigureAwait(false);
        }
    }

    private static async Task<int> FailAsync(int code, string message)
    {
        await Terminal.Error.WriteLineAsync(message.ReplaceLineEndings(" ")).ConfigureAwait(false);
        return code;
    }
}
