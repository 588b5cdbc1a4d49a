using System.CommandLine;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls erase</c>: the keys of a part of a recording, or of all of it, destroyed for good.</summary>
internal static class EraseCommand
{
    public static readonly Option<bool> KeepMetadata = new("--keep-metadata") { Description = "Keep who called whom and when readable. Default: with a whole recording its metadata is erased, too." };

    public static readonly Option<string?> Copies = new("--copies") { Description = "What still holds a copy, as far as you know; it is written into the certificate.", HelpName = "TEXT" };

    private static readonly Argument<string?> Name = new("RECORDING") { Description = "An id ('zkcalls ls' shows them), or 'latest'.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> From = new("--from") { Description = "Erase a part: where it begins. One chunk more is erased on each side.", HelpName = "TIME" };

    private static readonly Option<string?> To = new("--to") { Description = "Where it ends.", HelpName = "TIME" };

    private static readonly Option<bool> Again = new("--again") { Description = "After a restore of the register from a backup: erase again all that erasures.txt says was erased." };

    public static Command Create() => new Verb(
        "erase",
        "Destroys the keys of a part of a recording, or of all of it, for good, whatever copies of the audio exist; prints the certificate.",
        ["zkcalls erase latest --from 0:15 --to 0:20", "zkcalls erase 9f3c01 --yes", "zkcalls erase --again"],
        [Name, From, To, KeepMetadata, Copies, Again, Custody.Yes, Desk.AllowMixed, .. Desk.Keys, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        (TimeSpan? from, TimeSpan? to) = (TimeText.Position("--from", invocation.Get(From)), TimeText.Position("--to", invocation.Get(To)));
        string? name = invocation.Get(Name);
        if (name is null == !invocation.Get(Again) || (from is null) != (to is null) || from >= to)
        {
            throw new UserException("Give a RECORDING, and both --from and the later --to for a part of it; or --again alone.");
        }

        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            return name is null ? await AgainAsync(invocation, desk).ConfigureAwait(false)
                : await EraseAsync(invocation, desk, await RecordingName.FindAsync(desk, name, invocation.CancellationToken).ConfigureAwait(false), from, to).ConfigureAwait(false);
        }
    }

    private static async Task<int> EraseAsync(Invocation invocation, Desk desk, RegisteredRecording row, TimeSpan? from, TimeSpan? to)
    {
        CoreId id = row.Header.CoreId;
        CancellationToken token = invocation.CancellationToken;
        ErasureCertificate certificate;
        if (from is { } start && to is { } end)
        {
            ChunkRange range = await FindAsync(desk, id, start, end, token).ConfigureAwait(false);
            Custody.Confirm(invocation, $"{row.Header.RecordingId}: {RangeText.Shown(range, row.Header.Tick)} will be erased.");
            certificate = await Custody.RunAsync(invocation, "Erasing", _ => desk.Eraser().EraseAsync(id, [range], invocation.Get(Copies), token)).ConfigureAwait(false);
        }
        else
        {
            Custody.Confirm(invocation, $"The whole recording {row.Header.RecordingId} will be erased.");
            certificate = await Custody.RunAsync(invocation, "Erasing", _ => desk.Eraser().EraseAsync(id, invocation.Get(KeepMetadata), invocation.Get(Copies), token)).ConfigureAwait(false);
        }

        invocation.Terminal.Result(ErasureText.ToJson(certificate), () =>
        {
            invocation.Terminal.Line($"{row.Header.RecordingId}: erased {ErasureText.Shown(certificate, row.Header.Tick)}");
            invocation.Terminal.Note($"Keep a copy of {desk.Home.Erasures} where the register's backups are not: after a restore, 'zkcalls erase --again' needs it.");
        });
        return ExitCode.Ok;
    }

    // Where in the recording a time lies is written in its chunks: the archive has them.
    private static async Task<ChunkRange> FindAsync(Desk desk, CoreId id, TimeSpan from, TimeSpan to, CancellationToken cancellationToken)
    {
        Recording recording = await desk.Archive.OpenAsync(id, new ReaderOptions { Trust = desk.Trust, Register = desk.Register, Identity = desk.Identity }, cancellationToken).ConfigureAwait(false);
        await using (recording.ConfigureAwait(false))
        {
            return await recording.FindAroundAsync(from, to, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<int> AgainAsync(Invocation invocation, Desk desk)
    {
        RepeatReport report = await Custody.RunAsync(invocation, "Erasing", progress => desk.Eraser().RepeatErasuresAsync(progress, invocation.CancellationToken)).ConfigureAwait(false);
        invocation.Terminal.Result(
            new JsonObject
            {
                ["recordings"] = report.Recordings,
                ["repeated"] = BulkText.ToJson(report.Repeated),
                ["held"] = BulkText.ToJson(report.Held),
                ["failures"] = BulkText.ToJson(report.Failures),
                ["findings"] = BulkText.ToJson(report.Findings),
            },
            () =>
            {
                invocation.Terminal.Line($"Of {report.Recordings:N0} recordings on the list {report.Repeated.Count:N0} had keys again, and were erased; {report.Held.Count:N0} are held; {report.Failures.Count:N0} could not be.");
                BulkText.Write(invocation.Terminal, report.Repeated);
                BulkText.Write(invocation.Terminal, report.Failures);
                BulkText.Write(invocation.Terminal, report.Findings);
            });
        return report.Failures.Count + report.Findings.Count + report.Held.Count == 0 ? ExitCode.Ok : ExitCode.Finding;
    }
}
