using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class UploadTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    [Fact]
    public async Task Upload_WholeRecording_IsDurableSealedAndReceipted()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();

        Progress last = (await upload.SendAllAsync(recording.All()))[^1];

        Assert.Equal(Status.Durable, last.Status);
        Assert.Equal(10u, last.DurableChunks);
        Assert.Equal(10u, last.DurableStatements);
        Assert.True(last.Sealed);
        Assert.True(Receipt.TryParse(last.Receipt.Span, out Receipt? receipt, out _));
        Assert.True(receipt.Verify(archive.Trust));
        Assert.Equal(recording.Id, receipt.CoreId);
        Assert.Equal(recording.Root(10), receipt.Root.ToArray());
    }

    [Fact]
    public async Task Upload_ManyRecordingsInOneStream_AreAllDurable()
    {
        List<TestRecording> recordings = [.. Enumerable.Range(0, 50).Select(_ => archive.NewRecording(20))];
        using UploadSession upload = archive.Upload();
        for (int i = 0; i < 20; i++)
        {
            await upload.WriteAsync(recordings.SelectMany(r => i == 0 ? [r.BeginRecord(), r.ChunkRecord(0)] : (IEnumerable<Record>)[r.ChunkRecord(i)]));
        }

        List<Progress> progress = await upload.FinishAsync();

        Assert.All(progress, p => Assert.Equal(Status.Durable, p.Status));
        Assert.All(recordings, r => Assert.Equal(20u, progress.Last(p => p.CoreId.Span.SequenceEqual(r.Id.ToArray())).DurableChunks));
    }

    [Fact]
    public async Task Upload_SameRecordsAgain_AreDurableAgain()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession first = archive.Upload();
        ByteString receipt = (await first.SendAllAsync(recording.All()))[^1].Receipt;
        using UploadSession second = archive.Upload();

        List<Progress> again = await second.SendAllAsync(recording.All());

        Assert.All(again, p => Assert.Equal(Status.Durable, p.Status));
        Assert.Equal(receipt, again[^1].Receipt);
    }

    [Fact]
    public async Task Upload_TwoStreamsWithTheSameRecording_StayConsistent()
    {
        TestRecording recording = archive.NewRecording(200);
        using UploadSession a = archive.Upload();
        using UploadSession b = archive.Upload();
        await a.SendAsync(recording.BeginRecord());

        // The old stream still drains while the new one sends the same again, a little ahead and behind.
        Task<List<Progress>> old = SendOneByOneAsync(a, recording);
        Task<List<Progress>> fresh = SendOneByOneAsync(b, recording);

        Assert.DoesNotContain(await old, p => p.Status is not (Status.Durable or Status.OutOfOrder));
        Assert.DoesNotContain(await fresh, p => p.Status is not (Status.Durable or Status.OutOfOrder));
        using UploadSession c = archive.Upload();
        Progress end = (await c.SendAllAsync(recording.All(64)))[^1];
        Assert.True(end.Sealed);
        Assert.Equal(200u, end.DurableChunks);
    }

    [Fact]
    public async Task Query_UnknownRecording_IsUnknown()
    {
        using UploadSession upload = archive.Upload();
        Assert.Equal(Status.Unknown, (await upload.SendAsync(archive.NewRecording().QueryRecord())).Status);
    }

    [Fact]
    public async Task Query_RunningRecording_SaysWhereItStands()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync([recording.BeginRecord(), .. Enumerable.Range(0, 5).Select(recording.ChunkRecord), recording.StatementRecord(recording.Checkpoint(3))]);

        await upload.WriteAsync(recording.QueryRecord());
        Progress progress = (await upload.FinishAsync())[^1];

        Assert.Equal(Status.Durable, progress.Status);
        Assert.Equal(5u, progress.DurableChunks);
        Assert.Equal(3u, progress.DurableStatements);
        Assert.False(progress.Sealed);
        Assert.True(progress.Receipt.IsEmpty);
    }

    [Fact]
    public async Task Chunk_BeforeBegin_IsUnknown()
    {
        using UploadSession upload = archive.Upload();
        Assert.Equal(Status.Unknown, (await upload.SendAsync(archive.NewRecording().ChunkRecord(0))).Status);
    }

    [Fact]
    public async Task Chunk_AboveNext_IsOutOfOrder()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.SendAsync(recording.BeginRecord());

        Progress progress = await upload.SendAsync(recording.ChunkRecord(1));

        Assert.Equal(Status.OutOfOrder, progress.Status);
        Assert.Equal(0u, progress.DurableChunks);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Chunk_OfAnotherSize_IsInvalid(int more)
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.SendAsync(recording.BeginRecord());
        recording.Chunks[0] = new byte[recording.Header.StoredChunkSize + more];

        Assert.Equal(Status.Invalid, (await upload.SendAsync(recording.ChunkRecord(0))).Status);
    }

    [Fact]
    public async Task Chunk_OtherBytesWhereProvisional_IsDifferent()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync([recording.BeginRecord(), .. Enumerable.Range(0, 6).Select(recording.ChunkRecord), recording.StatementRecord(recording.Checkpoint(4))]);
        await upload.NextAsync();

        Assert.Equal(Status.Different, (await upload.SendAsync(recording.Clone(4).ChunkRecord(4))).Status);
    }

    [Fact]
    public async Task Chunk_OtherBytesWhereSigned_IsInvalidAndSaysSo()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync([recording.BeginRecord(), .. Enumerable.Range(0, 6).Select(recording.ChunkRecord), recording.StatementRecord(recording.Checkpoint(4))]);
        await upload.NextAsync();

        Progress progress = await upload.SendAsync(recording.Clone(3).ChunkRecord(3));

        Assert.Equal(Status.Invalid, progress.Status);
        Assert.Contains("contradicts what is signed", progress.Message, StringComparison.Ordinal);
        Assert.Equal(6u, progress.DurableChunks);
    }

    [Fact]
    public async Task Chunk_AfterTheSeal_IsInvalid()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync([recording.BeginRecord(), recording.ChunkRecord(0), recording.EndRecord(1)]);
        await upload.NextAsync();

        Assert.Equal(Status.Invalid, (await upload.SendAsync(recording.ChunkRecord(1))).Status);
    }

    [Fact]
    public async Task Chunk_WithoutRoomOnTheDisk_IsLimitAndEndsAreTaken()
    {
        await using var full = new OwnArchive();
        await full.StartAsync();
        TestRecording recording = full.Archive.NewRecording(2);
        using (UploadSession upload = full.Archive.Upload())
        {
            await upload.SendAllAsync([recording.BeginRecord(), recording.ChunkRecord(0)]);
        }

        await full.Archive.StopAsync();
        await full.Archive.StartAsync("--reserve", "1000000000");
        using UploadSession again = full.Archive.Upload();

        Assert.Equal(Status.Limit, (await again.SendAsync(recording.ChunkRecord(1))).Status);
        Assert.Equal(Status.Limit, (await again.SendAsync(full.Archive.NewRecording().BeginRecord())).Status);
        Assert.True((await again.SendAsync(recording.EndRecord(1))).Sealed);
    }

    private static async Task<List<Progress>> SendOneByOneAsync(UploadSession upload, TestRecording recording)
    {
        for (int i = 0; i < recording.Chunks.Count; i++)
        {
            await upload.WriteAsync(recording.ChunkRecord(i));
            if (RandomNumberGenerator.GetInt32(20) == 0)
            {
                await upload.WriteAsync(recording.StatementRecord(recording.Checkpoint(i + 1)));
            }
        }

        return await upload.FinishAsync();
    }
}
