namespace ZeroKnowledge.Calls;

/// <summary>
/// The customer's desk: a private key, the register and the trust list, and what can be done with them to keep recordings readable and to end that. Wraps
/// recordings to new recipients, erases chunks or whole recordings, and hands over shares of a group. Thread-safe; owns nothing that it is given.
/// </summary>
/// <remarks>
/// Every change is one transaction of the register for each recording: a run that is cancelled or killed has done some recordings and not the others, and is
/// simply run again. Audio and evidence are never touched.
/// </remarks>
public sealed partial class KeyHolder
{
    // Changes that wait at the same time share one commit of the register; more than this would gain nothing.
    private const int Concurrency = 64;

    // Somebody else may change a row at the same moment; that it happens again and again is no coincidence.
    private const int Attempts = 5;

    /// <summary>The customer's register.</summary>
    public required IRegister Register { get; init; }

    /// <summary>The pinned keys: envelopes of recordings whose gateway is not trusted are not opened, and so not rotated and not erased in part. They can be erased whole.</summary>
    public required TrustList Trust { get; init; }

    /// <summary>The private key that opens the envelopes, which the erasure of whole recordings does not need; with <see cref="Shares"/> that of the combiner.</summary>
    public required Identity Identity { get; init; }

    /// <summary>What members of groups handed over to <see cref="Identity"/>; default none.</summary>
    public IReadOnlyList<KeyShares> Shares { get; init; } = [];

    /// <summary>Whom envelopes are wrapped to from now on; needed to rotate and to erase.</summary>
    public Recipients? Recipients { get; init; }

    /// <summary>Allows <see cref="Recipients"/> of whom a single lost key loses every recording; default false.</summary>
    public bool AllowSingleRecipient { get; init; }

    /// <summary>Allows <see cref="Recipients"/> with classical keys (P-256); default false.</summary>
    public bool AllowMixedSecurity { get; init; }

    /// <summary>Signs erasure certificates; needed to erase.</summary>
    public OwnerKey? Owner { get; init; }

    /// <summary>Where erasures are kept beside the register, to be run again after its restore; needed to erase.</summary>
    public ErasureList? ErasureList { get; init; }

    /// <summary>The clock; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    private OpenedEnvelope Open(RegisteredRecording row, ICollection<string>? findings = null)
    {
        RecordingHeader header = row.Header;
        return header.IsTrusted(Trust)
            ? EnvelopeReader.OpenBody(row.Envelope!, header, Identity, Shares, findings)
            : throw new TamperedException(header.CoreId, null, $"its gateway key {header.GatewayKey.ToString(TrustedKeyKind.Gateway)} is not on the trust list, or was not valid at {header.Begun:u}.");
    }

    private Recipients RequireRecipients()
    {
        Recipients recipients = Recipients ?? throw new InvalidOperationException("Set KeyHolder.Recipients: a new envelope is wrapped to them.");
        return recipients.Refusal(AllowSingleRecipient, AllowMixedSecurity) is { } refusal ? throw new InvalidOperationException(refusal) : recipients;
    }

    private async Task<RegisteredRecording> FindAsync(CoreId coreId, CancellationToken cancellationToken) =>
        await Register.FindAsync(coreId, cancellationToken).ConfigureAwait(false) ?? throw new RegisterException($"Recording {coreId} is not in the register.");

    // Of a change that the register refused: the row as it is now, if somebody else changed it meanwhile.
    private async Task<RegisteredRecording?> ChangedAsync(RegisteredRecording row, int attempt, CancellationToken cancellationToken)
    {
        RegisteredRecording? now = await Register.FindAsync(row.Header.CoreId, cancellationToken).ConfigureAwait(false);
        return attempt < Attempts && now is not null && now.Envelope?.Version != row.Envelope?.Version ? now : null;
    }

    /// <param name="until">Recordings that began before this; null for all.</param>
    /// <param name="change">Gives true if it changed the recording.</param>
    /// <param name="progress">Told after each recording.</param>
    /// <param name="cancellationToken">Ends the run between recordings.</param>
    private async Task<BulkCounts> ForEachAsync(
        DateTimeOffset? until, Func<RegisteredRecording, CancellationToken, ValueTask<bool>> change, IProgress<CustodyProgress>? progress, CancellationToken cancellationToken)
    {
        BulkCounts counts = new(progress);
        ParallelOptions options = new() { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            Register.ListAsync(null, until, cancellationToken),
            options,
            async (row, token) =>
            {
                try
                {
                    counts.Count(await change(row, token).ConfigureAwait(false));
                }
                catch (CallRecordingException e) when (e is not RegisterException)
                {
                    // One recording that cannot be opened does not keep the others back. A register that cannot be written does.
                    counts.Fail(row.Header.CoreId, e.Message);
                }
            }).ConfigureAwait(false);
        return counts;
    }
}
