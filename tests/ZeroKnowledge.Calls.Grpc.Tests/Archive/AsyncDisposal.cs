namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>Disposes at the end of a test what the framework would dispose at the end of a class.</summary>
internal sealed class AsyncDisposal(Func<Task> dispose) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await dispose();
}
