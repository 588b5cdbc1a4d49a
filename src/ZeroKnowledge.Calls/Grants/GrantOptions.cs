namespace ZeroKnowledge.Calls;

/// <summary>What a grant says beside its chunks. Read once, when the grant is made.</summary>
public sealed class GrantOptions
{
    /// <summary>What the grantee may use it for, at most 1,024 bytes of UTF-8; default none. A request to an honest reader: cryptography enforces nothing of it.</summary>
    public string Purpose { get; init; } = string.Empty;

    /// <summary>After which time the grantee is asked not to use it any more; null (the default) for no such time. A request: keys that were given cannot be taken back.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>Whether the grant opens the opening and the closing record, with names and numbers, too; default false.</summary>
    public bool WithMetadata { get; init; }

    /// <summary>For chunks that are still to come, or that no statement covers yet; default false. Their proofs come from the archive with the next statement.</summary>
    public bool IsLive { get; init; }

    /// <summary>Allows grantees with classical keys (P-256); default false.</summary>
    public bool AllowMixedSecurity { get; init; }

    /// <summary>The clock that says when the grant was made; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
