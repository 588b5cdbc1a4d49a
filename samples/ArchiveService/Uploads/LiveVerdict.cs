namespace ArchiveService.Uploads;

/// <summary>How a live statement with a valid signature stands to what is stored.</summary>
internal enum LiveVerdict
{
    /// <summary>Nothing was judged.</summary>
    None = 0,

    /// <summary>It agrees, and says nothing new.</summary>
    Known,

    /// <summary>It agrees, and signs more than was signed before.</summary>
    New,

    /// <summary>It signs other bytes than the provisional ones that are stored.</summary>
    Different,

    /// <summary>It conflicts with a stored live statement: two writer lives.</summary>
    Conflict,

    /// <summary>It counts chunks that are not stored.</summary>
    OutOfOrder,
}
