namespace ZeroKnowledge.Calls;

/// <summary>Recordings collected from several threads.</summary>
internal sealed class CoreIds
{
    private readonly List<CoreId> _ids = [];

    public void Add(CoreId coreId)
    {
        lock (_ids)
        {
            _ids.Add(coreId);
        }
    }

    public IReadOnlyList<CoreId> ToList() => _ids;
}
