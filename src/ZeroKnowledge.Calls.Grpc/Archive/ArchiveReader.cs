namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Who may read a recording beside its owner, as the archive says it. Immutable.</summary>
/// <param name="CoreId">The recording.</param>
/// <param name="Subject">The subject of the reader's certificate.</param>
/// <param name="Ranges">The chunks that it may read, ascending. Header, records and statements it may read whatever they are.</param>
/// <param name="NotAfter">Until when.</param>
public sealed record ArchiveReader(CoreId CoreId, string Subject, IReadOnlyList<ChunkRange> Ranges, DateTimeOffset NotAfter);
