using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>
/// One writer, on one thread of the pool at a time, in the order of the calls. Changes that arrive while a transaction runs share the next one, so
/// that a commit's few milliseconds of waiting for the disk are paid once for all of them. A change that is refused takes no other with it.
/// </summary>
internal sealed class WriteQueue
{
    // A transaction ends after this many rows even if more are waiting: those that came first need not wait for those that came last.
    private const int RowsPerTransaction = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<Change> _waiting = new();
    private readonly RegisterWriter _writer;
    private Task _running = Task.CompletedTask;
    private bool _active;
    private bool _closed;

    public WriteQueue(RegisterWriter writer) => _writer = writer;

    /// <summary>The task ends when the change is durable, or refused.</summary>
    /// <param name="rows">How many rows the change touches.</param>
    /// <param name="apply">Runs inside a transaction.</param>
    public Task AddAsync(int rows, Action<RegisterWriter> apply)
    {
        Change change = new(rows, apply);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteRegister));
            _waiting.Enqueue(change);
            if (!_active)
            {
                _active = true;
                _running = Task.Run(Drain);
            }
        }

        return change.Done;
    }

    /// <summary>Takes no more changes, and waits for those that are there.</summary>
    public async ValueTask CloseAsync()
    {
        Task running;
        lock (_gate)
        {
            _closed = true;
            running = _running;
        }

        await running.ConfigureAwait(false);
    }

    private void Drain()
    {
        List<Change> changes = [];
        while (TakeNext(changes))
        {
            Transact(changes);
        }
    }

    private bool TakeNext(List<Change> changes)
    {
        changes.Clear();
        lock (_gate)
        {
            for (int rows = 0; rows < RowsPerTransaction && _waiting.TryDequeue(out Change? change); rows += change.Rows)
            {
                changes.Add(change);
            }

            return _active = changes.Count > 0;
        }
    }

    private void Transact(List<Change> changes)
    {
        Exception? failure = Attempt(() =>
        {
            _writer.Begin();
            foreach (Change change in changes)
            {
                change.Apply(_writer);
            }

            _writer.Commit();
        });
        if (failure is not null)
        {
            _writer.Abandon();
        }

        // Of what is committed by now, only the destruction of envelopes is not done yet.
        Exception? remains = failure ?? Attempt(_writer.OverwriteRemains);
        foreach (Change change in changes)
        {
            change.End(failure, remains);
        }
    }

    // Whatever is thrown belongs to the callers: thrown on, it would reach nobody, and they would wait for ever.
    private Exception? Attempt(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (SqliteException e)
        {
            return RegisterFault.Of(_writer.Path, e);
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private sealed class Change(int rows, Action<RegisterWriter> apply)
    {
        // Callers go on on threads of their own, not on the writer's.
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private RegisterException? _refusal;
        private bool _destroyed;

        public int Rows => rows;

        public Task Done => _done.Task;

        public void Apply(RegisterWriter writer) => _refusal = writer.Try(apply, out _destroyed);

        public void End(Exception? failure, Exception? remains)
        {
            if ((_refusal ?? failure ?? (_destroyed ? remains : null)) is { } exception)
            {
                _done.SetException(exception);
            }
            else
            {
                _done.SetResult();
            }
        }
    }
}
