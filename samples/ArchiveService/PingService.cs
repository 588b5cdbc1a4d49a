using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService;

// Stands here until the archive's calls do.
internal sealed class PingService : Archive.ArchiveBase
{
    public override Task<PingResponse> Ping(PingRequest request, ServerCallContext context) =>
        Task.FromResult(new PingResponse());
}
