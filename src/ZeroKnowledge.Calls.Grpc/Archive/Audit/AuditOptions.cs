namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an audit compares, and how. Read once, when it begins.</summary>
public sealed class AuditOptions
{
    /// <summary>How long what was signed may be on its way by default: 5 minutes.</summary>
    public static readonly TimeSpan DefaultSettle = TimeSpan.FromMinutes(5);

    /// <summary>The most recordings of one restore drill: 100,000.</summary>
    public const int MaxDecryptSample = 100_000;

    /// <summary>The pinned keys of gateways, owners and archives. Keys of one archive have one name there: its receipts and deletion certificates are told from another archive's by it.</summary>
    public required TrustList Trust { get; init; }

    /// <summary>The customer's register. Belongs to the caller.</summary>
    public required IRegister Register { get; init; }

    /// <summary>Recordings that began at or after this time; null for the first.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Recordings that began before this time; null for the last.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>What the gateway signed, or began, within this time before the audit is not demanded of the archive yet; default <see cref="DefaultSettle"/>. Receipts are demanded at once.</summary>
    public TimeSpan Settle { get; init; } = DefaultSettle;

    /// <summary>The owner's deletions: without them a deleted recording is missing. Belongs to the caller.</summary>
    public DeletionQueue? Deletions { get; init; }

    /// <summary>The region that the archive must name in its signed information, compared exactly; null for any.</summary>
    public string? Region { get; init; }

    /// <summary>How many recordings, picked at random, are fetched and decrypted: the restore drill. Default 0, no drill.</summary>
    public int DecryptSample { get; init; }

    /// <summary>The private key for the drill. Belongs to the caller.</summary>
    public Identity? Identity { get; init; }

    /// <summary>The customer's own list: an envelope that is wrapped to anybody else is a finding, for somebody changed a gateway's file. Null (the default) to look at nothing.</summary>
    public Recipients? Recipients { get; init; }

    /// <summary>The most recordings listed in <see cref="AuditReport.Findings"/>; further ones are counted. Default 10,000.</summary>
    public int MaxFindings { get; init; } = 10_000;

    /// <summary>The clock; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Trust);
        ArgumentNullException.ThrowIfNull(Register);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfNegative(Settle.Ticks, nameof(Settle));
        ArgumentOutOfRangeException.ThrowIfNegative(DecryptSample);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(DecryptSample, MaxDecryptSample);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxFindings);
        if (DecryptSample > 0 && Identity is null)
        {
            throw new ArgumentException("A restore drill decrypts: set AuditOptions.Identity.", nameof(Identity));
        }
    }
}
