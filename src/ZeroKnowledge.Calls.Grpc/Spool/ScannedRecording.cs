namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording as a scan of the spool's files puts it together.</summary>
internal sealed class ScannedRecording(SpooledRecording recording)
{
    private readonly SortedDictionary<int, SpoolLocation> _chunks = [];
    private readonly SortedDictionary<int, byte[]> _leaves = [];
    private Statement? _newest;
    private MerklePeaks _peaks = new();
    private Statement? _recovery;
    private bool _isSealed;

    public SpooledRecording Recording { get; } = recording;

    public void Begin(SpoolLocation location, Statement first)
    {
        Recording.SetBegin(location);
        _newest ??= first;
    }

    public void Checkpoint(SpoolLocation location, Statement statement, MerklePeaks peaks)
    {
        Recording.SetCheckpoint(statement.ChunkCount, location);
        if (_newest is null || statement.ChunkCount > _newest.ChunkCount)
        {
            _newest = statement;
            _peaks = peaks;
            foreach (int covered in _leaves.Keys.TakeWhile(index => index < statement.ChunkCount).ToArray())
            {
                _leaves.Remove(covered);
            }
        }
    }

    public void Leaf(int index, ReadOnlySpan<byte> leaf)
    {
        if (index >= _peaks.Count && !_isSealed)
        {
            _leaves[index] = leaf.ToArray();
        }
    }

    public void End(SpoolLocation location, ReadOnlySpan<byte> seal)
    {
        if (Statement.TryParse(seal, out Statement? statement, out _) && statement.Type == StatementType.Seal && statement.Verify(Recording.Header))
        {
            Recording.SetEnd(location);
            _newest = statement;
            _isSealed = true;
            _leaves.Clear();
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

    public void Chunk(SpoolLocation location, int index, ReadOnlySpan<byte> stored)
    {
        if (stored.Length != Recording.Header.StoredChunkSize)
        {
            return;
        }

        _chunks[index] = location;
        if (!_isSealed && index >= _peaks.Count && !_leaves.ContainsKey(index))
        {
            // The journal's tail was torn off; the chunk itself is whole.
            byte[] leaf = new byte[MerkleTree.HashSize];
            MerkleTree.LeafHash(stored, leaf);
            _leaves[index] = leaf;
        }
    }

    public RecoverableRecording Finish()
    {
        int first = _chunks.Count > 0 ? _chunks.Keys.First() : int.MaxValue;
        while (_leaves.TryGetValue(_peaks.Count, out byte[]? leaf) && (_chunks.Count == 0 || _peaks.Count < first || _chunks.ContainsKey(_peaks.Count)))
        {
            _peaks.Append(leaf);
        }

        // Without a chunk, all that are counted were given up because the archives have them.
        int count = _isSealed || _recovery is not null ? (_recovery ?? _newest)!.ChunkCount : _peaks.Count;
        first = Math.Min(first, count);
        Recording.StartAt(first, _isSealed || _recovery is not null ? count : null);
        long live = 0;
        for (int i = first; _chunks.TryGetValue(i, out SpoolLocation location); i++)
        {
            Recording.AddChunk(location);
            location.Segment.Live++;
            live += location.Size;
        }

        return new RecoverableRecording(Recording, _newest!, _peaks, _isSealed, _recovery, live);
    }
}
