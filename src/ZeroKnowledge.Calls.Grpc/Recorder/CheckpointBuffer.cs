namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A checkpoint on its way, with the tree that it signs. One chunk in 64 has one, so it is not a part of each chunk's buffer. Pooled.</summary>
internal sealed class CheckpointBuffer
{
    private readonly byte[] _memory = new byte[Calls.Statement.Size + SpoolJournal.MaxPeaks];
    private int _peaksSize;

    public Span<byte> Statement => _memory.AsSpan(0, Calls.Statement.Size);

    public ReadOnlySpan<byte> Peaks => _memory.AsSpan(Calls.Statement.Size, _peaksSize);

    /// <summary>Where the spool has put it.</summary>
    public SpoolLocation Location { get; set; }

    public void Sign(RecordingWriter writer, DateTimeOffset time)
    {
        writer.WriteCheckpoint(time, Statement);
        _peaksSize = writer.CopyPeaks(_memory.AsSpan(Calls.Statement.Size));
    }
}
