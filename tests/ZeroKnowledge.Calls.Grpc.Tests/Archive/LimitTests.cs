using System.Diagnostics;
using System.Globalization;
using Google.Protobuf.Collections;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class LimitTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TenantArchive _archive = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _archive.DisposeAsync();

    [Fact]
    public async Task Begin_BeyondTheRecordings_IsRefusedUntilOneIsDeleted()
    {
        await _archive.StartAsync("""{ "recordings": 2 }""");
        List<TestRecording> three = [.. Enumerable.Range(0, 3).Select(_ => new TestRecording(_archive.Gateway, 2))];
        using UploadSession upload = Writer();
        Assert.Equal(Status.Durable, (await upload.SendAsync(three[0].BeginRecord())).Status);
        Assert.Equal(Status.Durable, (await upload.SendAsync(three[1].BeginRecord())).Status);

        Progress refused = await upload.SendAsync(three[2].BeginRecord());

        Assert.Equal(Status.LimitRecordings, refused.Status);
        Assert.Contains("2 recordings", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Status.Unknown, (await upload.SendAsync(three[2].ChunkRecord(0))).Status);

        // What runs goes on; sent again, it is no further one; another tenant has its own.
        Assert.Equal(Status.Durable, (await upload.SendAsync(three[1].BeginRecord())).Status);
        await upload.WriteAsync(three[0].ChunkRecord(0), three[0].EndRecord(1));
        Assert.True((await upload.NextAsync()).Progress[^1].Sealed);
        using (var beta = new UploadSession(_archive.As("CN=gateway-1,O=beta")))
        {
            Assert.Equal(Status.Durable, (await beta.SendAsync(three[2].BeginRecord())).Status);
        }

        await DeleteAsync(three[0].Id);
        Assert.Equal(Status.Durable, (await upload.SendAsync(three[2].BeginRecord())).Status);
    }

    [Fact]
    public async Task Chunk_BeyondTheBytes_IsRefusedAndTheRecordingCanBeFinished()
    {
        var recording = new TestRecording(_archive.Gateway, 4);
        long limit = recording.Header.StoredOpeningSize + (2L * recording.Header.StoredChunkSize);
        await _archive.StartAsync(string.Create(CultureInfo.InvariantCulture, $$"""{ "bytes": {{limit}} }"""));
        using UploadSession upload = Writer();
        await upload.WriteAsync(recording.BeginRecord(), recording.ChunkRecord(0), recording.ChunkRecord(1));
        await upload.NextAsync();

        Progress refused = await upload.SendAsync(recording.ChunkRecord(2));

        Assert.Equal((Status.LimitBytes, 2u), (refused.Status, refused.DurableChunks));
        Assert.Contains($"{limit} bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Status.LimitBytes, (await upload.SendAsync(new TestRecording(_archive.Gateway).BeginRecord())).Status);

        // A replacement that adds nothing is taken, one that does is not.
        TestRecording clone = recording.Clone(1);
        Assert.Equal(Status.LimitBytes, (await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(3), 1, 3))).Status);
        Assert.Equal(Status.Durable, (await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(2), 1, 2))).Status);
        Assert.True((await upload.SendAsync(clone.EndRecord(2))).Sealed);

        await DeleteAsync(recording.Id);
        Assert.Equal(Status.Durable, (await upload.SendAsync(new TestRecording(_archive.Gateway).BeginRecord())).Status);
    }

    [Fact]
    public async Task Upload_AfterARestart_HasTheSameUse()
    {
        await _archive.StartAsync("""{ "recordings": 1 }""");
        using (UploadSession upload = Writer())
        {
            await upload.SendAsync(new TestRecording(_archive.Gateway).BeginRecord());
        }

        await _archive.StopAsync();
        await _archive.StartAsync("""{ "recordings": 1 }""");
        using UploadSession again = Writer();

        Assert.Equal(Status.LimitRecordings, (await again.SendAsync(new TestRecording(_archive.Gateway).BeginRecord())).Status);
    }

    [Fact]
    public async Task Upload_FasterThanTheRate_IsRefusedForAMoment()
    {
        await _archive.StartAsync("""{ "bytesPerSecond": 2000, "messageBytes": 16384 }""");
        var recording = new TestRecording(_archive.Gateway, 1_000);
        using UploadSession upload = Writer();
        await upload.SendAsync(recording.BeginRecord());
        var patience = Stopwatch.StartNew();
        Progress? refused = null;
        int durable = 0;
        while (refused is null)
        {
            Assert.True(patience.Elapsed < Patience, "The rate was never reached.");

            // What follows a refused chunk is refused too, but not what finishes a recording.
            await upload.WriteAsync([.. Enumerable.Range(durable, 20).Select(recording.ChunkRecord), recording.StatementRecord(recording.Checkpoint(0)), recording.QueryRecord()]);
            RepeatedField<Progress> progress = (await upload.NextAsync()).Progress;
            Assert.Contains(progress, one => one.Status == Status.Durable);
            Assert.DoesNotContain(progress, one => one.Status is not (Status.Durable or Status.LimitRate));
            refused = progress.FirstOrDefault(one => one.Status == Status.LimitRate);
            durable = (int)progress[0].DurableChunks;
        }

        Assert.Contains("2000 bytes a second", refused.Message, StringComparison.Ordinal);

        // The stream goes on; what was refused is taken a moment later.
        while ((await upload.SendAsync(recording.ChunkRecord(durable))).Status != Status.Durable)
        {
            Assert.True(patience.Elapsed < Patience, "The rate never recovered.");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task Upload_ChunkRefusedForTheRate_TakesTheRestOfItsMessageAlong()
    {
        await _archive.StartAsync("""{ "bytesPerSecond": 2000, "messageBytes": 16384 }""");
        var large = new TestRecording(_archive.Gateway, 500, payload: 8_000);
        var small = new TestRecording(_archive.Gateway, 500);
        using UploadSession upload = Writer();
        await upload.SendAsync(large.BeginRecord());
        await upload.SendAsync(small.BeginRecord());
        var patience = Stopwatch.StartNew();
        RepeatedField<Progress> progress = [new Progress(), new Progress()];
        while (progress[0].Status != Status.LimitRate)
        {
            Assert.True(patience.Elapsed < Patience, "The rate was never reached.");
            await upload.WriteAsync(large.ChunkRecord((int)progress[0].DurableChunks), small.ChunkRecord((int)progress[1].DurableChunks));
            progress = (await upload.NextAsync()).Progress;
            Assert.Equal(2, progress.Count);
        }

        // There would have been room for the small one.
        Assert.Equal(Status.LimitRate, progress[1].Status);
    }

    [Fact]
    public async Task Upload_MessageLongerThanTheTenantsLimit_IsRefusedRecordByRecordAndTheStreamGoesOn()
    {
        await _archive.StartAsync("""{ "messageBytes": 8192 }""");
        var recording = new TestRecording(_archive.Gateway, 40);
        using UploadSession upload = Writer();
        await upload.SendAsync(recording.BeginRecord());

        await upload.WriteAsync([.. Enumerable.Range(0, 40).Select(recording.ChunkRecord), recording.EndRecord(0)]);
        Progress refused = (await upload.NextAsync()).Progress.Single();

        Assert.Equal((Status.LimitMessage, 0u, false), (refused.Status, refused.DurableChunks, refused.Sealed));
        Assert.Contains("8192 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1u, (await upload.SendAsync(recording.ChunkRecord(0))).DurableChunks);
        GetArchiveInfoResponse response = await _archive.As("CN=gateway-1,O=alpha").GetArchiveInfoAsync(new GetArchiveInfoRequest());
        Assert.True(ArchiveInfo.TryParse(response.Info.Span, out ArchiveInfo? info, out _));
        Assert.Equal(8192, info.LargestMessage);
    }

    [Fact]
    public async Task Delete_BeyondTheTombstones_IsRefusedForWhatIsNotThereOnly()
    {
        await _archive.StartAsync("""{ "tombstones": 1 }""");
        TestRecording stored = await _archive.UploadAsync("alpha");
        var unknown = new TestRecording(_archive.Gateway);
        await DeleteAsync(unknown.Id);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => DeleteAsync(new TestRecording(_archive.Gateway).Id));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        await DeleteAsync(unknown.Id);
        await DeleteAsync(stored.Id);
    }

    [Fact]
    public async Task NameReader_BeyondTheReaders_IsRefusedUntilOneIsRemovedOrItsRecordingDeleted()
    {
        await _archive.StartAsync("""{ "readers": 2 }""");
        TestRecording one = await _archive.UploadAsync("alpha");
        TestRecording two = await _archive.UploadAsync("alpha");
        DateTimeOffset later = DateTimeOffset.UtcNow.AddDays(1);
        var owner = new ArchiveClient(_archive.Connect(_archive.Authority.Issue("CN=owner,O=alpha")));
        await owner.NameReaderAsync(one.Id, "CN=a", later);
        await owner.NameReaderAsync(one.Id, "CN=b", later);

        ArchiveException e = await Assert.ThrowsAsync<ArchiveException>(() => owner.NameReaderAsync(two.Id, "CN=a", later));

        Assert.Contains("2 readers", e.Message, StringComparison.Ordinal);
        await owner.NameReaderAsync(one.Id, "CN=b", later.AddDays(1));
        await owner.RemoveReaderAsync(one.Id, "CN=b");
        await owner.NameReaderAsync(two.Id, "CN=a", later);
        await owner.DeleteAsync(one.Id, _archive.Trust);
        await owner.NameReaderAsync(two.Id, "CN=b", later);
    }

    private UploadSession Writer() => new(_archive.As("CN=gateway-1,O=alpha"));

    private async Task DeleteAsync(CoreId id) => await _archive.As("CN=owner,O=alpha").DeleteRecordingAsync(
        new DeleteRecordingRequest { CoreId = TestRecording.Bytes(id.ToArray()) });
}
