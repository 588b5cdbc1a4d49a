using ArchiveService.Storage;
using RocksDbSharp;

namespace ArchiveService;

/// <summary>What each tenant uses: in the engine, and in memory once it was asked for. Only the committer's thread uses it.</summary>
internal sealed class TenantUses(Engine engine)
{
    private readonly Dictionary<Tenant, TenantUse> _uses = [];

    /// <summary>Begins to count what one commit changes.</summary>
    public Change Begin() => new(this);

    public static TenantUse Load(Engine engine, Tenant tenant) =>
        engine.Get(engine.System, Key.Use(tenant)) is { } bytes ? TenantUse.Decode(bytes) : default;

    private TenantUse Of(Tenant tenant)
    {
        if (!_uses.TryGetValue(tenant, out TenantUse use))
        {
            use = Load(engine, tenant);
            _uses.Add(tenant, use);
        }

        return use;
    }

    /// <summary>The counts with what one commit changes; nothing changes if it is not committed.</summary>
    internal sealed class Change(TenantUses uses)
    {
        private readonly Dictionary<Tenant, TenantUse> _changed = [];

        public TenantUse Of(Tenant tenant) => _changed.TryGetValue(tenant, out TenantUse use) ? use : uses.Of(tenant);

        public void Add(Tenant tenant, TenantUse added) => _changed[tenant] = Of(tenant) + added;

        public void AddTo(WriteBatch batch, Engine engine)
        {
            foreach ((Tenant tenant, TenantUse use) in _changed)
            {
                if (use != uses.Of(tenant))
                {
                    batch.Put(Key.Use(tenant), use.Encode(), engine.System);
                }
            }
        }

        public void Committed()
        {
            foreach ((Tenant tenant, TenantUse use) in _changed)
            {
                uses._uses[tenant] = use;
            }
        }
    }
}
