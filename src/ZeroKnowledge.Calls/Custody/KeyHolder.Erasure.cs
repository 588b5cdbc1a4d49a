namespace ZeroKnowledge.Calls;

public sealed partial class KeyHolder
{
    private const string UnknownCopies = "backups, snapshots and replicas of the register, grants that were given before, whoever opened the recording";

    private static readonly ChunkRange AllChunks = new(0, Format.MaxChunks);

    /// <summary>
    /// Destroys the keys of chunks for good: the next version of the envelope lacks them, the old ones are overwritten in the register, and a certificate says so.
    /// What cannot be reached from here keeps its copy (docs/REGISTER.md); grants given before go on opening what they opened.
    /// </summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="ranges">The chunks, in any order; <see cref="Recording.FindAroundAsync"/> finds those of a time. At most 256 ranges that do not touch.</param>
    /// <param name="copies">What still holds a copy, as far as the owner knows, for the certificate; null for a sentence that says it of backups and grants in general.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <returns>The certificate; the newest earlier one if these chunks were erased already.</returns>
    /// <exception cref="ArgumentException">A range is empty or out of range, there are too many, or the text is too long.</exception>
    /// <exception cref="InvalidOperationException">Recipients, owner key or erasure list are not set, or the trust list does not have the owner key.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', and there are not enough shares.</exception>
    /// <exception cref="TamperedException">The envelope, or the header, is not what it should be; nothing was changed.</exception>
    /// <exception cref="RegisterException">The recording is not known, under legal hold, or the register cannot be written.</exception>
    /// <exception cref="IOException">The erasure list cannot be written; nothing was changed.</exception>
    public async Task<ErasureCertificate> EraseAsync(
        CoreId coreId, IReadOnlyList<ChunkRange> ranges, string? copies = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        if (ranges.Count == 0 || ranges.Any(range => range.First < 0 || range.End <= range.First || range.End > Format.MaxChunks))
        {
            throw new ArgumentException($"A range of chunks is not empty, and within 0 to {Format.MaxChunks:N0}.", nameof(ranges));
        }

        List<ChunkRange> union = ChunkRanges.Union(ranges);
        return union.Count <= ErasureCertificate.MaxRanges
            ? (await EraseAsync(coreId, union, metadataToo: false, copies, cancellationToken).ConfigureAwait(false)).Certificate
            : throw new ArgumentException($"One erasure has at most {ErasureCertificate.MaxRanges} ranges that do not touch, not {union.Count}. Erase in several steps.", nameof(ranges));
    }

    /// <summary>
    /// Destroys the keys of a whole recording for good, as <see cref="EraseAsync(CoreId, IReadOnlyList{ChunkRange}, string, CancellationToken)"/> does for chunks. If no metadata
    /// is kept, the envelope is destroyed unread: no private key that opens it is needed, and no gateway that is trusted.
    /// </summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="keepMetadata">True to keep the opening and the closing record readable; default false: no key remains.</param>
    /// <param name="copies">What still holds a copy, as far as the owner knows; null for a general sentence.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <returns>The certificate; an earlier one if the recording was erased already.</returns>
    /// <exception cref="InvalidOperationException">Recipients, owner key or erasure list are not set, or the trust list does not have the owner key.</exception>
    /// <exception cref="NoMatchingKeyException">Metadata is kept, the identity is none of the recipients', and there are not enough shares.</exception>
    /// <exception cref="TamperedException">Metadata is kept, and the envelope, or the header, is not what it should be; nothing was changed.</exception>
    /// <exception cref="RegisterException">The recording is not known, under legal hold, or the register cannot be written.</exception>
    /// <exception cref="IOException">The erasure list cannot be written; nothing was changed.</exception>
    public async Task<ErasureCertificate> EraseAsync(
        CoreId coreId, bool keepMetadata = false, string? copies = null, CancellationToken cancellationToken = default) =>
        (await EraseAsync(coreId, [AllChunks], !keepMetadata, copies, cancellationToken).ConfigureAwait(false)).Certificate;

