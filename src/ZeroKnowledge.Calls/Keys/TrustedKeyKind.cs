namespace ZeroKnowledge.Calls;

/// <summary>What a long-lived Ed25519 key may sign.</summary>
public enum TrustedKeyKind
{
    /// <summary>Nothing: the default value is refused everywhere.</summary>
    None = 0,

    /// <summary>Headers and recoveries.</summary>
    Gateway = 1,

    /// <summary>Grants and erasure certificates.</summary>
    Owner = 2,

    /// <summary>Receipts, deletion certificates and archive infos.</summary>
    Archive = 3,
}
