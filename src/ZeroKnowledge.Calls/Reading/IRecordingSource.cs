namespace ZeroKnowledge.Calls;

/// <summary>Where a reader gets a recording from: an archive, or a file. Nothing that it gives is trusted.</summary>
internal interface IRecordingSource : IAsyncDisposable
{
    /// <summary>Everything but the chunks.</summary>
    ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken);

    /// <summary>Reads the stored chunks [first, end), in order.</summary>
    /// <param name="first">The first chunk.</param>
    /// <param name="end">Exclusive; at most what <see cref="RecordingParts.Chunks"/> said.</param>
    /// <param name="treeSize">0, or the number of chunks of the tree under which a range proof is wanted.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken);
}
