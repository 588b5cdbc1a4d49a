namespace ZeroKnowledge.Calls;

// Parts of a recording: times and chunks, grants, and reading with one.
public sealed partial class Recording
{
    /// <summary>The chunks that lie within a time, rounded inward: those of which no frame arrived outside of it. For a grant.</summary>
    /// <param name="from">Arrival since the recording began, inclusive.</param>
    /// <param name="to">Arrival since the recording began, exclusive; null for the end.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>Empty if no whole chunk is within.</returns>
    /// <exception cref="TamperedException">A chunk, or the recording, is not what was signed.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    public async ValueTask<ChunkRange> FindWithinAsync(TimeSpan from, TimeSpan? to, CancellationToken cancellationToken = default)
    {
        RecordingPlayer player = Player();
        long fromMs = CeilingMs(from);
        int first = await player.FindAsync(fromMs, cancellationToken).ConfigureAwait(false);
        int end = to is { } limit ? await player.FindAsync(CeilingMs(limit), cancellationToken).ConfigureAwait(false) : Range.End;
        // A chunk that begins before the time does not belong; nor does one whose times nobody can read.
        while (first < end && !(await player.OpenAsync(first, cancellationToken).ConfigureAwait(false) is { } payload && payload.EarliestMs >= fromMs))
        {
            first++;
        }

        return new ChunkRange(first, Math.Max(first, end));
    }

    /// <summary>The chunks around a time, rounded outward: those with a frame that arrived in it, and one more on each side. For an erasure.</summary>
    /// <param name="from">Arrival since the recording began, inclusive.</param>
    /// <param name="to">Arrival since the recording began, exclusive; null for the end.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="TamperedException">A chunk, or the recording, is not what was signed; or the time reaches into what the source does not have of what was signed.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity.</exception>
    public async ValueTask<ChunkRange> FindAroundAsync(TimeSpan from, TimeSpan? to, CancellationToken cancellationToken = default)
    {
        RecordingPlayer player = Player();
        int first = await player.FindAsync(CeilingMs(from), cancellationToken).ConfigureAwait(false), end = Range.End;
        if (to is { } limit)
        {
            long toMs = CeilingMs(limit);
            end = await player.FindAsync(toMs, cancellationToken).ConfigureAwait(false);
            // Chunks whose times nobody can read are erased once more, which harms nothing.
            while (end < Range.End && (await player.OpenAsync(end, cancellationToken).ConfigureAwait(false) is not { } payload || payload.EarliestMs < toMs))
            {
                end++;
            }
        }

        // Of a source that holds back the end, nobody can tell whether the time goes on there: keys would survive, and the certificate would not say so.
        return end == Range.End && _evidence.Statements!.Newest is { } newest && newest.ChunkCount > Chunks
            ? throw new TamperedException(Header.CoreId, Chunks, $"a {newest} is known, but the source has only {Chunks}: where the rest of this time lies cannot be found. Ask again when the source has all of it.")
            : new ChunkRange(Math.Max(Range.First, first - 1), Math.Min(Range.End, Math.Max(end, first) + 1));
    }

