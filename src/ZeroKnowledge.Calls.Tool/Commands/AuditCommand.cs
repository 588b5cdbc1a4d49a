using System.CommandLine;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls audit</c> (docs/AUDIT.md).</summary>
internal static class AuditCommand
{
    private static readonly Option<string?> Deletions = new("--deletions")
    {
        Description = "The owner's file of deletions and their certificates. Default: deletions in the home, if it is there. Without it a deleted recording is missing.", HelpName = "FILE",
    };

    private static readonly Option<int> Sample = new("--decrypt-sample")
    {
        Description = $"The restore drill: so many recordings, picked at random, are fetched and decrypted; at most {AuditOptions.MaxDecryptSample}.", HelpName = "N",
    };

    private static readonly Option<string?> Since = new("--since")
    {
        Description = "Only recordings that began then or later: 2026-01-31 or 2026-01-31T18:00:00Z.", HelpName = "TIME",
    };

    private static readonly Option<string?> Until = new("--until")
    {
        Description = "Only recordings that began before.", HelpName = "TIME",
    };

    private static readonly Option<string?> Region = new("--region")
    {
        Description = "The region that the archive must name.", HelpName = "NAME",
    };

    private static readonly Option<double> Settle = new("--settle")
    {
        Description = "Seconds for which what a gateway signed may be on its way.", HelpName = "S", DefaultValueFactory = _ => AuditOptions.DefaultSettle.TotalSeconds,
    };

    public static Command Create() => new Verb(
        "audit",
        "Compares the register with an archive, both ways (docs/AUDIT.md). Exit code 0: all is well; 1: findings; 2: no report.",
        ["zkcalls audit", "zkcalls audit --decrypt-sample 20 --since 2026-01-01 --json"],
        [Deletions, Sample, Since, Until, Region, Settle, .. Desk.Keys, .. Desk.Files, .. ArchiveOptions.All],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        int sample = invocation.Get(Sample);
        double settle = invocation.Get(Settle);
        if (sample is < 0 or > AuditOptions.MaxDecryptSample)
        {
            throw new UserException($"--decrypt-sample is 0 to {AuditOptions.MaxDecryptSample}, not {sample}.");
        }

        if (!(settle >= 0 && settle <= TimeSpan.FromDays(365).TotalSeconds))
        {
            throw new UserException("--settle is a number of seconds, at most a year.");
        }

        (DateTimeOffset? since, DateTimeOffset? until) = (TimeText.Date("--since", invocation.Get(Since)), TimeText.Date("--until", invocation.Get(Until)));
        Desk desk = new(invocation);
        await using (desk.ConfigureAwait(false))
        {
            string? file = invocation.Get(Deletions) ?? (Path.Exists(desk.Home.Deletions) ? desk.Home.Deletions : null);
            using DeletionQueue? deletions = file is null ? null : InputFile.Read("--deletions", file, DeletionQueue.Open);
            AuditOptions options = new()
            {
                Trust = desk.Trust,
                Register = desk.Register,
                Deletions = deletions,
                Recipients = desk.RecipientsIfThere,
                Identity = sample > 0 ? desk.Identity : null,
                DecryptSample = sample,
                Since = since,
                Until = until,
                Region = invocation.Get(Region),
                Settle = TimeSpan.FromSeconds(settle),
            };
            AuditReport report = await invocation.Terminal.ProgressAsync("Comparing", null, _ => desk.Archive.AuditAsync(options, cancellationToken: invocation.CancellationToken)).ConfigureAwait(false);
            if (invocation.Terminal.IsJson)
            {
                invocation.Terminal.Raw(report.ToJson());
            }
            else
            {
                AuditText.Write(report, invocation.Terminal);
            }

            return report.IsWell ? ExitCode.Ok : ExitCode.Finding;
        }
    }
}
