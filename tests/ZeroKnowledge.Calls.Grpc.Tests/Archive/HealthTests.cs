using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class HealthTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Health_RunningArchive_IsServing()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await HealthAsync(own.Archive.Channel));
    }

    [Fact]
    public async Task Health_WithTenants_AsksForACertificateAndForNoRole()
    {
        var archive = new TenantArchive();
        await using var disposing = new AsyncDisposal(archive.DisposeAsync);
        await archive.StartAsync();

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await HealthAsync(archive.Connect(archive.Authority.Issue("CN=monitor"))));
        await Assert.ThrowsAsync<RpcException>(() => HealthAsync(archive.Connect(certificate: null)));
    }

    [Fact]
    public async Task Health_EngineThatCannotWrite_IsNotServingAndUploadsAreRefused()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();
        TestRecording recording = own.Archive.NewRecording();
        using (UploadSession upload = own.Archive.Upload())
        {
            Assert.True((await upload.SendAllAsync(recording.All()))[^1].Sealed);
        }

        // Under the engine's feet: the files that the deletion has it write have no folder any more.
        Directory.Move(Path.Combine(own.Archive.Data, "engine"), Path.Combine(own.Archive.Data, "gone"));
        await Assert.ThrowsAsync<RpcException>(() => own.Archive.Client.DeleteRecordingAsync(
            new DeleteRecordingRequest { CoreId = TestRecording.Bytes(recording.Id.ToArray()) }).ResponseAsync);

        using UploadSession refused = own.Archive.Upload();
        using var patience = new CancellationTokenSource(Patience);
        while ((await refused.SendAsync(own.Archive.NewRecording().BeginRecord())).Status != Status.Limit)
        {
            patience.Token.ThrowIfCancellationRequested();
        }

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await HealthAsync(own.Archive.Channel));
    }

    [Fact]
    public async Task Health_FromTheBeginningOfAStop_IsNotServingAndNoUploadBegins()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();
        own.Archive.BeginStop();

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await HealthAsync(own.Archive.Channel));
        using UploadSession upload = own.Archive.Upload();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(upload.NextAsync)).StatusCode);
    }

    [Fact]
    public async Task Health_Watched_SaysThatTheArchiveStops()
    {
        await using var archive = new ChildArchive();
        await archive.StartAsync();
        using GrpcChannel channel = GrpcChannel.ForAddress(archive.Url);
        using AsyncServerStreamingCall<HealthCheckResponse> watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest());
        using var patience = new CancellationTokenSource(Patience);
        Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);

        Task<int> ended = archive.TerminateAsync();

        Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        Assert.Equal(0, await ended);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> HealthAsync(GrpcChannel channel) =>
        (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status;
}
