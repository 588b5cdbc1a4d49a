namespace ZeroKnowledge.Calls;

/// <summary>The chunks from <see cref="First"/> up to, and without, <see cref="End"/>. Immutable.</summary>
/// <param name="First">Index of the first chunk.</param>
/// <param name="End">Index after the last chunk.</param>
public readonly record struct ChunkRange(int First, int End)
{
    /// <summary>Number of chunks.</summary>
    public int Count => End - First;

    /// <summary>Whether a chunk is in the range.</summary>
    /// <param name="chunk">Index of the chunk.</param>
    public bool Contains(int chunk) => chunk >= First && chunk < End;
}
