using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>What an archive lies about; null is the truth.</summary>
internal sealed class LieBook
{
    /// <summary>What it makes of the real answer to GetRecording.</summary>
    public Func<StoredRecording, StoredRecording>? Recording { get; set; }

    /// <summary>What it answers to GetRecording without asking; null to ask.</summary>
    public Func<CoreId, StoredRecording?>? Instead { get; set; }

    /// <summary>The list that it gives; each call is one page.</summary>
    public Func<ListRecordingsRequest, IEnumerable<StoredRecording>>? List { get; set; }

    /// <summary>Recordings that it leaves out of its list.</summary>
    public Func<CoreId, bool>? Hidden { get; set; }

    /// <summary>Which chunks it fetches for those that it was asked for.</summary>
    public Func<ReadChunksRequest, ReadChunksRequest>? Asked { get; set; }

    /// <summary>The chunks that it gives.</summary>
    public Func<ReadChunksRequest, IEnumerable<ReadChunksResponse>>? Chunks { get; set; }

    /// <summary>What it makes of each real message of chunks.</summary>
    public Func<ReadChunksRequest, ReadChunksResponse, ReadChunksResponse>? Change { get; set; }

    public Func<DeleteRecordingRequest, DeleteRecordingResponse?>? Deleted { get; set; }

    public Func<GetArchiveInfoResponse>? Info { get; set; }

    /// <summary>A whole upload of its own.</summary>
    public Func<IAsyncStreamReader<UploadRequest>, IServerStreamWriter<UploadResponse>, CancellationToken, Task>? Upload { get; set; }

    /// <summary>What it passes on of what was sent; null for nothing.</summary>
    public Func<UploadRequest, UploadRequest?>? UploadRequest { get; set; }

    /// <summary>What it makes of each real answer to an upload.</summary>
    public Func<Progress, IEnumerable<Progress>>? Progress { get; set; }

    /// <summary>What <see cref="Instead"/> gives goes compressed.</summary>
    public bool Compresses { get; set; }

    /// <summary>It takes questions, and says nothing.</summary>
    public bool IsSilent { get; set; }

    public Task WaitAsync(CancellationToken cancellationToken) => IsSilent ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask;
}
