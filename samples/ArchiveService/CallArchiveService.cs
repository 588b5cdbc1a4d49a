using ArchiveService.Deletion;
using ArchiveService.Reading;
using ArchiveService.Storage;
using ArchiveService.Uploads;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ArchiveService;

/// <summary>The contract of Protos/archive.proto: checks what a call asks for, and hands it to who does it.</summary>
internal sealed class CallArchiveService(
    Committer committer, Intake intake, ByteBudget budget, RecordingReader recordings, ChunkReader chunks, Purger purger,
    ArchiveIdentity identity, ArchiveOptions options, IHostApplicationLifetime lifetime) : CallArchive.CallArchiveBase
{
    /// <summary>Bytes of one message, at most.</summary>
    public const int LargestMessage = 16 << 20;

    /// <summary>Bytes of one stored chunk, at most: the format's largest payload and its overhead (docs/FORMAT.md, section 1).</summary>
    public const int LargestStoredChunk = 1_048_576 + 96;

    public override async Task Upload(
        IAsyncStreamReader<UploadRequest> requestStream, IServerStreamWriter<UploadResponse> responseStream, ServerCallContext context)
    {
        Access.Authorize(context, Permission.Write);

        // An upload lasts as long as its client likes: a stop must not wait for it.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await new UploadStream(committer, intake, budget).RunAsync(requestStream, responseStream, ending.Token);
    }

    public override Task<StoredRecording> GetRecording(GetRecordingRequest request, ServerCallContext context)
    {
        Access.Authorize(context, Permission.Read);
        return Task.FromResult(recordings.Get(Id(request.CoreId)));
    }

    public override async Task ListRecordings(
        ListRecordingsRequest request, IServerStreamWriter<StoredRecording> responseStream, ServerCallContext context)
    {
        Access.Authorize(context, Permission.List);
        if (request.Limit > RecordingReader.MaxPage)
        {
            throw RecordingReader.Fault(StatusCode.InvalidArgument, $"The limit is at most {RecordingReader.MaxPage}.");
        }

        CoreId? after = request.After.IsEmpty ? null : Id(request.After);
        int limit = request.Limit == 0 ? RecordingReader.DefaultPage : (int)request.Limit;
        foreach (StoredRecording recording in recordings.List(after, limit))
        {
            await responseStream.WriteAsync(recording, context.CancellationToken);
        }
    }

    public override async Task ReadChunks(
        ReadChunksRequest request, IServerStreamWriter<ReadChunksResponse> responseStream, ServerCallContext context)
    {
        Access.Authorize(context, Permission.Read);
        foreach (ReadChunksResponse message in chunks.Read(Id(request.CoreId), request))
        {
            await responseStream.WriteAsync(message, context.CancellationToken);
        }
    }

    public override async Task<DeleteRecordingResponse> DeleteRecording(DeleteRecordingRequest request, ServerCallContext context)
    {
        Access.Authorize(context, Permission.Delete);
        CoreId id = Id(request.CoreId);
        var reply = new DeleteReply();
        committer.Submit([new DeleteOperation { CoreId = id, Reply = reply, Weight = 0 }]);
        Outcome outcome = await reply.Task;

        // A second deletion finds the tombstone: it answers the same, and waits until the bytes are gone as the first one did.
        if (outcome.Status is not (Status.Durable or Status.Deleted))
        {
            throw outcome.Status == Status.Unknown
                ? RecordingReader.Fault(StatusCode.NotFound, "There is no such recording.")
                : RecordingReader.Fault(StatusCode.Unavailable, outcome.Message);
        }

        (ulong number, byte[] certificate) = recordings.FindTombstone(id)
            ?? throw RecordingReader.Fault(StatusCode.Internal, "The tombstone is missing.");
        await purger.PurgeAsync(number).WaitAsync(context.CancellationToken);
        return new DeleteRecordingResponse { Certificate = ByteString.CopyFrom(certificate) };
    }

    public override Task<GetArchiveInfoResponse> GetArchiveInfo(GetArchiveInfoRequest request, ServerCallContext context)
    {
        Access.Authorize(context, Permission.Read);
        byte[] info = ArchiveInfo.Create(
            identity.Key, identity.Clock.GetUtcNow(), options.Region, options.Operator, Engine.Name, LargestMessage, LargestStoredChunk).ToArray();
        return Task.FromResult(new GetArchiveInfoResponse { Info = ByteString.CopyFrom(info) });
    }

    private static CoreId Id(ByteString bytes) => bytes.Length == CoreId.Size
        ? new CoreId(bytes.Span)
        : throw RecordingReader.Fault(StatusCode.InvalidArgument, $"A core id has {CoreId.Size} bytes, not {bytes.Length}.");
}
