namespace ArchiveService.Uploads;

/// <summary>Bounds the bytes that all streams together have received and that are not committed yet. First come, first served.</summary>
internal sealed class ByteBudget(long capacity)
{
    private readonly long _capacity = capacity;
    private readonly Lock _lock = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _free = capacity;

    /// <summary>Takes bytes, and waits until they are free. What is more than everything counts as everything.</summary>
    public Task TakeAsync(long bytes)
    {
        bytes = Math.Min(bytes, _capacity);
        lock (_lock)
        {
            if (_waiting.Count == 0 && _free >= bytes)
            {
                _free -= bytes;
                return Task.CompletedTask;
            }

            var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, granted));
            return granted.Task;
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes)
    {
        lock (_lock)
        {
            _free += Math.Min(bytes, _capacity);
            while (_waiting.TryPeek(out (long Bytes, TaskCompletionSource Granted) next) && next.Bytes <= _free)
            {
                _waiting.Dequeue();
                _free -= next.Bytes;
                next.Granted.SetResult();
            }
        }
    }
}
