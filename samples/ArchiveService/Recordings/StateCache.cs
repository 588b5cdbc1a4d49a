using System.Diagnostics.CodeAnalysis;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Recordings;

/// <summary>
/// The recordings that were written to last. Bounded: memory does not grow with the number of stored recordings, and one that is not in it is loaded
/// from the engine. Only the committer's thread uses it.
/// </summary>
internal sealed class StateCache(Engine engine, int capacity)
{
    private readonly Dictionary<CoreId, LinkedListNode<(CoreId Id, StoredState State)>> _nodes = [];
    private readonly LinkedList<(CoreId Id, StoredState State)> _byUse = new();

    /// <summary>Finds a recording in memory or in the engine.</summary>
    /// <param name="id">The core id.</param>
    /// <param name="state">The recording.</param>
    /// <param name="isDeleted">There is a tombstone in its place.</param>
    public bool TryGet(CoreId id, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        isDeleted = false;
        if (_nodes.TryGetValue(id, out LinkedListNode<(CoreId Id, StoredState State)>? node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            state = node.Value.State;
            return true;
        }

        byte[]? row = engine.Get(engine.Recordings, id);
        isDeleted = row is not null && Row.IsTombstone(row);
        if (row is null || isDeleted)
        {
            state = null;
            return false;
        }

        state = Row.Decode(row);
        StoredTree.Extend(engine, state.Number, state.Peaks, StoredTree.Count(engine, state.Number));
        state.Committed();
        Add(id, state);
        return true;
    }

    public void Add(CoreId id, StoredState state) => _nodes.Add(id, _byUse.AddFirst((id, state)));

    public void Remove(CoreId id)
    {
        if (_nodes.Remove(id, out LinkedListNode<(CoreId Id, StoredState State)>? node))
        {
            _byUse.Remove(node);
        }
    }

    /// <summary>Forgets the recordings used longest ago. Call it between commits only: a running one must see its own changes.</summary>
    public void Trim()
    {
        while (_nodes.Count > capacity)
        {
            _nodes.Remove(_byUse.Last!.Value.Id);
            _byUse.RemoveLast();
        }
    }
}
