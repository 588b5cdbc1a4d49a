namespace ZeroKnowledge.Calls;

/// <summary>
/// Walks over all stored chunks once: hashes each, compares the tree with every statement, and, with keys, opens each, so that the exact
/// bad ones can be named. Fed in order; used by one thread at a time.
/// </summary>
internal sealed class RecordingVerifier
{
    // More would say no more.
    private const int MaxNamed = 1000;

    private readonly RecordingEvidence _evidence;
    private readonly RecordingHeader _header;
    private readonly StatementSet _statements;
    private readonly RecordingKeys? _keys;
    private readonly ChunkOpener? _opener;
    private readonly MerklePeaks _peaks = new();
    private readonly List<int> _corrupt = [];
    private readonly List<RangeFinding> _ranges = [];
    private readonly List<string> _findings = [];
    private readonly Func<int, RangeStatus> _missingKey;
    private int _agreed;
    private int _firstDiffering = -1;
    private int _lastDiffering = -1;
    private long _lastTick = -1;
    private long _lastArrival;
    private int _openedInSequence;

    /// <param name="evidence">With a trusted header.</param>
    /// <param name="keys">Null to verify only.</param>
    /// <param name="missingKey">What to say of a chunk without a key.</param>
    public RecordingVerifier(RecordingEvidence evidence, RecordingKeys? keys, Func<int, RangeStatus> missingKey)
    {
        _evidence = evidence;
        _header = evidence.Header!;
        _statements = evidence.Statements!;
        _keys = keys;
        _opener = keys is null ? null : new ChunkOpener(_header, keys);
        _missingKey = missingKey;
        _statements.ForgetPrefixes();
        Compare();
    }

    public void Add(ReadOnlySpan<byte> stored)
    {
        int index = _peaks.Count;
        bool good = stored.Length == _header.StoredChunkSize;
        if (good && _opener is not null)
        {
            good = Open(index, stored);
        }

        if (!good)
        {
            Name(index);
        }
        else if (_openedInSequence == index)
        {
            _openedInSequence++;
        }

        _peaks.AppendChunk(stored);
        Compare();
    }

    public RecordingReport Report(bool metadataIsGood)
    {
        int chunks = _peaks.Count;
        Statement? newest = _statements.Newest;
        Statement? seal = _statements.Seal;
        // In a fork a statement of the other life differs, and one of this life may agree with more chunks.
        int agreed = Math.Max(_agreed, _statements.MatchedLiveCount);
        bool rootIsWrong = _firstDiffering >= 0;
        if (rootIsWrong && _corrupt.Count == 0 && !_statements.IsForked)
        {
            // Every chunk opens, or there are no keys: all that can be said is between which statements.
            for (int i = agreed; i < Math.Min(_firstDiffering, chunks); i++)
            {
                Name(i);
            }
        }

        if (seal is not null && chunks > seal.ChunkCount && !_statements.IsForked)
        {
            _findings.Add($"There are {chunks - seal.ChunkCount} chunks after the end of the recording: trailing data.");
            for (int i = seal.ChunkCount; i < chunks; i++)
            {
                Name(i);
            }
        }

        bool corrupt = _corrupt.Count > 0 || rootIsWrong || !metadataIsGood || _evidence.Parts.IsMalformed;
        bool truncated = newest is not null && newest.ChunkCount > chunks;
        if (truncated)
        {
            _findings.Add($"A {newest} is known, but there are only {chunks}.");
        }

        int verified = Verified(agreed, chunks, seal);
        RecordingState state =
            newest is null && verified == 0 ? RecordingState.NotVerified
            : _statements.IsForked ? RecordingState.Forked
            : corrupt ? RecordingState.Corrupt
            : truncated ? RecordingState.Truncated
            : seal is not null ? RecordingState.Complete
            : newest?.Type == StatementType.Recovery ? RecordingState.Recovered
            : RecordingState.Open;
        return new RecordingReport
        {
            State = state,
            EndReason = seal?.Reason ?? EndReason.None,
            Chunks = chunks,
            Range = new ChunkRange(0, chunks),
            Verified = verified,
            Signed = Math.Min(verified, _statements.MatchedLiveCount),
            RegisterChecked = _evidence.RegisterChecked,
            CorruptChunks = [.. _corrupt.Order()],
            Ranges = _ranges,
            Findings = [.. _evidence.Findings, .. _findings],
        };
    }

    private int Verified(int agreed, int chunks, Statement? seal)
    {
        if (_opener is null)
        {
            return agreed;
        }

        int limit = _lastDiffering > agreed ? agreed : seal is null ? chunks : Math.Min(chunks, Math.Max(agreed, seal.ChunkCount));
        foreach (RangeFinding finding in _ranges)
        {
            // A chunk without a key says nothing itself: a statement must.
            if (finding.Status != RangeStatus.Gap && finding.Range.End > agreed)
            {
                limit = Math.Min(limit, Math.Max(agreed, finding.Range.First));
            }
        }

        return Math.Min(limit, _openedInSequence);
    }

    private void Compare()
    {
        int count = _peaks.Count;
        if (!_statements.HasStatementAt(count))
        {
            return;
        }

        Span<byte> root = stackalloc byte[Format.HashSize];
        _peaks.Root(root);
        PrefixAgreement agreement = _statements.CheckPrefix(count, root);
        if (agreement == PrefixAgreement.Differs)
        {
            _lastDiffering = count;
            if (_firstDiffering < 0)
            {
                _firstDiffering = count;
                Find($"The first {count} chunks are not those that were signed; the first {Math.Max(_agreed, _statements.MatchedLiveCount)} are.");
            }
        }
        else if (agreement == PrefixAgreement.Agrees)
        {
            _agreed = count;
        }
    }

    private bool Open(int index, ReadOnlySpan<byte> stored)
    {
        ParsedPayload? payload;
        try
        {
            payload = _opener!.Open(index, stored);
        }
        catch (TamperedException e)
        {
            Find(e.Message);
            return false;
        }

        if (payload is null)
        {
            Range(index, _missingKey(index));
            return true;
        }

        if (payload.TickNumber <= _lastTick || payload.EarliestMs < _lastArrival)
        {
            Find($"Chunk {index} does not follow the one before it in time.");
            return false;
        }

        (_lastTick, _lastArrival) = (payload.TickNumber, payload.LatestMs);
        if (payload.Frames.Any(frame => frame.Kind == FrameKind.Gap))
        {
            Range(index, RangeStatus.Gap);
        }

        return true;
    }

    private void Range(int index, RangeStatus status)
    {
        if (_ranges.Count > 0 && _ranges[^1] is var last && last.Status == status && last.Range.End == index)
        {
            _ranges[^1] = new RangeFinding(new ChunkRange(last.Range.First, index + 1), status);
        }
        else
        {
            _ranges.Add(new RangeFinding(new ChunkRange(index, index + 1), status));
        }
    }

    private void Name(int index)
    {
        if (_corrupt.Count < MaxNamed && !_corrupt.Contains(index))
        {
            _corrupt.Add(index);
        }
    }

    private void Find(string finding)
    {
        if (_findings.Count < MaxNamed)
        {
            _findings.Add(finding);
        }
    }
}
