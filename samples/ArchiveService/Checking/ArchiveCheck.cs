using ArchiveService.Readers;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Checking;

/// <summary>Reads everything that is stored, of all tenants, and compares it with what was signed. Needs no decryption key and no signing key, and changes nothing.</summary>
internal sealed class ArchiveCheck(Engine engine, TenantList tenants)
{
    private static readonly DateTimeOffset Always = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);
    private static readonly TrustList Nobody = TrustList.Of();

    private readonly TrustList _archives = ArchiveKeys(engine);
    private readonly Dictionary<string, TenantUse> _uses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _strangers = new(StringComparer.Ordinal);

    /// <summary>Number of recordings that were checked.</summary>
    public long Recordings { get; private set; }

    /// <summary>Number of chunks that were read.</summary>
    public long Chunks { get; private set; }

    /// <summary>Number of tombstones.</summary>
    public long Tombstones { get; private set; }

    /// <summary>Checks everything, the recordings in the order of tenants and core ids.</summary>
    /// <returns>Where something is wrong, and what, a sentence each.</returns>
    public IEnumerable<(string Where, string Finding)> Run() =>
        CheckRecordings().Concat(CheckWriters()).Concat(CheckTombstones()).Concat(CheckReaders()).Concat(CheckGrants()).Concat(CheckUses());

    private IEnumerable<(string Where, string Finding)> CheckRecordings()
    {
        foreach ((byte[] key, byte[] row) in Pairs(engine.Recordings, Key.Recordings()))
        {
            Recordings++;
            string tenant = Key.TenantOf(key);
            var id = new CoreId(Key.AfterTenant(key));
            if (tenants.Find(tenant) is null && _strangers.Add(tenant))
            {
                yield return (tenant, "The tenant is not named any more: its recordings cannot be reached, and the trust list of its gateways is not known.");
            }

            foreach (string finding in CheckRecording(tenant, id, row))
            {
                yield return (Where(tenant, id), finding);
            }
        }
    }

    private IReadOnlyList<string> CheckRecording(string tenant, CoreId id, byte[] row)
    {
        try
        {
            StoredState state = Row.Decode(row);
            var check = new RecordingCheck(engine, id, tenants.Find(tenant)?.Gateways ?? Nobody, _archives, state);
            IReadOnlyList<string> findings = check.Run();
            Chunks += check.Chunks;
            long chunks = StoredTree.Count(engine, state.Number);
            Add(tenant, new TenantUse(Recordings: 1, state.Header.StoredOpeningSize + (chunks * state.Header.StoredChunkSize), Tombstones: 0, Readers: 0));
            bool isFound = tenants.Find(tenant) is not { } known
                || engine.Get(engine.Recordings, Key.Writer(new RecordingName(known, id), state.Writer)) is not null;
            return isFound ? findings : [.. findings, "The note of who began it is missing: its writer cannot go on with it."];
        }
        catch (Exception e) when (e is InvalidDataException or RocksDbException)
        {
            return [e.Message];
        }
    }

    // A recording whose row is gone would else be missed by nobody.
    private IEnumerable<(string Where, string Finding)> CheckWriters()
    {
        foreach ((byte[] key, byte[] _) in Pairs(engine.Recordings, Key.Writers()))
        {
            string tenant = Key.TenantOf(key);
            var id = new CoreId(Key.AfterTenant(key)[SubjectId.Size..]);
            if (tenants.Find(tenant) is { } known && engine.Get(engine.Recordings, Key.Recording(new RecordingName(known, id))) is null)
            {
                yield return (Where(tenant, id), "The recording's row is missing.");
            }
        }
    }

    private IEnumerable<(string Where, string Finding)> CheckTombstones()
    {
        foreach ((byte[] key, byte[] row) in Pairs(engine.Recordings, Key.Tombstones()))
        {
            Tombstones++;
            string tenant = Key.TenantOf(key);
            var id = new CoreId(Key.AfterTenant(key));
            Add(tenant, new TenantUse(Recordings: 0, Bytes: 0, Tombstones: 1, Readers: 0));
            if (CheckTombstone(tenant, id, row) is { } finding)
            {
                yield return (Where(tenant, id), finding);
            }
        }
    }

    private string? CheckTombstone(string tenant, CoreId id, byte[] row)
    {
        try
        {
            (ulong _, byte[] bytes) = Row.DecodeTombstone(row);
            return !DeletionCertificate.TryParse(bytes, out DeletionCertificate? certificate, out string? fault) ? $"The deletion certificate is damaged: {fault}"
                : certificate.CoreId != id ? "The deletion certificate is of another recording."
                : !certificate.Verify(_archives) ? "The deletion certificate was not signed by this archive."
                : tenants.Find(tenant) is { } known && engine.Get(engine.Recordings, Key.Recording(new RecordingName(known, id))) is not null
                    ? "The recording was deleted, and is there."
                : null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private IEnumerable<(string Where, string Finding)> CheckReaders()
    {
        foreach ((byte[] key, byte[] row) in Pairs(engine.Recordings, Key.Readers()))
        {
            string tenant = Key.TenantOf(key);
            var id = new CoreId(Key.AfterTenant(key)[..CoreId.Size]);
            SubjectId reader = SubjectId.Read(Key.AfterTenant(key)[CoreId.Size..]);
            Add(tenant, new TenantUse(Recordings: 0, Bytes: 0, Tombstones: 0, Readers: 1));
            if (!IsReader(row, reader))
            {
                yield return (Where(tenant, id), "A named reader is damaged.");
            }
            else if (tenants.Find(tenant) is { } known && !IsComplete(new RecordingName(known, id), reader))
            {
                yield return (Where(tenant, id), "A named reader cannot read, or its recording is missing.");
            }
        }
    }

    private IEnumerable<(string Where, string Finding)> CheckGrants()
    {
        foreach ((byte[] key, byte[] _) in Pairs(engine.Recordings, Key.Grants()))
        {
            string tenant = Key.TenantOfGrant(key);
            SubjectId reader = SubjectId.Read(key.AsSpan(1));
            var id = new CoreId(key.AsSpan(1 + SubjectId.Size, CoreId.Size));
            if (tenants.Find(tenant) is { } known && engine.Get(engine.Recordings, Key.Reader(new RecordingName(known, id), reader)) is null)
            {
                yield return (Where(tenant, id), "A reader is noted that was not named.");
            }
        }
    }

    private IEnumerable<(string Where, string Finding)> CheckUses()
    {
        foreach (Tenant tenant in tenants.All)
        {
            string? fault = null;
            try
            {
                TenantUse counted = _uses.GetValueOrDefault(tenant.Name);
                TenantUse noted = TenantUses.Load(engine, tenant);
                fault = noted == counted ? null : $"The tenant's count is wrong: {noted} is noted, {counted} is there.";
            }
            catch (InvalidDataException e)
            {
                fault = e.Message;
            }

            if (fault is not null)
            {
                yield return (tenant.Name, fault);
            }
        }
    }

    private bool IsComplete(RecordingName name, SubjectId reader) =>
        engine.Get(engine.Recordings, Key.Grant(name, reader)) is not null && engine.Get(engine.Recordings, Key.Recording(name)) is not null;

    private static bool IsReader(byte[] row, SubjectId reader)
    {
        try
        {
            return NamedReader.Decode(row).Reader == reader;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private IEnumerable<(byte[] Key, byte[] Value)> Pairs(ColumnFamilyHandle family, byte[] prefix)
    {
        using Scan scan = engine.Scan(family, prefix, Key.EndOf(prefix));
        while (scan.Next())
        {
            yield return (scan.Key.ToArray(), scan.Value.ToArray());
        }
    }

    private string Where(string tenant, CoreId id) => tenants.IsLocal ? id.ToString() : $"{tenant} {id}";

    private void Add(string tenant, TenantUse added) => _uses[tenant] = _uses.GetValueOrDefault(tenant) + added;

    // All that ever signed here: receipts outlive a change of the key.
    private static TrustList ArchiveKeys(Engine engine)
    {
        var keys = new List<TrustedKey>();
        byte[] first = Key.ArchiveKeys();
        using Scan scan = engine.Scan(engine.System, first, Key.EndOf(first));
        while (scan.Next())
        {
            if (scan.Key.Length == first.Length + VerifyKey.Size && new VerifyKey(scan.Key[first.Length..]) is { IsZero: false } key)
            {
                keys.Add(new TrustedKey(TrustedKeyKind.Archive, key, DateTimeOffset.UnixEpoch, Always, "this archive"));
            }
        }

        return TrustList.Of([.. keys]);
    }
}
