using ArchiveService.Deletion;
using ArchiveService.Readers;
using ArchiveService.Reading;
using ArchiveService.Storage;
using ArchiveService.Uploads;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;
using NamedReader = ArchiveService.Readers.NamedReader;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ArchiveService;

/// <summary>The contract of Protos/archive.proto: says who calls, checks what a call asks for, and hands it to who does it.</summary>
internal sealed class CallArchiveService(
    AccessControl access, Committer committer, HeaderCache headers, ByteBudget budget, RecordingReader recordings, ReadAccess reads, ChunkReader chunks,
    ReaderBook readers, Purger purger, ArchiveIdentity identity, ArchiveOptions options, Stopping stopping) : CallArchive.CallArchiveBase
{
    /// <summary>Bytes of one message, at most.</summary>
    public const int LargestMessage = 16 << 20;

    /// <summary>Bytes of one stored chunk, at most: the format's largest payload and its overhead (docs/FORMAT.md, section 1).</summary>
    public const int LargestStoredChunk = 1_048_576 + 96;

    public override Task Upload(
        IAsyncStreamReader<UploadRequest> requestStream, IServerStreamWriter<UploadResponse> responseStream, ServerCallContext context)
    {
        var upload = new UploadStream(committer, headers, budget, access.Identify(context), identity.Clock);
        stopping.Add(context.GetHttpContext().Response);
        return upload.RunAsync(requestStream, responseStream, stopping.Token, context.CancellationToken);
    }

    public override Task<StoredRecording> GetRecording(GetRecordingRequest request, ServerCallContext context)
    {
        (RecordingName name, NamedReader? _) = reads.Find(access.Identify(context), Id(request.CoreId));
        return Task.FromResult(recordings.Get(name) ?? throw Caller.NotFound());
    }

    public override async Task ListRecordings(
        ListRecordingsRequest request, IServerStreamWriter<StoredRecording> responseStream, ServerCallContext context)
    {
        Tenant tenant = access.Identify(context).Require(Roles.Owner);
        if (request.Limit > RecordingReader.MaxPage)
        {
            throw RecordingReader.Fault(StatusCode.InvalidArgument, $"The limit is at most {RecordingReader.MaxPage}.");
        }

        CoreId? after = request.After.IsEmpty ? null : Id(request.After);
        int limit = request.Limit == 0 ? RecordingReader.DefaultPage : (int)request.Limit;
        foreach (StoredRecording recording in recordings.List(tenant, after, limit))
        {
            await responseStream.WriteAsync(recording, context.CancellationToken);
        }
    }

    public override async Task ReadChunks(
        ReadChunksRequest request, IServerStreamWriter<ReadChunksResponse> responseStream, ServerCallContext context)
    {
        Caller caller = access.Identify(context);
        CoreId id = Id(request.CoreId);
        (RecordingName name, NamedReader? named) = reads.Find(caller, id, request.First, request.End);
        foreach (ReadChunksResponse message in chunks.Read(recordings.Find(name) ?? throw Caller.NotFound(), request))
        {
            if (named is not null)
            {
                // A slow read must not outlast what was named.
                reads.Find(caller, id, request.First, request.End);
            }

            await responseStream.WriteAsync(message, context.CancellationToken);
        }
    }

    public override async Task<DeleteRecordingResponse> DeleteRecording(DeleteRecordingRequest request, ServerCallContext context)
    {
        Tenant tenant = access.Identify(context).Require(Roles.Owner);
        var name = new RecordingName(tenant, Id(request.CoreId));
        Outcome outcome = await CommitAsync(reply => new DeleteOperation { Name = name, Reply = reply, Weight = 0 });

        // A second deletion finds the tombstone: it answers the same, and waits until the bytes are gone as the first one did.
        if (outcome.Status is not (Status.Durable or Status.Deleted))
        {
            throw Refused(outcome);
        }

        (ulong number, byte[] certificate) = recordings.FindTombstone(name)
            ?? throw RecordingReader.Fault(StatusCode.Internal, "The tombstone is missing.");
        await purger.PurgeAsync(number).WaitAsync(context.CancellationToken);
        return new DeleteRecordingResponse { Certificate = ByteString.CopyFrom(certificate) };
    }

    public override async Task<NameReaderResponse> NameReader(NameReaderRequest request, ServerCallContext context)
    {
        Tenant tenant = access.Identify(context).Require(Roles.Owner);
        var name = new RecordingName(tenant, Id(request.CoreId));
        NamedReader reader = ReaderRequest.Read(request);
        Outcome outcome = await CommitAsync(reply => new NameReaderOperation { Name = name, Reader = reader, Reply = reply, Weight = 0 });
        return outcome.Status == Status.Durable ? new NameReaderResponse() : throw Refused(outcome);
    }

    public override async Task<RemoveReaderResponse> RemoveReader(RemoveReaderRequest request, ServerCallContext context)
    {
        Tenant tenant = access.Identify(context).Require(Roles.Owner);
        var name = new RecordingName(tenant, Id(request.CoreId));
        SubjectId reader = ReaderRequest.ReadSubject(request.Subject).Id;
        Outcome outcome = await CommitAsync(reply => new RemoveReaderOperation { Name = name, Reader = reader, Reply = reply, Weight = 0 });
        return outcome.Status == Status.Durable ? new RemoveReaderResponse() : throw Refused(outcome);
    }

    public override async Task ListReaders(
        ListReadersRequest request, IServerStreamWriter<ZeroKnowledge.Calls.Grpc.Protos.NamedReader> responseStream, ServerCallContext context)
    {
        Tenant tenant = access.Identify(context).Require(Roles.Owner);
        CoreId? only = request.CoreId.IsEmpty ? null : Id(request.CoreId);
        foreach ((CoreId id, NamedReader reader) in readers.List(tenant, only))
        {
            await responseStream.WriteAsync(ReaderRequest.Write(id, reader), context.CancellationToken);
        }
    }

    public override Task<GetArchiveInfoResponse> GetArchiveInfo(GetArchiveInfoRequest request, ServerCallContext context)
    {
        int largest = access.Identify(context).Tenant?.Limits.MessageBytes ?? LargestMessage;
        byte[] info = ArchiveInfo.Create(
            identity.Key, identity.Clock.GetUtcNow(), options.Region, options.Operator, Engine.Name, largest, LargestStoredChunk).ToArray();
        return Task.FromResult(new GetArchiveInfoResponse { Info = ByteString.CopyFrom(info) });
    }

    private Task<Outcome> CommitAsync(Func<IReply, Operation> operation)
    {
        var reply = new SingleReply();
        committer.Submit([operation(reply)]);
        return reply.Task;
    }

    private static RpcException Refused(Outcome outcome) => outcome.Status switch
    {
        Status.Unknown or Status.Deleted => Caller.NotFound(),
        Status.LimitRecordings => RecordingReader.Fault(StatusCode.ResourceExhausted, outcome.Message),
        _ => RecordingReader.Fault(StatusCode.Unavailable, outcome.Message),
    };

    private static CoreId Id(ByteString bytes) => bytes.Length == CoreId.Size
        ? new CoreId(bytes.Span)
        : throw RecordingReader.Fault(StatusCode.InvalidArgument, $"A core id has {CoreId.Size} bytes, not {bytes.Length}.");
}
