namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording that an earlier life left in the spool.</summary>
/// <param name="Recording">Where its records are.</param>
/// <param name="Newest">The newest live statement.</param>
/// <param name="Peaks">The tree over all its chunks, also those that are gone; of no meaning if it is sealed.</param>
/// <param name="IsSealed">It was ended by its writer.</param>
/// <param name="Recovery">The recovery that an earlier restart made, or null.</param>
/// <param name="LiveBytes">Bytes of its chunks that are still here.</param>
internal sealed record RecoverableRecording(SpooledRecording Recording, Statement Newest, MerklePeaks Peaks, bool IsSealed, Statement? Recovery, long LiveBytes)
{
    public CoreId CoreId => Recording.CoreId;

    /// <summary>Makes its recovery, from what is here alone.</summary>
    public Statement Recover(DateTimeOffset time, GatewayKey key)
    {
        Span<byte> root = stackalloc byte[MerkleTree.HashSize];
        Peaks.Root(root);
        return Statement.Recover(Recording.Header, Newest.OpeningHash, Peaks.Count, Newest.ChunkCount, root, UnixTime.ToMs(time), key);
    }
}
