using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls hold</c>: a legal hold, which blocks erasure.</summary>
internal static class HoldCommand
{
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why, for whoever wants to erase it later.", HelpName = "TEXT" };

    private static readonly Option<bool> Release = new("--release") { Description = "End the hold." };

    public static Command Create() => new Verb(
        "hold",
        "Puts a recording under legal hold: it cannot be erased, and does not expire, until it is released.",
        ["zkcalls hold latest --reason \"case 4711\"", "zkcalls hold latest --release"],
        [RecordingName.Argument, Reason, Release, .. Desk.Files],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        string? reason = invocation.Get(Reason);
        if (invocation.Get(Release) == (reason is not null))
        {
            throw new UserException("Give either --reason or --release.");
        }

        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            RegisteredRecording row = await RecordingName.FindAsync(desk, invocation.Get(RecordingName.Argument), invocation.CancellationToken).ConfigureAwait(false);
            await SetAsync(desk, row.Header.CoreId, reason, invocation.CancellationToken).ConfigureAwait(false);
            invocation.Terminal.Result(
                new JsonObject { ["coreId"] = row.Header.CoreId.ToString(), ["hold"] = reason },
                () => invocation.Terminal.Line(reason is null ? $"{row.Header.RecordingId} is no longer held." : $"{row.Header.RecordingId} is under legal hold: {reason}"));
            return ExitCode.Ok;
        }
    }

    private static async Task SetAsync(Desk desk, CoreId coreId, string? reason, CancellationToken cancellationToken)
    {
        try
        {
            await desk.Register.SetHoldAsync(coreId, reason, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new UserException($"--reason: {e.Message}", e);
        }
    }
}
