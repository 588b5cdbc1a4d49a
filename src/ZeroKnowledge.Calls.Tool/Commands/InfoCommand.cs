using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls info</c>: what a file or a recording is, as far as can be said without a key.</summary>
internal static class InfoCommand
{
    private static readonly Argument<string> Thing = new("THING") { Description = "A file of any kind that this program reads or writes, or a recording (see 'zkcalls ls'; 'latest')." };

    public static Command Create() => new Verb(
        "info",
        "Says what a file, an envelope, a grant or a recording is: sizes, suite, recipients, versions, state. No key is needed.",
        ["zkcalls info latest", "zkcalls info part.zkgrant", "zkcalls info recipients.txt"],
        [Thing, .. Desk.Files],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        string thing = invocation.Get(Thing);
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            if (File.Exists(thing))
            {
                Show(invocation.Terminal, await FileText.DescribeAsync(desk, thing, invocation.CancellationToken).ConfigureAwait(false));
            }
            else
            {
                RowText row = new(await RecordingName.FindAsync(desk, thing, invocation.CancellationToken).ConfigureAwait(false), desk.Trust);
                invocation.Terminal.Result(row.ToJson(), () => invocation.Terminal.Fields(row.Fields()));
            }

            return ExitCode.Ok;
        }
    }

    private static void Show(Terminal terminal, IEnumerable<(string Name, string Value)> fields)
    {
        (string Name, string Value)[] all = [.. fields];
        JsonObject json = [];
        foreach ((string name, string value) in all)
        {
            // A list of keys has many lines of one name.
            json[name] = json[name] is { } earlier ? $"{earlier}\n{value}" : value;
        }

        terminal.Result(json, () => terminal.Fields(all));
    }
}
