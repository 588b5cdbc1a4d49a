namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One chunk on its way: filled by media threads, encrypted in place by the pump, given back when the spool has written it. Behind the chunk is room for
/// its leaf hash, and for the statement that may follow it, with its tree. Pooled; the payload is wiped before its next life.
/// </summary>
internal sealed class ChunkBuffer
{
    private readonly byte[] _memory;

    public ChunkBuffer(ChunkPool pool, int storedSize, int payloadOffset, int payloadSize)
    {
        Pool = pool;
        StoredSize = storedSize;
        _memory = GC.AllocateUninitializedArray<byte>(storedSize + Statement.Size + MerkleTree.HashSize + SpoolJournal.MaxPeaks);
        Payload = new PayloadBuffer(_memory, payloadOffset, payloadSize) { Container = this };
    }

    /// <summary>Where it is given back to.</summary>
    public ChunkPool Pool { get; }

    public int StoredSize { get; }

    public PayloadBuffer Payload { get; }

    public Memory<byte> Stored => _memory.AsMemory(0, StoredSize);

    public Memory<byte> StatementBytes => _memory.AsMemory(StoredSize, Statement.Size);

    public Memory<byte> Leaf => _memory.AsMemory(StoredSize + Statement.Size, MerkleTree.HashSize);

    /// <summary>With a statement: the tree that it signs.</summary>
    public Memory<byte> Peaks => _memory.AsMemory(StoredSize + Statement.Size + MerkleTree.HashSize, PeaksSize);

    public Span<byte> PeaksRoom => _memory.AsSpan(StoredSize + Statement.Size + MerkleTree.HashSize);

    public int PeaksSize { get; set; }

    public int Index { get; set; }

    public bool HasStatement { get; set; }

    /// <summary>Where the spool has put the statement.</summary>
    public SpoolLocation Checkpoint { get; set; }
}
