using System.Buffers.Binary;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Uploads;

/// <summary>
/// The one writer. All streams put their operations into one queue; a thread of its own takes whatever is there, writes it as one synced batch, and only then
/// tells the streams. All state of recordings changes here, in the order of the queue, so streams that carry the same recording need no locks.
/// </summary>
internal sealed class Committer : IDisposable
{
    /// <summary>Records in one commit, at most.</summary>
    public const int MaxOperations = 2_000;

    /// <summary>Bytes in one commit, at most (but for one record that is larger).</summary>
    public const long MaxBytes = 32 << 20;

    private readonly Engine _engine;
    private readonly ArchiveIdentity _identity;
    private readonly DiskRoom _room;
    private readonly ILogger _log;
    private readonly StateCache _cache;
    private readonly TenantUses _uses;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _arrived = new(initialState: false);
    private readonly List<Operation> _batch = [];
    private readonly Queue<Operation> _queue = new();
    private ulong _nextNumber;
    private bool _isStopped;

    public Committer(Engine engine, ArchiveIdentity identity, DiskRoom room, ArchiveOptions options, ILogger<Committer> log)
    {
        _engine = engine;
        _identity = identity;
        _room = room;
        _log = log;
        _cache = new StateCache(engine, options.States);
        _uses = new TenantUses(engine);
        _nextNumber = engine.Get(engine.System, Key.NextNumber) is { } next ? BinaryPrimitives.ReadUInt64BigEndian(next) : 1;
        _thread = new Thread(Run) { Name = "committer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Queues operations, which stay together and in order. Each is answered exactly once.</summary>
    /// <exception cref="ObjectDisposedException">The archive is stopping.</exception>
    public void Submit(IReadOnlyList<Operation> operations)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            foreach (Operation operation in operations)
            {
                _queue.Enqueue(operation);
            }
        }

        _arrived.Set();
    }

    /// <summary>Commits what is queued, then stops.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
        }

        _arrived.Set();
        _thread.Join();
        _arrived.Dispose();
    }

    private void Run()
    {
        while (Take())
        {
            CommitAll(_batch);
            _cache.Trim();
        }
    }

    private bool Take()
    {
        _batch.Clear();
        while (true)
        {
            lock (_lock)
            {
                long bytes = 0;
                while (_batch.Count < MaxOperations && _queue.TryPeek(out Operation? next)
                    && (_batch.Count == 0 || bytes + next.Weight <= MaxBytes))
                {
                    bytes += next.Weight;
                    _batch.Add(_queue.Dequeue());
                }

                if (_batch.Count > 0 || _isStopped)
                {
                    return _batch.Count > 0;
                }
            }

            _arrived.WaitOne();
        }
    }

    private void CommitAll(List<Operation> operations)
    {
        if (TryCommit(operations, out Exception? fault))
        {
            return;
        }

        // One damaged recording must not stop the others: each once more, alone.
        if (operations.Count > 1)
        {
            foreach (Operation operation in operations)
            {
                CommitAll([operation]);
            }

            return;
        }

        _log.LogError(fault, "A record of {CoreId} of tenant {Tenant} could not be stored", operations[0].Name.Id, operations[0].Name.Tenant);
        operations[0].Reply.Done([new Result(operations[0], Outcome.Broken, null)]);
    }

    private bool TryCommit(List<Operation> operations, out Exception? fault)
    {
        using var commit = new Commit(_engine, _cache, _identity, _uses, _nextNumber, _room.HasRoom());
        var results = new Result[operations.Count];
        try
        {
            for (int i = 0; i < results.Length; i++)
            {
                results[i] = new Result(operations[i], operations[i].Run(commit), null);
            }

            commit.Write();
        }
#pragma warning disable CA1031 // whatever it was, nothing of this commit is durable, and the archive serves all other recordings
        catch (Exception e)
#pragma warning restore CA1031
        {
            commit.Abandon();
            fault = e;
            return false;
        }

        fault = null;
        _nextNumber = commit.NextNumber;
        foreach (RecordingName fork in commit.Forks)
        {
            _log.LogWarning(
                "Recording {CoreId} of tenant {Tenant} is forked: two writer lives signed it with one key. Was a machine cloned, or a key stolen?", fork.Id, fork.Tenant);
        }

        Answer(commit, results);
        return true;
    }

    // What came together is answered together: a stream then sends one message, not many.
    private static void Answer(Commit commit, Span<Result> results)
    {
        for (int first = 0; first < results.Length;)
        {
            IReply reply = results[first].Operation.Reply;
            int end = first;
            for (; end < results.Length && ReferenceEquals(results[end].Operation.Reply, reply); end++)
            {
                Operation operation = results[end].Operation;
                StoredState? state = commit.Find(operation.Name);
                results[end] = results[end] with { State = state is not null && operation.MaySee(state) ? state : null };
            }

            reply.Done(results[first..end]);
            first = end;
        }
    }
}
