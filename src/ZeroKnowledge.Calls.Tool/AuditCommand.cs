using System.CommandLine;
using System.Globalization;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls audit</c> (docs/AUDIT.md).</summary>
internal static class AuditCommand
{
    private static readonly Option<string> Register = new("--register")
    {
        Description = "The customer's register, an SQLite file.", HelpName = "FILE", Required = true,
    };

    private static readonly Option<string> Trust = new("--trust")
    {
        Description = "The trust list: gateways, owners and archives.", HelpName = "FILE", Required = true,
    };

    private static readonly Option<string?> Deletions = new("--deletions")
    {
        Description = "The owner's file of deletions and their certificates. Without it a deleted recording is missing.", HelpName = "FILE",
    };

    private static readonly Option<string?> Key = new("--identity")
    {
        Description = "The private key for the restore drill.", HelpName = "FILE",
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

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints one JSON object, and nothing else, on standard output.",
    };

    public static Command Create()
    {
        Command command = new("audit", "Compares the register with an archive, both ways. Exit code 0: all is well; 1: findings; 2: bad input, or no answer.")
        {
            Register, Trust, Deletions, Key, Sample, Since, Until, Region, Settle, Json,
        };
        ArchiveOptions.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandLine.RunAsync(() => RunAsync(parsed, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TrustList trust = InputFile.Read("--trust", parsed.GetValue(Trust)!, TrustList.Load);
        int sample = parsed.GetValue(Sample);
        double settle = parsed.GetValue(Settle);
        if (sample is < 0 or > AuditOptions.MaxDecryptSample)
        {
            throw new UserException($"--decrypt-sample is 0 to {AuditOptions.MaxDecryptSample}, not {sample}.");
        }

        if (!(settle >= 0 && settle <= TimeSpan.FromDays(365).TotalSeconds))
        {
            throw new UserException("--settle is a number of seconds, at most a year.");
        }

        if (sample > 0 && parsed.GetValue(Key) is null)
        {
            throw new UserException("--decrypt-sample needs --identity: the drill decrypts.");
        }

        (DateTimeOffset? since, DateTimeOffset? until) = (Time("--since", parsed.GetValue(Since)), Time("--until", parsed.GetValue(Until)));
        using Identity? identity = parsed.GetValue(Key) is { } path ? InputFile.Read("--identity", path, file => Identity.Load(file)) : null;
        using DeletionQueue? deletions = parsed.GetValue(Deletions) is { } file ? InputFile.Read("--deletions", file, DeletionQueue.Open) : null;
        using GrpcChannel channel = ArchiveOptions.Open(parsed);
        SqliteRegister register = InputFile.Read("--register", parsed.GetValue(Register)!, SqliteRegister.Open);
        await using (register.ConfigureAwait(false))
        {
            AuditReport report = await new ArchiveClient(channel).AuditAsync(
                new AuditOptions
                {
                    Trust = trust,
                    Register = register,
                    Deletions = deletions,
                    Identity = identity,
                    DecryptSample = sample,
                    Since = since,
                    Until = until,
                    Region = parsed.GetValue(Region),
                    Settle = TimeSpan.FromSeconds(settle),
                },
                cancellationToken: cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(Json))
            {
                new Terminal().Raw(report.ToJson());
            }
            else
            {
                AuditText.Write(report, new Terminal());
            }

            return report.IsWell ? CommandLine.Well : CommandLine.Findings;
        }
    }

    private static DateTimeOffset? Time(string option, string? text) => text is null ? null
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : throw new UserException($"{option} '{text}' is not a time such as 2026-01-31 or 2026-01-31T18:00:00Z.");
}
