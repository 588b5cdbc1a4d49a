using Grpc.Net.Client;

namespace ZeroKnowledge.Calls.Grpc;

// Stands here until the recorder does.
internal static class Placeholder
{
    internal static async Task PingAsync(GrpcChannel channel, CancellationToken cancellationToken) =>
        await new Protos.Archive.ArchiveClient(channel)
            .PingAsync(new Protos.PingRequest(), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
}
