using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>Stands before a real archive, forwards every call to it, and tells the lies that a test wants. For fault injection only.</summary>
internal sealed class LyingService(CallArchive.CallArchiveClient truth, LieBook lies) : ArchiveContract
{
    public override async Task Upload(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, ServerCallContext context)
    {
        if (lies.Upload is { } own)
        {
            await own(requests, responses, context.CancellationToken);
            return;
        }

        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = truth.Upload(cancellationToken: context.CancellationToken);
        Task there = Task.Run(async () =>
        {
            await foreach (UploadRequest request in requests.ReadAllAsync(context.CancellationToken))
            {
                if ((lies.UploadRequest is { } change ? change(request) : request) is { } changed)
                {
                    await call.RequestStream.WriteAsync(changed);
                }
            }

            await call.RequestStream.CompleteAsync();
        });
        await foreach (UploadResponse response in call.ResponseStream.ReadAllAsync(context.CancellationToken))
        {
            UploadResponse changed = new();
            foreach (Progress progress in response.Progress)
            {
                changed.Progress.AddRange(lies.Progress is { } change ? change(progress) : [progress]);
            }

            await responses.WriteAsync(changed);
        }

        await there;
    }

    public override async Task<StoredRecording> GetRecording(GetRecordingRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        CoreId id = new(request.CoreId.Span);
        if (lies.Instead?.Invoke(id) is { } instead)
        {
            context.WriteOptions = lies.Compresses ? WriteOptions.Default : new WriteOptions(WriteFlags.NoCompress);
            return instead;
        }

        StoredRecording stored = await truth.GetRecordingAsync(request, cancellationToken: context.CancellationToken);
        return lies.Recording?.Invoke(stored) ?? stored;
    }

    public override async Task ListRecordings(ListRecordingsRequest request, IServerStreamWriter<StoredRecording> responses, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        if (lies.List is { } list)
        {
            foreach (StoredRecording stored in list(request))
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                await responses.WriteAsync(stored);
            }

            return;
        }

        using AsyncServerStreamingCall<StoredRecording> call = truth.ListRecordings(request, cancellationToken: context.CancellationToken);
        await foreach (StoredRecording stored in call.ResponseStream.ReadAllAsync(context.CancellationToken))
        {
            if (lies.Hidden?.Invoke(new CoreId(stored.CoreId.Span)) != true)
            {
                await responses.WriteAsync(stored);
            }
        }
    }

    public override async Task ReadChunks(ReadChunksRequest request, IServerStreamWriter<ReadChunksResponse> responses, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        ReadChunksRequest asked = lies.Asked?.Invoke(request) ?? request;
        if (lies.Chunks is { } chunks)
        {
            foreach (ReadChunksResponse response in chunks(request))
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                await responses.WriteAsync(response);
            }

            return;
        }

        using AsyncServerStreamingCall<ReadChunksResponse> call = truth.ReadChunks(asked, cancellationToken: context.CancellationToken);
        await foreach (ReadChunksResponse response in call.ResponseStream.ReadAllAsync(context.CancellationToken))
        {
            await responses.WriteAsync(lies.Change?.Invoke(request, response) ?? response);
        }
    }

    public override async Task<DeleteRecordingResponse> DeleteRecording(DeleteRecordingRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        return lies.Deleted?.Invoke(request) ?? await truth.DeleteRecordingAsync(request, cancellationToken: context.CancellationToken);
    }

    public override async Task<GetArchiveInfoResponse> GetArchiveInfo(GetArchiveInfoRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        return lies.Info?.Invoke() ?? await truth.GetArchiveInfoAsync(request, cancellationToken: context.CancellationToken);
    }
}
