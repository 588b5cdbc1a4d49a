namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- endtoend</c> measured: the row of <c>-- calls</c>, with the cores of both processes, and what the archive acknowledged.</summary>
internal sealed record EndToEndRow : LiveRow
{
    public EndToEndRow(LiveRow row)
        : base(row)
    {
    }

    /// <summary>The archive's part of <see cref="LiveRow.CpuCores"/>.</summary>
    public required double ArchiveCores { get; init; }

    /// <summary>From the end of a chunk's tick until the gateway has the answer that it is durable.</summary>
    public required double AckLagP50Ms { get; init; }

    public required double AckLagP99Ms { get; init; }

    /// <summary>Of all chunks that the archive's receipts count.</summary>
    public required long BytesDurable { get; init; }

    /// <summary>What the archive has written to its disk for each byte of a chunk by then: log, tables, compactions. 0 where the system does not say.</summary>
    public required double WriteAmplification { get; init; }

    /// <summary>Frames of the calls that were read back that are missing, or not what was written.</summary>
    public required long FramesDifferent { get; init; }
}
