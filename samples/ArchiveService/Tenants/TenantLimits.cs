namespace ArchiveService;

/// <summary>What a tenant may use, at most. Each has a status of its own in the contract.</summary>
internal sealed record TenantLimits
{
    /// <summary>The smallest limit of a message: a begin fits.</summary>
    public const int SmallestMessage = 8_192;

    /// <summary>The smallest limit of a rate, bytes a second.</summary>
    public const int SmallestRate = 1_000;

    /// <summary>Recordings stored at a time; deleted ones do not count. Default: no limit.</summary>
    public long Recordings { get; init; } = long.MaxValue;

    /// <summary>Bytes of opening records and chunks stored at a time. Default: no limit.</summary>
    public long Bytes { get; init; } = long.MaxValue;

    /// <summary>Bytes a second that uploads may bring; null = no limit.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Bytes of one upload message. Default: the archive's own limit.</summary>
    public int MessageBytes { get; init; } = CallArchiveService.LargestMessage;

    /// <summary>Tombstones from which on only what is stored leaves new ones. Default: 1,000,000.</summary>
    public long Tombstones { get; init; } = 1_000_000;

    /// <summary>Readers named, over all recordings. Default: 100,000.</summary>
    public long Readers { get; init; } = 100_000;
}