    /// <summary>The chunks that come next while the recording is live: from the first that the source does not have yet. For a live grant.</summary>
    /// <param name="duration">How long, by the recording's clock; above zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is not above zero, or beyond the format's limit of chunks.</exception>
    /// <exception cref="TamperedException">The recording is not verified.</exception>
    public ChunkRange Ahead(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        double chunks = Math.Ceiling(duration / Header.Tick);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunks, Format.MaxChunks - Chunks, nameof(duration));
        return new ChunkRange(Chunks, Chunks + (int)chunks);
    }

    /// <summary>
    /// Lets others read some chunks of this recording, and nothing else: their keys, wrapped to the recipients, with the newest statement and the proof that they
    /// belong to it, signed by the owner. The grantee needs the chunks too: name his certificate as a reader at the archive, or save the range as a file.
    /// </summary>
    /// <param name="range">The chunks; <see cref="FindWithinAsync"/> finds those of a time.</param>
    /// <param name="recipients">The grantees, 1 to 32; no groups.</param>
    /// <param name="owner">Signs the grant.</param>
    /// <param name="options">Purpose and the like; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The range is empty, or not there; the recipients have a group, or a classical key without <see cref="GrantOptions.AllowMixedSecurity"/>; the purpose is too long.</exception>
    /// <exception cref="NoMatchingKeyException">The recording was opened without an identity, or has no keys of some of the chunks.</exception>
    /// <exception cref="TamperedException">The recording, or one of the range's ends, is not what was signed.</exception>
    public async ValueTask<Grant> CreateGrantAsync(
        ChunkRange range, Recipients recipients, OwnerKey owner, GrantOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        ArgumentNullException.ThrowIfNull(owner);
        options ??= new GrantOptions();
        if (recipients.Groups.Count > 0)
        {
            throw new ArgumentException("A grant is wrapped to single recipients, not to groups.", nameof(recipients));
        }

        if (recipients.MixedRefusal(options.AllowMixedSecurity) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(recipients));
        }

        RecordingHeader header = Header;
        RecordingKeys keys = _keys ?? throw new NoMatchingKeyException("The recording was opened without an identity: it can be verified, not granted.");
        Statement? statement = options.IsLive ? null : RangeProver.Newest(_evidence);
        int limit = statement?.ChunkCount ?? Format.MaxChunks;
        if (range.First < 0 || range.End <= range.First || range.End > limit)
        {
            throw new ArgumentException(
                $"The range {range.First} to {range.End} is empty, or beyond the {limit} chunks that are signed. Chunks that no statement covers yet are granted live.", nameof(range));
        }

        if (ChunkRanges.Subtract([range], ChunkRanges.Of(keys.Nodes)) is [var missing, ..] || (options.WithMetadata && !keys.HasMetadataKeys))
        {
            throw new NoMatchingKeyException($"Recording {header.CoreId}: some of what is to be granted has no key, as it was erased or never given; see {nameof(RecordingReport.Ranges)}.");
        }

        byte[] proof = statement is null ? [] : await RangeProver.ProveAsync(this, range, statement, cancellationToken).ConfigureAwait(false);
        byte[] head = Grant.WriteHead(header, range, statement, proof, options, owner.PublicKey);
        return GrantKeys.Seal(head, header, range, keys, options.WithMetadata, recipients, owner);
    }

    /// <summary>Writes the chunks of a grant, and the grant itself, as one file, <c>.zkrange</c>, that its recipients open with <see cref="OpenFileAsync"/>. All of it stays encrypted.</summary>
    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="grant">A grant of this recording that is not live.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="ArgumentException">The grant is of another recording, or live.</exception>
    /// <exception cref="TamperedException">The recording is not verified, or a chunk is not there.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task SaveRangeAsync(string path, Grant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (grant.CoreId != Header.CoreId || grant.IsLive)
        {
            throw new ArgumentException("The grant is of another recording, or live: its chunks have no proof yet.", nameof(grant));
        }

        FileStream stream = new(path, FileMode.Create, FileAccess.Write);
        await using (stream.ConfigureAwait(false))
        {
            await RangeFileWriter.WriteAsync(this, grant, stream, cancellationToken).ConfigureAwait(false);
        }
    }

    private static RecordingKeys? OpenGrant(Grant grant, RecordingEvidence evidence, Identity identity)
    {
        try
        {
            return GrantKeys.Open(grant, identity);
        }
        catch (TamperedException e)
        {
            evidence.Refuse(e.Message);
            return null;
        }
    }

    private static long CeilingMs(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private async Task<RecordingReport> VerifyRangeAsync(IProgress<int>? progress, CancellationToken cancellationToken)
    {
        using RecordingKeys none = RecordingKeys.None();
        RangeVerifier verifier = new(this, new RecordingPlayer(this, Header, _keys ?? none), _keys is not null);
        for (int chunk = Range.First; chunk < Range.End;)
        {
            chunk += await verifier.AddAsync(chunk, Math.Min(chunk + ChunkBatch.Size, Range.End), cancellationToken).ConfigureAwait(false);
            progress?.Report(chunk);
        }

        return verifier.Report(_metadataIsGood);
    }
}
