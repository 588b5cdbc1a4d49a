using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>One upload call: reads records and hands them to the committer, and sends the answers as they come.</summary>
internal sealed class UploadStream
{
    /// <summary>Records in one message, at most: an empty one costs a client two bytes.</summary>
    public const int MaxRecords = 65_536;

    private readonly Committer _committer;
    private readonly ByteBudget _budget;
    private readonly Caller _caller;
    private readonly Tenant _tenant;
    private readonly TimeProvider _clock;
    private readonly Outbox _outbox;
    private readonly Intake _intake;

    public UploadStream(Committer committer, HeaderCache headers, ByteBudget budget, Caller caller, TimeProvider clock)
    {
        _committer = committer;
        _budget = budget;
        _caller = caller;
        _tenant = caller.Require(Roles.Writer);
        _clock = clock;
        _outbox = new Outbox(budget);
        _intake = new Intake(headers, _tenant, caller.Subject, _outbox);
    }

    /// <summary>Runs until the client is done, or the archive stops. Then what was read is committed and answered first.</summary>
    /// <param name="requests">From the client.</param>
    /// <param name="responses">To the client.</param>
    /// <param name="stopping">The archive is stopping.</param>
    /// <param name="cancellation">The call is over.</param>
    /// <exception cref="RpcException">UNAVAILABLE at a stop.</exception>
    public async Task RunAsync(
        IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, CancellationToken stopping, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task sending = SendAsync(responses, ending.Token);
        try
        {
            RpcException? why = await ReceiveAsync(requests, sending, stopping, ending.Token);
            _outbox.Close();
            await sending;
            if (why is not null)
            {
                throw why;
            }
        }
        catch
        {
            // What was handed over is committed all the same; the client asks again where it stands.
            await ending.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <returns>How the stream ends when all is answered; null if the client is done.</returns>
    private async Task<RpcException?> ReceiveAsync(
        IAsyncStreamReader<UploadRequest> requests, Task sending, CancellationToken stopping, CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = stopping.Register(stopped.SetResult);
        while (true)
        {
            // Not cancelled by a stop: that would end the call, and with it the answers.
            Task<bool> next = requests.MoveNext(cancellation);
            await Task.WhenAny(next, stopped.Task, sending);
            if (!next.IsCompleted || stopped.Task.IsCompleted)
            {
                // It ends with the call; nobody waits for it.
                _ = next.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
                return new RpcException(new global::Grpc.Core.Status(StatusCode.Unavailable, "The archive is stopping: connect again."));
            }

            if (!await next)
            {
                return null;
            }

            if (_caller.HasExpired(_clock))
            {
                return Caller.Expired();
            }

            await SubmitAsync(requests.Current, cancellation);
        }
    }

    private async Task SubmitAsync(UploadRequest request, CancellationToken cancellation)
    {
        if (request.Records.Count > MaxRecords)
        {
            throw new RpcException(new global::Grpc.Core.Status(StatusCode.InvalidArgument, $"A message has at most {MaxRecords} records."));
        }

        Operation[] operations = Take(request);
        long weight = operations.Sum(operation => (long)operation.Weight);
        await _outbox.RoomAsync(cancellation);

        // All of the message at once, since streams that each hold a part and wait for the rest would wait for ever. Not cancelled: what is granted is
        // given back by the answers.
        await _budget.TakeAsync(weight);
        _outbox.Started(operations.Length);
        _committer.Submit(operations);
    }

    private Operation[] Take(UploadRequest request)
    {
        if (request.CalculateSize() > _tenant.Limits.MessageBytes)
        {
            return [.. request.Records.Select(record => _intake.Refuse(record, Outcome.TooLong(_tenant.Limits.MessageBytes)))];
        }

        Outcome? refusal = null;
        var operations = new Operation[request.Records.Count];
        for (int i = 0; i < operations.Length; i++)
        {
            Record record = request.Records[i];
            bool isLimited = record.ItemCase is Record.ItemOneofCase.Begin or Record.ItemOneofCase.Chunk or Record.ItemOneofCase.Replacement;

            // What follows a refused record in its message is refused too: taken, it would be out of order.
            if (!_tenant.TryTake(record.CalculateSize()) && isLimited)
            {
                refusal ??= Outcome.TooFast(_tenant.Limits.BytesPerSecond!.Value);
            }

            operations[i] = isLimited && refusal is { } refused ? _intake.Refuse(record, refused) : _intake.Take(record);
        }

        return operations;
    }

    private async Task SendAsync(IServerStreamWriter<UploadResponse> responses, CancellationToken cancellation)
    {
        while (await _outbox.NextAsync(cancellation) is { } response)
        {
            await responses.WriteAsync(response, cancellation);
        }
    }
}
