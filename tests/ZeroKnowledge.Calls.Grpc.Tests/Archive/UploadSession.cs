using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>One upload stream of a client that waits for each answer.</summary>
internal sealed class UploadSession(CallArchive.CallArchiveClient client) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<UploadRequest, UploadResponse> _call = client.Upload();

    public AsyncDuplexStreamingCall<UploadRequest, UploadResponse> Call => _call;

    public Task WriteAsync(params IEnumerable<Record> records) =>
        _call.RequestStream.WriteAsync(new UploadRequest { Records = { records } });

    /// <summary>Sends a record and gives its answer.</summary>
    public async Task<Progress> SendAsync(Record record)
    {
        await WriteAsync(record);
        return (await NextAsync()).Progress.Single();
    }

    public async Task<UploadResponse> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.True(await _call.ResponseStream.MoveNext(patience.Token), "The archive closed the stream.");
        return _call.ResponseStream.Current;
    }

    /// <summary>Sends records in one message and gives all answers, up to the end of the stream.</summary>
    public async Task<List<Progress>> SendAllAsync(IEnumerable<Record> records)
    {
        await WriteAsync(records);
        return await FinishAsync();
    }

    public async Task<List<Progress>> FinishAsync()
    {
        await _call.RequestStream.CompleteAsync();
        var all = new List<Progress>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (await _call.ResponseStream.MoveNext(patience.Token))
        {
            all.AddRange(_call.ResponseStream.Current.Progress);
        }

        return all;
    }

    public void Dispose() => _call.Dispose();
}
