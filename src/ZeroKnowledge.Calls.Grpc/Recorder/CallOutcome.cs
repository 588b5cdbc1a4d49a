namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What the application may wait for: that a call is set up, and that it is stored; or why it never will be. Thread-safe.</summary>
internal sealed class CallOutcome
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _started;
    private TaskCompletionSource<Receipt>? _durable;
    private Exception? _failure;
    private Exception? _durableFailure;
    private Receipt? _receipt;
    private bool _isStarted;
    private int _isTold;

    public bool IsFailed => _failure is not null;

    public bool IsStarted => Volatile.Read(ref _isStarted);

    // Made when somebody asks: most applications wait for one of them or for none.
    public Task Started
    {
        get
        {
            lock (_gate)
            {
                if (_isStarted)
                {
                    return Task.CompletedTask;
                }

                _started ??= Finished(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                return _started.Task;
            }
        }
    }

    public Task<Receipt> Durable
    {
        get
        {
            lock (_gate)
            {
                _durable ??= Finished(new TaskCompletionSource<Receipt>(TaskCreationOptions.RunContinuationsAsynchronously));
                return _durable.Task;
            }
        }
    }

    public void SetStarted()
    {
        lock (_gate)
        {
            _isStarted = true;
            _started?.TrySetResult();
            _started = null;
        }
    }

    public void SetDurable(Receipt receipt)
    {
        lock (_gate)
        {
            _receipt = receipt;
            _durable?.TrySetResult(receipt);
        }
    }

    /// <summary>True for the first one to tell of the failure: two may come to it at once.</summary>
    public bool TryTell() => Interlocked.Exchange(ref _isTold, 1) == 0;

    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            if (_failure is not null || _receipt is not null)
            {
                return;
            }

            _failure = failure;
            if (!_isStarted)
            {
                SetException(_started, failure);
            }

            SetException(_durable, failure);
        }
    }

    /// <summary>The call goes on, and will not be in as many archives as were asked for.</summary>
    public void FailDurable(Exception failure)
    {
        lock (_gate)
        {
            if (_failure is null && _receipt is null)
            {
                _durableFailure = failure;
                SetException(_durable, failure);
            }
        }
    }

    private static void SetException(TaskCompletionSource? source, Exception failure)
    {
        if (source?.TrySetException(failure) == true)
        {
            // Who never looks at the task has CallFailed.
            _ = source.Task.Exception;
        }
    }

    private static void SetException(TaskCompletionSource<Receipt>? source, Exception failure)
    {
        if (source?.TrySetException(failure) == true)
        {
            _ = source.Task.Exception;
        }
    }

    private TaskCompletionSource Finished(TaskCompletionSource source)
    {
        if (_failure is { } failure)
        {
            SetException(source, failure);
        }

        return source;
    }

    private TaskCompletionSource<Receipt> Finished(TaskCompletionSource<Receipt> source)
    {
        if (_receipt is { } receipt)
        {
            source.SetResult(receipt);
        }
        else if ((_failure ?? _durableFailure) is { } failure)
        {
            SetException(source, failure);
        }

        return source;
    }
}
