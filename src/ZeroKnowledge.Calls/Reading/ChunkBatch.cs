namespace ZeroKnowledge.Calls;

/// <summary>Stored chunks in order, and the range proof that was asked for, its hashes one after the other; unchecked.</summary>
internal sealed record ChunkBatch(IReadOnlyList<ReadOnlyMemory<byte>> Chunks, ReadOnlyMemory<byte> Proof)
{
    /// <summary>How many chunks a reader asks for at once: as many as lie between two checkpoints.</summary>
    public const int Size = 64;
}
