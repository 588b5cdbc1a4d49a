using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>Says of everything that it is durable, keeps none of it, and from a moment on knows of nothing.</summary>
internal sealed class ForgetfulArchive : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _forgetting = new();
    private readonly Dictionary<string, uint> _chunks = [];
    private bool _hasForgotten;

    public async Task RunAsync(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Volatile.Read(ref _hasForgotten) ? CancellationToken.None : _forgetting.Token);
        await foreach (UploadRequest request in requests.ReadAllAsync(ending.Token))
        {
            await responses.WriteAsync(new UploadResponse { Progress = { request.Records.Select(Answer) } }, ending.Token);
        }
    }

    public async Task HasAcknowledgedAsync(int chunks)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            lock (_chunks)
            {
                if (_chunks.Values.Any(count => count >= chunks))
                {
                    return;
                }
            }

            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>Loses everything, and breaks its streams: who comes back is asked to begin.</summary>
    public void Forget()
    {
        lock (_chunks)
        {
            _chunks.Clear();
        }

        Volatile.Write(ref _hasForgotten, true);
        _forgetting.Cancel();
    }

    public void Dispose() => _forgetting.Dispose();

    private Progress Answer(Record record)
    {
        lock (_chunks)
        {
            string id = record.CoreId.ToBase64();
            if (record.Chunk is { } chunk)
            {
                _chunks[id] = chunk.Index + 1;
            }

            bool known = _chunks.ContainsKey(id) || record.Begin is not null;
            return new Progress { CoreId = record.CoreId, Status = known ? Status.Durable : Status.Unknown, DurableChunks = _chunks.GetValueOrDefault(id), DurableStatements = _chunks.GetValueOrDefault(id) };
        }
    }
}
