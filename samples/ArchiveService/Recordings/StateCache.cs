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
    private readonly Dictionary<RecordingName, LinkedListNode<(RecordingName Name, StoredState State)>> _nodes = [];
    private readonly LinkedList<(RecordingName Name, StoredState State)> _byUse = new();

    /// <summary>Finds a recording of a tenant in memory or in the engine.</summary>
    /// <param name="name">The recording.</param>
    /// <param name="state">Where it stands.</param>
    /// <param name="isDeleted">There is a tombstone in its place.</param>
    public bool TryGet(RecordingName name, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        if (TryGetCached(name, out state))
        {
            isDeleted = false;
            return true;
        }

        return TryLoad(name, out state, out isDeleted);
    }

    /// <summary>
    /// Finds a recording that this writer began. Whatever it did not begin takes the one way that leads to "unknown": its own key is not there, and then perhaps a tombstone's.
    /// </summary>
    /// <param name="name">The recording.</param>
    /// <param name="writer">Who asks.</param>
    /// <param name="state">Where it stands.</param>
    /// <param name="isDeleted">There is a tombstone in its place.</param>
    public bool TryGet(RecordingName name, SubjectId writer, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        if (TryGetCached(name, out state) && state.Writer == writer)
        {
            isDeleted = false;
            return true;
        }

        if (engine.Get(engine.Recordings, Key.Writer(name, writer)) is not null)
        {
            return TryLoad(name, out state, out isDeleted);
        }

        state = null;
        isDeleted = engine.Get(engine.Recordings, Key.Tombstone(name)) is not null;
        return false;
    }

    /// <summary>Whether there is such a recording, whoever began it.</summary>
    public bool Has(RecordingName name) => _nodes.ContainsKey(name) || engine.Get(engine.Recordings, Key.Recording(name)) is not null;

    public void Add(RecordingName name, StoredState state) => _nodes.Add(name, _byUse.AddFirst((name, state)));

    public void Remove(RecordingName name)
    {
        if (_nodes.Remove(name, out LinkedListNode<(RecordingName Name, StoredState State)>? node))
        {
            _byUse.Remove(node);
        }
    }

    /// <summary>Forgets the recordings used longest ago. Call it between commits only: a running one must see its own changes.</summary>
    public void Trim()
    {
        while (_nodes.Count > capacity)
        {
            _nodes.Remove(_byUse.Last!.Value.Name);
            _byUse.RemoveLast();
        }
    }

    private bool TryGetCached(RecordingName name, [NotNullWhen(true)] out StoredState? state)
    {
        state = null;
        if (_nodes.TryGetValue(name, out LinkedListNode<(RecordingName Name, StoredState State)>? node))
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            state = node.Value.State;
        }

        return state is not null;
    }

    private bool TryLoad(RecordingName name, [NotNullWhen(true)] out StoredState? state, out bool isDeleted)
    {
        isDeleted = false;
        state = null;
        if (engine.Get(engine.Recordings, Key.Recording(name)) is not { } row)
        {
            isDeleted = engine.Get(engine.Recordings, Key.Tombstone(name)) is not null;
            return false;
        }

        state = Row.Decode(row);
        StoredTree.Extend(engine, state.Number, state.Peaks, StoredTree.Count(engine, state.Number));
        state.Committed();
        Add(name, state);
        return true;
    }
}
