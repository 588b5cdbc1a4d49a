using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls verify</c>: whether recordings are whole and unaltered, without any decryption key.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Names = new("RECORDING") { Description = "Ids ('zkcalls ls' shows them; 'latest'), or files.", Arity = ArgumentArity.OneOrMore };

    public static Command Create() => new Verb(
        "verify",
        "Reads recordings once, and says whether they are whole and unaltered. No decryption key is needed. Exit code 1: truncated, or a finding; 3: altered, forged or forked.",
        ["zkcalls verify latest", "zkcalls verify call.zkc --trust trust.txt"],
        [Names, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            JsonArray reports = [];
            int worst = ExitCode.Ok;
            foreach (string name in invocation.Get(Names))
            {
                Opened opened = await Opened.OpenAsync(desk, name, withKey: false, invocation.CancellationToken).ConfigureAwait(false);
                await using (opened.Recording.ConfigureAwait(false))
                {
                    RecordingReport report = await invocation.Terminal.ProgressAsync("Verifying", opened.Recording.Chunks, bar => opened.Recording.VerifyAsync(
                        new ChunkProgress(bar), invocation.CancellationToken)).ConfigureAwait(false);
                    reports.Add((JsonNode)ReportText.ToJson(opened, report));
                    if (!invocation.Terminal.IsJson)
                    {
                        ReportText.Write(invocation.Terminal, opened, report);
                    }

                    worst = Math.Max(worst, ReportText.ExitCodeOf(report));
                }
            }

            invocation.Terminal.Result(new JsonObject { ["reports"] = reports }, () => { });
            return worst;
        }
    }
}
