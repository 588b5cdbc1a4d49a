namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Which archive is audited: keys that the trust list gives one name are one archive's.</summary>
internal sealed class AuditedArchive(TrustList trust, ArchiveInfo? info)
{
    public string? Name { get; } = info is null ? null : trust.Find(TrustedKeyKind.Archive, info.ArchiveKey)?.Name;

    public string? Region => info?.Region;

    /// <summary>Whether a key is this archive's. What another archive signed binds this one to nothing, and excuses nothing.</summary>
    public bool Has(VerifyKey key) => Name is { } name && trust.Find(TrustedKeyKind.Archive, key)?.Name == name;
}
