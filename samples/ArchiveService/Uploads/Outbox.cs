using System.Threading.Channels;
using ArchiveService.Recordings;
using Google.Protobuf;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>
/// The answers that a stream has not sent yet: one for each recording and status, always the newest, so that a client that reads slowly gets fewer of them.
/// </summary>
internal sealed class Outbox : IReply
{
    private const int MaxPerMessage = 1_000;

    // A client that never reads could name ever new recordings.
    private const int MaxWaiting = 10_000;

    private readonly Lock _lock = new();
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ByteBudget _budget;
    private Dictionary<(CoreId Id, Status Status), Progress> _waiting = [];
    private TaskCompletionSource? _room;
    private int _running;
    private bool _isClosing;

    public Outbox(ByteBudget budget) => _budget = budget;

    /// <summary>Operations were given to the committer, which answers each once.</summary>
    public void Started(int operations)
    {
        lock (_lock)
        {
            _running += operations;
        }
    }

    /// <summary>No more operations will follow: the answers end when all that run are answered.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosing = true;
        }

        _changed.Writer.TryWrite(true);
    }

    public void Done(ReadOnlySpan<Result> results)
    {
        long weight = 0;
        lock (_lock)
        {
            foreach (Result result in results)
            {
                weight += result.Operation.Weight;
                Report(result.Operation.Name.Id, result.Outcome, result.State);
            }

            _running -= results.Length;
        }

        _budget.Give(weight);
        _changed.Writer.TryWrite(true);
    }

    /// <summary>Waits while too many answers are unread.</summary>
    public Task RoomAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_waiting.Count < MaxWaiting)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Waits for answers; null when there will be none any more.</summary>
    public async Task<UploadResponse?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_waiting.Count > 0)
                {
                    return Take();
                }

                if (_isClosing && _running == 0)
                {
                    return null;
                }
            }

            await _changed.Reader.ReadAsync(cancellation);
        }
    }

    private UploadResponse Take()
    {
        var response = new UploadResponse();
        foreach (((CoreId Id, Status Status) key, Progress progress) in _waiting)
        {
            response.Progress.Add(progress);
            if (response.Progress.Count == MaxPerMessage)
            {
                break;
            }
        }

        if (response.Progress.Count == _waiting.Count)
        {
            _waiting = [];
        }
        else
        {
            foreach (Progress progress in response.Progress)
            {
                _waiting.Remove((IdOf(progress), progress.Status));
            }
        }

        if (_waiting.Count < MaxWaiting)
        {
            _room?.SetResult();
            _room = null;
        }

        return response;
    }

    private void Report(CoreId id, Outcome outcome, StoredState? state)
    {
        if (!_waiting.TryGetValue((id, outcome.Status), out Progress? progress))
        {
            // Without a core id, the record did not have one.
            progress = new Progress { Status = outcome.Status, Message = outcome.Message };
            if (!id.IsZero)
            {
                progress.CoreId = ByteString.CopyFrom(id.ToArray());
            }

            _waiting.Add((id, outcome.Status), progress);
        }

        if (outcome.Deletion is { } deletion)
        {
            progress.Deletion = ByteString.CopyFrom(deletion);
        }

        if (state is not null)
        {
            progress.DurableChunks = (uint)state.Count;
            progress.DurableStatements = (uint)state.LiveCount;
            progress.Sealed = state.IsSealed;
            progress.Receipt = state.Receipt;
            if (outcome.Status == Status.Forked && state.Conflict is { } conflict && progress.Conflict.Count == 0)
            {
                progress.Conflict.Add(ByteString.CopyFrom(state.NewestLive.ToArray()));
                progress.Conflict.Add(ByteString.CopyFrom(conflict.ToArray()));
            }
        }
    }

    private static CoreId IdOf(Progress progress) => progress.CoreId.IsEmpty ? default : new CoreId(progress.CoreId.Span);
}
