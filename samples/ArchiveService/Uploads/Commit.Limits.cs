using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

internal sealed partial class Commit
{
    private readonly TenantUses.Change _uses = uses.Begin();

    /// <summary>Why what adds so much is refused; null if it is not. What finishes a recording adds nothing, and is not asked for.</summary>
    public Outcome? RefusalOf(Tenant tenant, TenantUse added)
    {
        if (!hasRoom)
        {
            return Outcome.Full;
        }

        TenantUse use = _uses.Of(tenant) + added;
        return added.Recordings > 0 && use.Recordings > tenant.Limits.Recordings ? Outcome.TooManyRecordings(tenant.Limits.Recordings)
            : added.Bytes > 0 && use.Bytes > tenant.Limits.Bytes ? Outcome.TooManyBytes(tenant.Limits.Bytes)
            : null;
    }

    private void Grow(RecordingName name, StoredState state, int count) => _uses.Add(
        name.Tenant, new TenantUse(Recordings: 0, (long)(count - state.Count) * state.Header.StoredChunkSize, Tombstones: 0, Readers: 0));
}
