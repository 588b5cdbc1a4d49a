namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>An archive for one test alone, which stops it, starts it again, or looks at its files.</summary>
internal sealed class OwnArchive : IAsyncDisposable
{
    public ArchiveFixture Archive { get; } = new();

    public Task StartAsync() => Archive.InitializeAsync();

    public async ValueTask DisposeAsync() => await Archive.DisposeAsync();
}
