using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls rotate</c>: the register's recordings wrapped to the present list of recipients.</summary>
internal static class RotateCommand
{
    private static readonly Option<string?> Retiring = new("--before-retiring")
    {
        Description = "Change nothing: say which recordings only this key (a file, or its string) opens. Exit code 1 if there are any.", HelpName = "KEY",
    };

    public static Command Create() => new Verb(
        "rotate",
        "Wraps every recording's key to the keys in recipients.txt, and to no others. The audio is not touched. May be interrupted, and run again.",
        ["zkcalls rotate", "zkcalls rotate --before-retiring identity.txt"],
        [Retiring, Desk.AllowMixed, .. Desk.Keys, .. Desk.Files],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            return invocation.Get(Retiring) is { } key
                ? await CheckAsync(invocation, desk, RecipientText.Read("--before-retiring", key)).ConfigureAwait(false)
                : Show(invocation.Terminal, desk, await Custody.RunAsync(invocation, "Rotating", progress => desk.Holder().RotateAsync(progress, invocation.CancellationToken)).ConfigureAwait(false));
        }
    }

    public static int Show(Terminal terminal, Desk desk, RotationReport report)
    {
        terminal.Result(
            new JsonObject
            {
                ["recordings"] = report.Recordings,
                ["rotated"] = report.Rotated,
                ["unchanged"] = report.Unchanged,
                ["failures"] = BulkText.ToJson(report.Failures),
                ["findings"] = BulkText.ToJson(report.Findings),
            },
            () =>
            {
                terminal.Line($"{report.Rotated:N0} of {report.Recordings:N0} recordings wrapped anew to the keys of {desk.Home.Recipients}; {report.Unchanged:N0} were already, or are erased; {report.Failures.Count:N0} could not be.");
                BulkText.Write(terminal, report.Failures);
                BulkText.Write(terminal, report.Findings);
                if (report.Rotated > 0)
                {
                    terminal.Note("Copies of the register from before, such as backups, open with the old keys. Gateways need the new recipients.txt.");
                }
            });
        return report.Failures.Count + report.Findings.Count == 0 ? ExitCode.Ok : ExitCode.Finding;
    }

    private static async Task<int> CheckAsync(Invocation invocation, Desk desk, Recipient retiring)
    {
        RetirementReport report = await Custody.RunAsync(invocation, "Looking", progress => desk.Looker().CheckRetirementAsync(retiring, progress, invocation.CancellationToken)).ConfigureAwait(false);
        invocation.Terminal.Result(
            new JsonObject { ["recordings"] = report.Recordings, ["named"] = report.Named, ["onlyThisKey"] = BulkText.ToJson(report.OnlyThisKey) },
            () =>
            {
                invocation.Terminal.Line($"{report.Named:N0} of {report.Recordings:N0} recordings are wrapped to this key; {report.OnlyThisKey.Count:N0} of them to nobody else on {desk.Home.Recipients}.");
                BulkText.Write(invocation.Terminal, report.OnlyThisKey);
                invocation.Terminal.Note(report.OnlyThisKey.Count > 0 ? "They are lost with the key: 'zkcalls rotate' first." : "The key may be retired.");
            });
        return report.OnlyThisKey.Count == 0 ? ExitCode.Ok : ExitCode.Finding;
    }
}
