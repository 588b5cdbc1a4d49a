using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Readers;

/// <summary>Who was named to read what.</summary>
internal sealed class ReaderBook(Engine engine, TenantList tenants, TimeProvider clock)
{
    private const int ListedTogether = 100;

    /// <summary>What was named to a reader under a core id, and still holds: by one tenant as a rule, by each that has such a recording at most.</summary>
    public IEnumerable<(RecordingName Name, NamedReader Reader)> Find(SubjectId reader, CoreId id)
    {
        foreach (Tenant tenant in TenantsOf(reader, id))
        {
            var name = new RecordingName(tenant, id);
            if (engine.Get(engine.Recordings, Key.Reader(name, reader)) is { } row && NamedReader.Decode(row) is var named && named.IsValidAt(clock.GetUtcNow()))
            {
                yield return (name, named);
            }
        }
    }

    /// <summary>The readers of a recording, or of all of a tenant. Some at a time: a slow client must not keep an old state of the engine alive.</summary>
    public IEnumerable<(CoreId Id, NamedReader Reader)> List(Tenant tenant, CoreId? id)
    {
        byte[] prefix = id is { } one ? Key.Readers(new RecordingName(tenant, one)) : Key.Readers(tenant);
        byte[] first = prefix;
        byte[] end = Key.EndOf(prefix);
        while (true)
        {
            var some = new List<(CoreId Id, NamedReader Reader)>();
            using (Scan scan = engine.Scan(engine.Recordings, first, end))
            {
                while (some.Count < ListedTogether && scan.Next())
                {
                    some.Add((new CoreId(Key.AfterTenant(scan.Key)[..CoreId.Size]), NamedReader.Decode(scan.Value)));
                    first = [.. scan.Key, 0];
                }
            }

            foreach ((CoreId Id, NamedReader Reader) found in some)
            {
                yield return found;
            }

            if (some.Count < ListedTogether)
            {
                yield break;
            }
        }
    }

    private List<Tenant> TenantsOf(SubjectId reader, CoreId id)
    {
        var found = new List<Tenant>();
        byte[] first = Key.Grants(reader, id);
        using Scan scan = engine.Scan(engine.Recordings, first, Key.EndOf(first));
        while (scan.Next())
        {
            if (tenants.Find(Key.TenantOfGrant(scan.Key)) is { } tenant)
            {
                found.Add(tenant);
            }
        }

        return found;
    }
}
