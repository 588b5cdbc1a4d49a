namespace ZeroKnowledge.Calls;

/// <summary>
/// The customer's own list of recordings, on the customer's side: one row a recording, keyed by core id, with the key envelope and the newest signed
/// word on how long the recording is. It makes truncation, rollback and loss noticeable, and erasure real, because nobody else has the keys.
/// Thread-safe. Every change is durable when its task completes.
/// </summary>
public interface IRegister : IAsyncDisposable
{
    /// <summary>
    /// Adds recordings, all in one transaction. A core id that is not known is inserted. Of one that is known, statements, receipts and erasure
    /// certificates are added and the envelope is left as it is: a late first version never undoes a rotation or an erasure, and a certificate that
    /// comes this way erases nothing, for a register cannot tell an owner's from a stranger's.
    /// </summary>
    /// <param name="recordings">Rows as a gateway or another register has them. Header, envelope structure and statements' signatures are checked; a row without an envelope has an erasure certificate.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="RegisterException">A row does not hold together, or the register cannot be written.</exception>
    ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default);

    /// <summary>Adds statements and receipts to known recordings, all in one transaction; what is there already is left.</summary>
    /// <param name="evidence">What to add. A statement whose signature is wrong is refused.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="RegisterException">A recording is not known, a signature is wrong, or the register cannot be written.</exception>
    ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default);

    /// <summary>The row of a recording, or null.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegisterException">The register cannot be read.</exception>
    ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default);

    /// <summary>The rows with this recording id: usually one.</summary>
    /// <param name="recordingId">The recording id.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegisterException">The register cannot be read.</exception>
    ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default);

    /// <summary>All rows that began in [since, until), by their beginning.</summary>
    /// <param name="since">Inclusive; null for the first.</param>
    /// <param name="until">Exclusive; null for the last.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegisterException">The register cannot be read.</exception>
    IAsyncEnumerable<RegisteredRecording> ListAsync(DateTimeOffset? since = null, DateTimeOffset? until = null, CancellationToken cancellationToken = default);

    /// <summary>Puts the next version of an envelope in the place of the current one, which is overwritten.</summary>
    /// <param name="envelope">Its version is the current one + 1.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="RegisterException">The recording is not known or erased, or the version is not the next one.</exception>
    ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default);

    /// <summary>Destroys the current envelope. The row stays, with the certificate, so that a late first version is refused.</summary>
    /// <param name="certificate">Of an owner; its version is that of the envelope that remains, or of the one that was destroyed + 1.</param>
    /// <param name="remaining">The envelope of what was not erased, the next version; null if nothing remains.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="RegisterException">The recording is not known or under legal hold, or a version is not the next one.</exception>
    ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default);

    /// <summary>Puts a recording under legal hold, or releases it: while it is held, it is neither erased nor removed.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="reason">Why, 1 to 1,024 bytes of UTF-8, in the place of any reason before; null to release.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="ArgumentException">The reason is empty, or too long.</exception>
    /// <exception cref="RegisterException">The recording is not known, or the register cannot be written.</exception>
    ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default);

    /// <summary>Removes rows that another register has taken over: a gateway's register is an outbox. Their envelopes are overwritten.</summary>
    /// <param name="coreIds">The recordings; unknown ones are passed over.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <exception cref="RegisterException">One is under legal hold, and none was removed; or the register cannot be written.</exception>
    ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default);
}
