using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>One upload call: reads records and hands them to the committer, and sends the answers as they come.</summary>
internal sealed class UploadStream(Committer committer, Intake intake, ByteBudget budget)
{
    /// <summary>Records in one message, at most: an empty one costs a client two bytes.</summary>
    public const int MaxRecords = 65_536;

    private readonly Outbox _outbox = new(budget);

    public async Task RunAsync(
        IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task sending = SendAsync(responses, ending.Token);
        try
        {
            await ReceiveAsync(requests, ending.Token);
            _outbox.Close();
            await sending;
        }
        catch
        {
            // What was handed over is committed all the same; the client asks again where it stands.
            await ending.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task ReceiveAsync(IAsyncStreamReader<UploadRequest> requests, CancellationToken cancellation)
    {
        while (await requests.MoveNext(cancellation))
        {
            if (requests.Current.Records.Count > MaxRecords)
            {
                throw new RpcException(new global::Grpc.Core.Status(StatusCode.InvalidArgument, $"A message has at most {MaxRecords} records."));
            }

            var operations = new Operation[requests.Current.Records.Count];
            long weight = 0;
            for (int i = 0; i < operations.Length; i++)
            {
                operations[i] = intake.Take(requests.Current.Records[i], _outbox);
                weight += operations[i].Weight;
            }

            await _outbox.RoomAsync(cancellation);

            // All of the message at once, since streams that each hold a part and wait for the rest would wait for ever. Not cancelled: what is granted is
            // given back by the answers.
            await budget.TakeAsync(weight);
            _outbox.Started(operations.Length);
            committer.Submit(operations);
        }
    }

    private async Task SendAsync(IServerStreamWriter<UploadResponse> responses, CancellationToken cancellation)
    {
        while (await _outbox.NextAsync(cancellation) is { } response)
        {
            await responses.WriteAsync(response, cancellation);
        }
    }
}
