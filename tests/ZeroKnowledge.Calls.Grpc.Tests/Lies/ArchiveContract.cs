using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>The server's side of the contract, over the client library's message types: those that are generated for a server are the real archive's own.</summary>
[BindServiceMethod(typeof(ArchiveContract), nameof(Bind))]
internal abstract class ArchiveContract
{
    private const string Name = "zeroknowledge.calls.v1.CallArchive";

    public static void Bind(ServiceBinderBase binder, ArchiveContract? service)
    {
        binder.AddMethod(Of<UploadRequest, UploadResponse>(MethodType.DuplexStreaming, nameof(Upload)), (DuplexStreamingServerMethod<UploadRequest, UploadResponse>?)null);
        binder.AddMethod(Of<GetRecordingRequest, StoredRecording>(MethodType.Unary, nameof(GetRecording)), (UnaryServerMethod<GetRecordingRequest, StoredRecording>?)null);
        binder.AddMethod(Of<ListRecordingsRequest, StoredRecording>(MethodType.ServerStreaming, nameof(ListRecordings)), (ServerStreamingServerMethod<ListRecordingsRequest, StoredRecording>?)null);
        binder.AddMethod(Of<ReadChunksRequest, ReadChunksResponse>(MethodType.ServerStreaming, nameof(ReadChunks)), (ServerStreamingServerMethod<ReadChunksRequest, ReadChunksResponse>?)null);
        binder.AddMethod(Of<DeleteRecordingRequest, DeleteRecordingResponse>(MethodType.Unary, nameof(DeleteRecording)), (UnaryServerMethod<DeleteRecordingRequest, DeleteRecordingResponse>?)null);
        binder.AddMethod(Of<GetArchiveInfoRequest, GetArchiveInfoResponse>(MethodType.Unary, nameof(GetArchiveInfo)), (UnaryServerMethod<GetArchiveInfoRequest, GetArchiveInfoResponse>?)null);
    }

    public abstract Task Upload(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, ServerCallContext context);

    public abstract Task<StoredRecording> GetRecording(GetRecordingRequest request, ServerCallContext context);

    public abstract Task ListRecordings(ListRecordingsRequest request, IServerStreamWriter<StoredRecording> responses, ServerCallContext context);

    public abstract Task ReadChunks(ReadChunksRequest request, IServerStreamWriter<ReadChunksResponse> responses, ServerCallContext context);

    public abstract Task<DeleteRecordingResponse> DeleteRecording(DeleteRecordingRequest request, ServerCallContext context);

    public abstract Task<GetArchiveInfoResponse> GetArchiveInfo(GetArchiveInfoRequest request, ServerCallContext context);

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
