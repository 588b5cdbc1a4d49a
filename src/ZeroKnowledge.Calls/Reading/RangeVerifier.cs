namespace ZeroKnowledge.Calls;

/// <summary>Judges the chunks of a grant, in order: where a proof fails, each by one of its own, so that the exact bad ones are named. Used by one thread at a time.</summary>
internal sealed class RangeVerifier(Recording recording, RecordingPlayer player, bool hasKeys)
{
    // More would say no more.
    private const int MaxNamed = 1000;

    private readonly List<int> _corrupt = [];

    // They open, and are not what was signed: one chunk that does not open makes the proofs of all others fail, and is the one to name.
    private readonly List<int> _unproven = [];
    private readonly List<string> _findings = [];
    private readonly List<RangeFinding> _ranges = [];
    private int _verified;
    private int _signed;
    private long _tick = -1;
    private long _arrival;

    /// <summary>Judges chunks from the first on.</summary>
    /// <returns>How many: at least one.</returns>
    public async ValueTask<int> AddAsync(int first, int end, CancellationToken cancellationToken)
    {
        try
        {
            (IReadOnlyList<ParsedPayload?> payloads, bool isSigned, bool isProven) = await player.OpenAsync(first, end, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < payloads.Count; i++)
            {
                Judge(first + i, payloads[i], isSigned, isProven);
            }

            return payloads.Count;
        }
        catch (TamperedException e)
        {
            if (end == first + 1)
            {
                Name(await player.OpensAsync(first, cancellationToken).ConfigureAwait(false) ? _unproven : _corrupt, first, e.Message);
                return 1;
            }

            // One of them is bad, or not what was signed: each alone says which.
            return await AddAsync(first, first + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Judge(int chunk, ParsedPayload? payload, bool isSigned, bool isProven)
    {
        if (payload is not null && (payload.TickNumber <= _tick || payload.EarliestMs < _arrival))
        {
            Name(_corrupt, chunk, $"Chunk {chunk} does not follow the one before it in time.");
            return;
        }

        (_tick, _arrival) = payload is null ? (_tick, _arrival) : (payload.TickNumber, payload.LatestMs);
        if (payload?.Frames.Any(frame => frame.Kind == FrameKind.Gap) == true)
        {
            _ranges.Add(new RangeFinding(new ChunkRange(chunk, chunk + 1), RangeStatus.Gap));
        }

        // Without keys only a statement vouches for a chunk.
        int index = chunk - recording.Range.First;
        _verified = _verified == index && (hasKeys || isProven) ? index + 1 : _verified;
        _signed = _signed == index && isSigned ? index + 1 : _signed;
    }

    private void Name(List<int> chunks, int chunk, string finding)
    {
        if (chunks.Count < MaxNamed)
        {
            chunks.Add(chunk);
            _findings.Add(finding);
        }
    }

    public RecordingReport Report(bool metadataIsGood)
    {
        RecordingEvidence evidence = recording.Evidence;
        StatementSet statements = evidence.Statements!;
        ChunkRange range = recording.Range;
        List<int> corrupt = _corrupt.Count > 0 ? _corrupt : _unproven;
        bool isTruncated = statements.Newest is { } newest && newest.ChunkCount > recording.Chunks;
        if (range.First > 0)
        {
            _ranges.Insert(0, new RangeFinding(new ChunkRange(0, range.First), RangeStatus.NotGranted));
        }

        if (range.End < recording.Chunks)
        {
            _ranges.Add(new RangeFinding(range with { First = range.End, End = recording.Chunks }, RangeStatus.NotGranted));
        }

        if (isTruncated)
        {
            _findings.Add($"A {statements.Newest} is known, but there are only {recording.Chunks}.");
        }

        return new RecordingReport
        {
            State = statements.IsForked ? RecordingState.Forked
                : corrupt.Count > 0 || !metadataIsGood || evidence.Parts.IsMalformed ? RecordingState.Corrupt
                : isTruncated ? RecordingState.Truncated
                : RecordingState.Range,
            EndReason = statements.Seal?.Reason ?? EndReason.None,
            Chunks = recording.Chunks,
            Range = range,
            Verified = _verified,
            Signed = Math.Min(_signed, _verified),
            RegisterChecked = evidence.RegisterChecked,
            CorruptChunks = corrupt,
            Ranges = _ranges,
            Findings = [.. evidence.Findings, .. _findings],
        };
    }
}
