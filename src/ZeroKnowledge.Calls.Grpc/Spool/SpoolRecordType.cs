namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The records of a spool (docs/SPOOL.md). Chunks are in files of their own.</summary>
internal enum SpoolRecordType : byte
{
    None = 0,

    /// <summary>Index u32, stored chunk.</summary>
    Chunk = 1,

    /// <summary>Call mark 32, header, checkpoint of count 0, opening record.</summary>
    Begin = 2,

    /// <summary>Index u32, leaf hash 32.</summary>
    Leaf = 3,

    /// <summary>Call mark 32, header, checkpoint, Merkle peaks at its count.</summary>
    Checkpoint = 4,

    /// <summary>Seal, closing record.</summary>
    End = 5,

    /// <summary>Recovery.</summary>
    Recovery = 6,

    /// <summary>Nothing of the recording is needed any more.</summary>
    Done = 7,

    /// <summary>Index u32: every archive has the chunks before it, and they may be gone.</summary>
    Released = 8,
}