    /// <summary>Erases every recording that began before a time, those under legal hold excepted. Run again, it goes on where it ended.</summary>
    /// <param name="before">Recordings that began before this.</param>
    /// <param name="dryRun">True to change nothing, and say what would be erased.</param>
    /// <param name="keepMetadata">True to keep the opening and the closing records readable; default false.</param>
    /// <param name="copies">What still holds copies, as far as the owner knows; null for a general sentence.</param>
    /// <param name="progress">Told after each recording, from any thread.</param>
    /// <param name="cancellationToken">Ends the run; recordings that were erased stay erased.</param>
    /// <exception cref="InvalidOperationException">Recipients, owner key or erasure list are not set, or the trust list does not have the owner key.</exception>
    /// <exception cref="RegisterException">The register cannot be read or written.</exception>
    /// <exception cref="IOException">The erasure list cannot be written.</exception>
    public async Task<ExpiryReport> ExpireAsync(
        DateTimeOffset before, bool dryRun, bool keepMetadata = false, string? copies = null, IProgress<CustodyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!dryRun)
        {
            RequireEraser();
        }

        CoreIds expired = new(), held = new();
        BulkCounts counts = await ForEachAsync(
            before,
            async (row, token) =>
            {
                if (row.Hold is not null)
                {
                    held.Add(row.Header.CoreId);
                    return false;
                }

                // Asked first: one that was erased under an owner key that is not trusted any more is done, and does not end the run.
                bool isDue = row.Envelope is not null && HoldsKeys(row, [AllChunks], !keepMetadata)
                    && (dryRun || (await EraseAsync(row.Header.CoreId, [AllChunks], !keepMetadata, copies, token).ConfigureAwait(false)).IsNew);
                if (isDue)
                {
                    expired.Add(row.Header.CoreId);
                }

                return isDue && !dryRun;
            },
            progress,
            cancellationToken).ConfigureAwait(false);
        return new ExpiryReport { DryRun = dryRun, Recordings = counts.Recordings, Expired = expired.ToList(), Held = held.ToList(), Failures = counts.Failures };
    }

    /// <summary>
    /// After a restore of the register from a backup: erases again what the erasure list says was erased, and the register has keys for. Parts need a private key that opens
    /// the envelope of the backup: of one from before a rotation a key of then; whole recordings need none.
    /// </summary>
    /// <param name="progress">Told after each recording.</param>
    /// <param name="cancellationToken">Ends the run; recordings that were erased stay erased.</param>
    /// <exception cref="InvalidOperationException">Recipients, owner key or erasure list are not set, or the trust list does not have the owner key.</exception>
    /// <exception cref="RegisterException">The register cannot be read or written.</exception>
    /// <exception cref="IOException">The erasure list cannot be read or written.</exception>
    public async Task<RepeatReport> RepeatErasuresAsync(IProgress<CustodyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        RequireEraser();
        List<string> findings = [];
        BulkCounts counts = new(progress);
        List<CoreId> repeated = [], held = [];
        foreach (IGrouping<CoreId, ErasureCertificate> erasures in ErasureList!.Read(findings).GroupBy(certificate => certificate.CoreId))
        {
            List<ErasureCertificate> trusted = [.. erasures.Where(certificate => certificate.Verify(Trust))];
            if (trusted.Count < erasures.Count())
            {
                findings.Add($"Recording {erasures.Key}: {erasures.Count() - trusted.Count} certificates of the erasure list are not signed by an owner on the trust list; they erase nothing.");
            }

            RegisteredRecording? row = trusted.Count == 0 ? null : await Register.FindAsync(erasures.Key, cancellationToken).ConfigureAwait(false);
            if (row is null)
            {
                continue;
            }

            try
            {
                bool metadataToo = trusted.Exists(certificate => certificate.MetadataErased);
                List<ChunkRange> ranges = ChunkRanges.Union(trusted.SelectMany(certificate => certificate.Ranges));
                // What the owner certified then is evidence still.
                await Register.AddAsync([new RegisteredRecording { Header = row.Header, Envelope = row.Envelope, Erasures = trusted }], cancellationToken).ConfigureAwait(false);
                bool isDue = row.Envelope is not null && HoldsKeys(row, ranges, metadataToo);
                if (isDue && row.Hold is not null)
                {
                    held.Add(erasures.Key);
                }
                else if (isDue)
                {
                    foreach (ChunkRange[] part in metadataToo ? [[AllChunks]] : ranges.Chunk(ErasureCertificate.MaxRanges))
                    {
                        await EraseAsync(erasures.Key, part, metadataToo, null, cancellationToken).ConfigureAwait(false);
                    }

                    repeated.Add(erasures.Key);
                }

                counts.Count(isDue && row.Hold is null);
            }
            catch (CallRecordingException e) when (e is not RegisterException)
            {
                counts.Fail(erasures.Key, e.Message);
            }
        }

        return new RepeatReport { Recordings = counts.Recordings, Repeated = repeated, Held = held, Failures = counts.Failures, Findings = findings };
    }

    private void RequireEraser()
    {
        _ = RequireRecipients();
        if (Owner is null || ErasureList is null)
        {
            throw new InvalidOperationException("Set KeyHolder.Owner, which signs the erasure certificate, and KeyHolder.ErasureList, from which it is run again after a restore of the register.");
        }

        if (!Trust.IsTrusted(TrustedKeyKind.Owner, Owner.PublicKey, TimeProvider.GetUtcNow()))
        {
            throw new InvalidOperationException(
                $"The owner key {Owner.PublicKey.ToString(TrustedKeyKind.Owner)} is not on the trust list, or not valid now: no reader would believe its certificate. Add it to the trust list.");
        }
    }

    private async Task<(ErasureCertificate Certificate, bool IsNew)> EraseAsync(
        CoreId coreId, IReadOnlyList<ChunkRange> ranges, bool metadataToo, string? copies, CancellationToken cancellationToken)
    {
        RequireEraser();
        RegisteredRecording row = await FindAsync(coreId, cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            if (row.Hold is { } hold)
            {
                throw new RegisterException($"Recording {coreId} is under legal hold, and is not erased: {hold} Release the hold first.");
            }

            if (row.Envelope is null || !HoldsKeys(row, ranges, metadataToo))
            {
                return (Earlier(row, ranges), false);
            }

            KeyEnvelope? remaining = Remaining(row, ranges, metadataToo);
            ErasureCertificate certificate = ErasureCertificate.Create(
                Owner!, coreId, row.Envelope.Version + 1, metadataToo, [.. ranges], TimeProvider.GetUtcNow(), Text(row.Envelope.Version, copies));
            await ErasureList!.AppendAsync(certificate, cancellationToken).ConfigureAwait(false);
            try
            {
                await Register.EraseAsync(certificate, remaining, cancellationToken).ConfigureAwait(false);
                return (certificate, true);
            }
            catch (RegisterException)
            {
                if (await ChangedAsync(row, attempt, cancellationToken).ConfigureAwait(false) is not { } changed)
                {
                    throw;
                }

                row = changed;
            }
        }
    }

    private KeyEnvelope? Remaining(RegisteredRecording row, IReadOnlyList<ChunkRange> ranges, bool metadataToo)
    {
        if (metadataToo)
        {
            // Nothing is made of what was there, so no key is needed: an envelope that nobody here can open is destroyed like any other.
            return null;
        }

        using OpenedEnvelope opened = Open(row);
        return opened.Without(ranges, Recipients!);
    }

    // Whether there is anything to erase.
    private bool HoldsKeys(RegisteredRecording row, IReadOnlyList<ChunkRange> ranges, bool metadataToo)
    {
        if (metadataToo)
        {
            return true;
        }

        using OpenedEnvelope opened = Open(row);
        using RecordingKeys keys = opened.ToKeys();
        List<ChunkRange> held = ChunkRanges.Of(keys.Nodes);
        return ChunkRanges.Subtract(held, ranges).Sum(range => range.Count) < held.Sum(range => range.Count);
    }

    // The newest certificate, if all of them together say that these chunks were erased.
    private ErasureCertificate Earlier(RegisteredRecording row, IReadOnlyList<ChunkRange> ranges)
    {
        List<ErasureCertificate> trusted = [.. row.Erasures.Where(certificate => certificate.Verify(Trust))];
        List<ChunkRange> erased = ChunkRanges.Union(trusted.SelectMany(certificate => certificate.Ranges));
        return ChunkRanges.Subtract(ranges, erased).Count == 0
            ? trusted[^1]
            : throw new RegisterException($"Recording {row.Header.CoreId} has no keys of these chunks any more, and no certificate of a trusted owner that says why.");
    }

    private static string Text(uint version, string? copies) =>
        $"Destroyed in the register: version {version} of the key envelope, and with it the keys of these chunks. A copy may still be held by: {copies ?? UnknownCopies}.";
}
