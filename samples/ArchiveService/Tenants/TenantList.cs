using System.Collections.Frozen;
using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>All tenants, and who has which role in them. A subject has roles in one tenant only, so that a certificate says which is meant.</summary>
internal sealed class TenantList : IDisposable
{
    private readonly FrozenDictionary<string, Tenant> _byName;
    private readonly FrozenDictionary<SubjectId, (Tenant Tenant, Roles Roles)> _bySubject;
    private readonly FrozenSet<string> _revoked;

    public TenantList(
        IReadOnlyCollection<Tenant> tenants, IReadOnlyDictionary<SubjectId, (Tenant Tenant, Roles Roles)> roles, IReadOnlySet<string> revoked, bool isLocal)
    {
        _byName = tenants.ToFrozenDictionary(tenant => tenant.Name, StringComparer.Ordinal);
        _bySubject = roles.ToFrozenDictionary();
        _revoked = revoked.ToFrozenSet(StringComparer.Ordinal);
        IsLocal = isLocal;
    }

    /// <summary>No tenants were named: who is on this machine has every role of the only one, and all others none.</summary>
    public bool IsLocal { get; }

    public IReadOnlyCollection<Tenant> All => _byName.Values;

    /// <summary>The list of an archive without a tenants file.</summary>
    public static TenantList Local(TrustList gateways)
    {
        var tenant = new Tenant(Tenant.DefaultName, gateways, new TenantLimits());
        return new TenantList([tenant], new Dictionary<SubjectId, (Tenant, Roles)>(), new HashSet<string>(), isLocal: true);
    }

    public Tenant? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The roles of a subject, and where; none for one that the file does not name.</summary>
    public (Tenant? Tenant, Roles Roles) RolesOf(SubjectId subject) => _bySubject.TryGetValue(subject, out (Tenant, Roles) found) ? found : (null, Roles.None);

    /// <summary>Whether a certificate, by the SHA-256 hash of its bytes in lower-case hexadecimal digits, is taken back.</summary>
    public bool IsRevoked(string fingerprint) => _revoked.Contains(fingerprint);

    public void Dispose()
    {
        foreach (Tenant tenant in _byName.Values)
        {
            tenant.Dispose();
        }
    }
}
