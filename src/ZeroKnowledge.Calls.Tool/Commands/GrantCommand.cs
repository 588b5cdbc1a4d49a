using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls grant</c>: a part of one recording for somebody else, and nothing else of it.</summary>
internal static class GrantCommand
{
    private static readonly Option<string[]> For = new("--for") { Description = "Who may read it: a file with the public key (also PEM of P-256), or its string. May be given several times.", HelpName = "KEY", Required = true };

    private static readonly Option<string?> From = new("--from") { Description = "Where it begins: 90s, 1:30 or 1:02:03.5 from the beginning of the call. Rounded inward to whole chunks. Default: the beginning.", HelpName = "TIME" };

    private static readonly Option<string?> To = new("--to") { Description = "Where it ends. Default: the end.", HelpName = "TIME" };

    private static readonly Option<string?> Live = new("--live") { Description = "In the place of --from and --to, while the call runs: what comes from now on, for so long.", HelpName = "TIME" };

    private static readonly Option<string?> Purpose = new("--purpose") { Description = "What it is for, signed with the grant. A request to an honest reader.", HelpName = "TEXT" };

    private static readonly Option<string?> NotAfter = new("--not-after") { Description = "When the reader should stop using it. A request: cryptography cannot end a grant.", HelpName = "TIME" };

    private static readonly Option<bool> WithMetadata = new("--with-metadata") { Description = "Also who called whom and when." };

    private static readonly Option<bool> WithChunks = new("--with-chunks") { Description = "Put the encrypted audio into the file, too: whoever gets it needs no archive." };

    private static readonly Option<string?> Reader = new("--reader")
    {
        Description = "Also let the holder of this client certificate fetch these chunks from the archive, until --not-after or for a year: its whole subject, 'CN=auditor,O=Example'.", HelpName = "SUBJECT",
    };

    private static readonly Option<string> Output = new("--output", "-o") { Description = "The file to write, .zkgrant or (with chunks) .zkrange.", HelpName = "FILE", Required = true };

    public static Command Create() => new Verb(
        "grant",
        "Lets somebody else read a part of one recording, and prove that it belongs to it: a small signed file that opens exactly these chunks.",
        ["zkcalls grant latest --from 1:30 --to 1:40 --for auditor.txt -o part.zkgrant", "zkcalls grant 9f3c01 --for age1pq1… --purpose \"case 4711\" --with-chunks -o case.zkrange"],
        [RecordingName.Argument, For, From, To, Live, Purpose, NotAfter, WithMetadata, WithChunks, Reader, Output, Desk.AllowMixed, .. Desk.Keys, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        (TimeSpan? from, TimeSpan? to, TimeSpan? live) =
            (TimeText.Position("--from", invocation.Get(From)), TimeText.Position("--to", invocation.Get(To)), TimeText.Position("--live", invocation.Get(Live)));
        if (live is not null && (from is not null || to is not null || invocation.Get(WithChunks)))
        {
            throw new UserException("--live is for what does not exist yet: without --from, --to and --with-chunks.");
        }

        DateTimeOffset? notAfter = TimeText.Date("--not-after", invocation.Get(NotAfter));
        Recipients grantees = Recipients.Of([.. invocation.Get(For)!.Select(text => RecipientText.Read("--for", text)).Distinct()]);
        string output = invocation.Get(Output)!;
        NewFile.Refuse(output);
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            _ = desk.AsAllowed("--for", grantees);
            RegisteredRecording row = await RecordingName.FindAsync(desk, invocation.Get(RecordingName.Argument), invocation.CancellationToken).ConfigureAwait(false);
            Recording recording = await desk.Archive.OpenAsync(
                row.Header.CoreId, new ReaderOptions { Trust = desk.Trust, Register = desk.Register, Identity = desk.Identity }, invocation.CancellationToken).ConfigureAwait(false);
            await using (recording.ConfigureAwait(false))
            {
                ChunkRange range = live is { } duration ? recording.Ahead(duration)
                    : await recording.FindWithinAsync(from ?? TimeSpan.Zero, to, invocation.CancellationToken).ConfigureAwait(false);
                if (range.Count == 0)
                {
                    throw new UserException("No whole chunk lies within this time: grant a longer one.");
                }

                GrantOptions options = new() { Purpose = invocation.Get(Purpose) ?? "", NotAfter = notAfter, WithMetadata = invocation.Get(WithMetadata), IsLive = live is not null, AllowMixedSecurity = invocation.Get(Desk.AllowMixed) };
                Grant grant = await Custody.RunAsync(invocation, "Granting", _ =>
                    recording.CreateGrantAsync(range, grantees, desk.Owner, options, invocation.CancellationToken).AsTask()).ConfigureAwait(false);
                await SaveAsync(invocation, desk, recording, grant, output).ConfigureAwait(false);
                invocation.Terminal.Result(GrantText.ToJson(grant, output), () => Show(invocation, grant, output));
                return ExitCode.Ok;
            }
        }
    }

    private static async Task SaveAsync(Invocation invocation, Desk desk, Recording recording, Grant grant, string output)
    {
        if (invocation.Get(Reader) is { } subject)
        {
            DateTimeOffset until = grant.NotAfter ?? TimeProvider.System.GetUtcNow().AddYears(1);
            await desk.Archive.NameReaderAsync(grant.CoreId, subject, until, [grant.Range], invocation.CancellationToken).ConfigureAwait(false);
        }

        if (invocation.Get(WithChunks))
        {
            await recording.SaveRangeAsync(output, grant, invocation.CancellationToken).ConfigureAwait(false);
        }
        else
        {
            grant.Save(output);
        }
    }

    private static void Show(Invocation invocation, Grant grant, string output)
    {
        Terminal terminal = invocation.Terminal;
        terminal.Line($"{output}: {RangeText.Shown(grant.Range, grant.Header.Tick)} of {grant.Header.RecordingId}, for {grant.RecipientCount} keys{EnvelopeText.Security(grant.IsClassical)}.");
        terminal.Note(invocation.Get(WithChunks)
            ? $"Whoever has the key opens it with 'zkcalls export {output} --identity FILE', and your trust list."
            : $"Whoever has the key opens it with 'zkcalls export {output} --identity FILE', your trust list, and access to the archive (--reader).");
    }
}
