using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>Stands before a real archive, forwards every call to it, and tells the lies that a test wants. For fault injection only.</summary>
[BindServiceMethod(typeof(LyingService), nameof(Bind))]
internal sealed class LyingService(CallArchive.CallArchiveClient truth, LieBook lies)
{
    private const string Name = "zeroknowledge.calls.v1.CallArchive";

    public static void Bind(ServiceBinderBase binder, LyingService? service)
    {
        binder.AddMethod(Of<UploadRequest, UploadResponse>(MethodType.DuplexStreaming, nameof(Upload)), (DuplexStreamingServerMethod<UploadRequest, UploadResponse>?)null);
        binder.AddMethod(Of<GetRecordingRequest, StoredRecording>(MethodType.Unary, nameof(GetRecording)), (UnaryServerMethod<GetRecordingRequest, StoredRecording>?)null);
        binder.AddMethod(Of<ListRecordingsRequest, StoredRecording>(MethodType.ServerStreaming, nameof(ListRecordings)), (ServerStreamingServerMethod<ListRecordingsRequest, StoredRecording>?)null);
        binder.AddMethod(Of<ReadChunksRequest, ReadChunksResponse>(MethodType.ServerStreaming, nameof(ReadChunks)), (ServerStreamingServerMethod<ReadChunksRequest, ReadChunksResponse>?)null);
        binder.AddMethod(Of<DeleteRecordingRequest, DeleteRecordingResponse>(MethodType.Unary, nameof(DeleteRecording)), (UnaryServerMethod<DeleteRecordingRequest, DeleteRecordingResponse>?)null);
        binder.AddMethod(Of<GetArchiveInfoRequest, GetArchiveInfoResponse>(MethodType.Unary, nameof(GetArchiveInfo)), (UnaryServerMethod<GetArchiveInfoRequest, GetArchiveInfoResponse>?)null);
    }

    public async Task Upload(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, ServerCallContext context)
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

    public async Task<StoredRecording> GetRecording(GetRecordingRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        CoreId id = new(request.CoreId.Span);
        if (lies.Instead?.Invoke(id) is { } instead)
        {
            return instead;
        }

        StoredRecording stored = await truth.GetRecordingAsync(request, cancellationToken: context.CancellationToken);
        return lies.Recording?.Invoke(stored) ?? stored;
    }

    public async Task ListRecordings(ListRecordingsRequest request, IServerStreamWriter<StoredRecording> responses, ServerCallContext context)
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

    public async Task ReadChunks(ReadChunksRequest request, IServerStreamWriter<ReadChunksResponse> responses, ServerCallContext context)
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

    public async Task<DeleteRecordingResponse> DeleteRecording(DeleteRecordingRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        return lies.Deleted?.Invoke(request) ?? await truth.DeleteRecordingAsync(request, cancellationToken: context.CancellationToken);
    }

    public async Task<GetArchiveInfoResponse> GetArchiveInfo(GetArchiveInfoRequest request, ServerCallContext context)
    {
        await lies.WaitAsync(context.CancellationToken);
        return lies.Info?.Invoke() ?? await truth.GetArchiveInfoAsync(request, cancellationToken: context.CancellationToken);
    }

    private static Method<TRequest, TResponse> Of<TRequest, TResponse>(MethodType type, string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() => new(type, Name, name, Marshaller<TRequest>(), Marshaller<TResponse>());

    private static Marshaller<T> Marshaller<T>()
        where T : class, IMessage<T>, new()
    {
        MessageParser<T> parser = new(() => new T());
        return Marshallers.Create(message => message.ToByteArray(), bytes => parser.ParseFrom(bytes));
    }
}
