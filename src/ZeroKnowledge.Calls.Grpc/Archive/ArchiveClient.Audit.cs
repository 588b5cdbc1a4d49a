namespace ZeroKnowledge.Calls.Grpc;

public sealed partial class ArchiveClient
{
    /// <summary>
    /// Compares a register with the archive, both ways, and, with <see cref="AuditOptions.DecryptSample"/>, restores recordings picked at random (docs/AUDIT.md). Without the drill
    /// no chunk is read: how many there are is the archive's own word, held against what was signed. Memory does not grow with the number of recordings, but with that of findings.
    /// </summary>
    /// <param name="options">What to compare, and how.</param>
    /// <param name="progress">Told after each recording, on the audit's thread.</param>
    /// <param name="cancellationToken">Cancels the audit.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ArchiveException">The archive could not be reached, does not let the caller audit, or went away: there is no report.</exception>
    /// <exception cref="RegisterException">The register cannot be read.</exception>
    public Task<AuditReport> AuditAsync(AuditOptions options, IProgress<AuditProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new AuditRun(this, _client, _caller, options, progress).RunAsync(cancellationToken);
    }
}
