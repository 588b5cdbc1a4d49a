using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls ls</c>: the register's recordings.</summary>
internal static class LsCommand
{
    private static readonly Option<string?> Since = new("--since") { Description = "Only recordings that began then or later: 2026-01-31 or 2026-01-31T18:00:00Z.", HelpName = "TIME" };

    private static readonly Option<string?> Until = new("--until") { Description = "Only recordings that began before.", HelpName = "TIME" };

    public static Command Create() => new Verb(
        "ls", "Lists the recordings of the register. No key and no archive is needed.", ["zkcalls ls", "zkcalls ls --since 2026-01-01 --json"], [Since, Until, .. Desk.Files], RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        (DateTimeOffset? since, DateTimeOffset? until) = (TimeText.Date("--since", invocation.Get(Since)), TimeText.Date("--until", invocation.Get(Until)));
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            JsonArray objects = [];
            List<IReadOnlyList<string>> rows = [];
            await foreach (RegisteredRecording row in desk.Register.ListAsync(since, until, invocation.CancellationToken).ConfigureAwait(false))
            {
                RowText text = new(row, desk.Trust);
                objects.Add((JsonNode)text.ToJson());
                rows.Add([row.Header.RecordingId.ToString(), $"{row.Header.Begun:u}", TimeText.Shown(text.Length), text.State, text.Keys, $"{row.Receipts.Count}"]);
            }

            invocation.Terminal.Result(
                new JsonObject { ["recordings"] = objects },
                () =>
                {
                    invocation.Terminal.Table(["recording", "begun", "length", "state", "keys", "receipts"], rows);
                    invocation.Terminal.Note($"{rows.Count} recordings.");
                });
            return ExitCode.Ok;
        }
    }
}
