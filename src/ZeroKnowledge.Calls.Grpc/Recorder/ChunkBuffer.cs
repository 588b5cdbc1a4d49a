namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// One chunk on its way: filled by media threads, encrypted in place by the pump, given back when the spool has written it. Behind the chunk is room for
/// its leaf hash. Pooled; what was not encrypted is wiped before its next life.
/// </summary>
internal sealed class ChunkBuffer
{
    private readonly byte[] _memory;

    public ChunkBuffer(ChunkPool pool, int storedSize, int payloadOffset, int payloadSize)
    {
        Pool = pool;
        StoredSize = storedSize;
        _memory = GC.AllocateUninitializedArray<byte>(storedSize + MerkleTree.HashSize);
        Payload = new PayloadBuffer(_memory, payloadOffset, payloadSize) { Container = this };
    }

    /// <summary>Where it is given back to.</summary>
    public ChunkPool Pool { get; }

    public int StoredSize { get; }

    public PayloadBuffer Payload { get; }

    public Memory<byte> Stored => _memory.AsMemory(0, StoredSize);

    public Memory<byte> Leaf => _memory.AsMemory(StoredSize);

    public int Index { get; set; }

    /// <summary>The memory holds a chunk and no audio any more.</summary>
    public bool IsEncrypted { get; set; }

    /// <summary>The checkpoint that follows the chunk, if one does.</summary>
    public CheckpointBuffer? Checkpoint { get; set; }
}
