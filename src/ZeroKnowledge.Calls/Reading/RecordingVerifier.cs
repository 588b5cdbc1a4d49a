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
    private int _agreedLive;
    private int _firstBadStatement = -1;
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
        bool rootIsWrong = _firstBadStatement >= 0;
        if (rootIsWrong && _corrupt.Count == 0 && !_statements.IsForked)
        {
            // Every chunk opens, or there are no keys: all that can be said is between which statements.
            for (int i = _agreed; i < Math.Min(_firstBadStatement, chunks); i++)
            {
                Name(i);
            }
        }

        if (seal is not null && chunks > seal.ChunkCount)
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

        int verified = _opener is null ? _agreed : rootIsWrong ? Math.Min(_agreed, _openedInSequence) : _openedInSequence;
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
            Verified = verified,
            Signed = _agreedLive,
            RegisterChecked = _evidence.RegisterChecked,
            CorruptChunks = [.. _corrupt.Order()],
            Ranges = _ranges,
            Findings = [.. _evidence.Findings, .. _findings],
        };
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
            if (_firstBadStatement < 0)
            {
                _firstBadStatement = count;
                _findings.Add($"The first {count} chunks are not those that were signed; the first {_agreed} are.");
            }
        }
        else if (agreement == PrefixAgreement.Agrees && _firstBadStatement < 0)
        {
            _agreed = count;
            _agreedLive = _statements.HasLiveAt(count) ? count : _agreedLive;
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
