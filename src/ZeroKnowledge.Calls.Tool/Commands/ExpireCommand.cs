using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls expire</c>: retention, in bulk.</summary>
internal static class ExpireCommand
{
    private static readonly Option<string> Before = new("--before") { Description = "Recordings that began before: 2021-01-31 or 2021-01-31T18:00:00Z.", HelpName = "TIME", Required = true };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Change nothing: say what would be erased." };

    public static Command Create() => new Verb(
        "expire",
        "Erases every recording that began before a time, those under legal hold excepted: its keys are destroyed, whatever copies of the audio exist.",
        ["zkcalls expire --before 2021-01-01 --dry-run", "zkcalls expire --before 2021-01-01 --yes"],
        [Before, DryRun, EraseCommand.KeepMetadata, EraseCommand.Copies, Custody.Yes, Desk.AllowMixed, .. Desk.Keys, .. Desk.Files],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        DateTimeOffset before = TimeText.Date("--before", invocation.Get(Before))!.Value;
        bool dryRun = invocation.Get(DryRun), keepMetadata = invocation.Get(EraseCommand.KeepMetadata);
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            if (!dryRun)
            {
                Custody.Confirm(invocation, $"Every recording that began before {before:u}, and is not held, will be erased ('--dry-run' lists them).");
            }

            ExpiryReport report = await Custody.RunAsync(invocation, dryRun ? "Looking" : "Erasing", progress =>
                desk.Eraser().ExpireAsync(before, dryRun, keepMetadata, invocation.Get(EraseCommand.Copies), progress, invocation.CancellationToken)).ConfigureAwait(false);
            Show(invocation.Terminal, report);
            return report.Failures.Count == 0 ? ExitCode.Ok : ExitCode.Finding;
        }
    }

    private static void Show(Terminal terminal, ExpiryReport report) => terminal.Result(
        new JsonObject
        {
            ["dryRun"] = report.DryRun,
            ["recordings"] = report.Recordings,
            ["expired"] = BulkText.ToJson(report.Expired),
            ["held"] = BulkText.ToJson(report.Held),
            ["failures"] = BulkText.ToJson(report.Failures),
        },
        () =>
        {
            terminal.Line($"Of {report.Recordings:N0} recordings {report.Expired.Count:N0} {(report.DryRun ? "would be" : "were")} erased, {report.Held.Count:N0} are held, {report.Failures.Count:N0} could not be.");
            BulkText.Write(terminal, report.DryRun ? report.Expired : []);
            BulkText.Write(terminal, report.Failures);
        });
}
