namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording as a scan of the spool's files puts it together: first what names it, then its chunks, then what is said of them.</summary>
internal sealed class ScannedRecording(SpooledRecording recording)
{
    private readonly SortedList<int, (Statement Statement, MerklePeaks Peaks)> _checkpoints = [];
    private readonly Dictionary<int, SpoolLocation> _chunks = [];
    private readonly Dictionary<int, byte[]> _leaves = [];
    private Statement? _seal;
    private Statement? _recovery;
    private int _released;
    private int _end;
    private int _base = -1;

    public SpooledRecording Recording { get; } = recording;

    public void Begin(SpoolLocation location, Statement first)
    {
        Recording.SetBegin(location);
        _checkpoints.TryAdd(0, (first, new MerklePeaks()));
    }

    public void Checkpoint(SpoolLocation location, Statement statement, MerklePeaks peaks)
    {
        Recording.SetCheckpoint(statement.ChunkCount, location);
        _checkpoints[statement.ChunkCount] = (statement, peaks);
    }

    /// <summary>Every archive has the chunks before this one.</summary>
    public void Released(int first) => _released = Math.Max(_released, first);

    public void Chunk(SpoolLocation location, int index, int size)
    {
        if (index >= _released && size == Recording.Header.StoredChunkSize)
        {
            _chunks[index] = location;
        }
    }

    /// <summary>All chunks are known: a chunk that is missing ends what can be sent, and the newest checkpoint before that is where its tree begins.</summary>
    public void ChunksAreRead()
    {
        for (_end = _released; _chunks.ContainsKey(_end); _end++)
        {
        }

        _base = _checkpoints.Keys.LastOrDefault(count => count <= _end, _checkpoints.Keys[0]);
    }

    public void Leaf(int index, ReadOnlySpan<byte> leaf)
    {
        if (index >= _base && index < _end)
        {
            _leaves[index] = leaf.ToArray();
        }
    }

    public void End(SpoolLocation location, ReadOnlySpan<byte> seal)
    {
        if (Statement.TryParse(seal, out Statement? statement, out _) && statement.Type == StatementType.Seal && statement.Verify(Recording.Header))
        {
            Recording.SetEnd(location);
            _seal = statement;
        }
    }

    public void Recovery(SpoolLocation location, ReadOnlySpan<byte> bytes)
    {
        if (Statement.TryParse(bytes, out Statement? statement, out _) && statement.Type == StatementType.Recovery && statement.Verify(Recording.Header))
        {
            Recording.SetRecovery(location);
            _recovery = statement;
        }
    }

    public RecoverableRecording Finish()
    {
        (Statement newest, MerklePeaks peaks) = _checkpoints[_base];
        while (_seal is null && peaks.Count < _end && TryLeaf(peaks.Count, out byte[] leaf))
        {
            peaks.Append(leaf);
        }

        int? total = (_seal ?? _recovery)?.ChunkCount;
        int first = Math.Min(_released, total ?? peaks.Count);
        int end = Math.Min(_end, total ?? peaks.Count);
        Recording.StartAt(first, total);
        long live = 0;
        for (int i = first; i < end; i++)
        {
            SpoolLocation location = _chunks[i];
            Recording.AddChunk(location);
            location.Segment.Live += location.Size;
            live += location.Size;
        }

        return new RecoverableRecording(Recording, _seal ?? newest, peaks, _seal is not null, _recovery, live);
    }

    // A leaf is missing if the journal's tail was torn off; the chunk itself says it too.
    private bool TryLeaf(int index, out byte[] leaf)
    {
        if (_leaves.Remove(index, out leaf!))
        {
            return true;
        }

        leaf = new byte[MerkleTree.HashSize];
        if (!_chunks.TryGetValue(index, out SpoolLocation location))
        {
            return false;
        }

        byte[] record = new byte[location.Size];
        if (!location.Segment.TryRead(location, record))
        {
            return false;
        }

        MerkleTree.LeafHash(record.AsSpan(SpoolRecord.HeadSize + 4), leaf);
        return true;
    }
}
