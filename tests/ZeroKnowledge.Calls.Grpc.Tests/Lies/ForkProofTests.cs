using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>What proves to a gateway that another life signs its recording: any live statement by the recording's own key that this life did not make.</summary>
public sealed class ForkProofTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private LyingArchive _archive = null!;
    private volatile byte[]? _proof;

    public async Task InitializeAsync() => _archive = await LyingArchive.StartAsync(new CallArchive.CallArchiveClient(fixture.Channel));

    public async Task DisposeAsync() => await _archive.DisposeAsync();

    [Fact]
    public async Task Forked_ByAStatementThatThisLifeNeverMade_GoesOnInALinkedRecording()
    {
        await using LiedToGateway gateway = await StartAsync();
        CallWriter call = await gateway.BeginAsync("forked");
        await gateway.WriteAsync(call);
        CoreId first = (await gateway.HeaderAsync(call)).CoreId;

        // The same count as a checkpoint of this life may have, and another time: another life's.
        byte[] statement = new byte[Statement.Size];
        call.Life.Writer!.WriteCheckpoint(TimeProvider.System.GetUtcNow().AddHours(1), statement);
        _proof = statement;
        await gateway.Log.SaysAsync("another life of this recording");
        while (call.Life.Previous != first)
        {
            await gateway.WriteAsync(call, frames: 1);
        }

        _proof = null;
        await gateway.WriteAsync(call);
        call.Complete();
        Receipt receipt = await call.Durable.WaitAsync(Patience);
        Assert.NotEqual(first, receipt.CoreId);
        Assert.Empty(gateway.Failures);
    }

    [Fact]
    public async Task Forked_ByAStatementOfThisLife_IsNoProof()
    {
        await using LiedToGateway gateway = await StartAsync();
        CallWriter call = await gateway.BeginAsync("not forked");
        await gateway.WriteAsync(call);
        _proof = (await gateway.FirstCheckpointAsync(call)).ToArray();
        await gateway.Log.SaysAsync("(Forked)");
        _proof = null;
        Assert.True(call.Life.Previous.IsZero);
        call.Complete();
        await gateway.StoredByAnHonestArchiveAsync();
    }

    private async Task<LiedToGateway> StartAsync()
    {
        _archive.Lies.Progress = progress => _proof is { } proof && progress.Status == Status.Durable
            ? [new Progress { CoreId = progress.CoreId, Status = Status.Forked, Conflict = { ByteString.CopyFrom(proof) } }]
            : [progress];
        return await LiedToGateway.StartAsync(fixture, _archive.Channel);
    }
}
