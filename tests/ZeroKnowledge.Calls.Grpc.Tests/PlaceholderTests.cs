using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;

namespace ZeroKnowledge.Calls.Grpc.Tests;

// Stands here until the first test of the recorder does.
public class PlaceholderTests
{
    [SkippableFact]
    public async Task Ping_ArchiveInProcess_Answers()
    {
        Skip.If(OperatingSystem.IsBrowser());
        DirectoryInfo data = Directory.CreateTempSubdirectory("zkcalls-");
        try
        {
            await using WebApplication archive = ArchiveHost.Build("--data", data.FullName);
            await archive.StartAsync();
            using GrpcChannel channel = GrpcChannel.ForAddress(archive.Urls.Single());

            await Placeholder.PingAsync(channel, CancellationToken.None);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
