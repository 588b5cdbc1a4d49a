using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class BeginTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    [Fact]
    public async Task Begin_Again_IsDurableAndStandsWhereItStood()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.WriteAsync(recording.BeginRecord(), recording.ChunkRecord(0));
        await upload.NextAsync();

        Progress progress = await upload.SendAsync(recording.BeginRecord());

        Assert.Equal(Status.Durable, progress.Status);
        Assert.Equal(1u, progress.DurableChunks);
    }

    [Fact]
    public async Task Begin_OtherOpeningRecordWithASignedCheckpoint_IsForked()
    {
        TestRecording recording = archive.NewRecording();
        using UploadSession upload = archive.Upload();
        await upload.SendAsync(recording.BeginRecord());
        TestRecording clone = recording.Clone(0);
        clone.Opening = RandomNumberGenerator.GetBytes(clone.Opening.Length);

        Assert.Equal(Status.Forked, (await upload.SendAsync(clone.BeginRecord())).Status);
    }

    [Fact]
    public async Task Begin_ByAnUnknownGateway_IsInvalid()
    {
        using var stranger = GatewayKey.Generate();
        await RefusesAsync(new TestRecording(stranger).BeginRecord(), "trust list");
    }

    [Fact]
    public async Task Begin_BeforeTheGatewayKeyWasValid_IsInvalid() =>
        await RefusesAsync(new TestRecording(archive.Gateway, begunMs: 1).BeginRecord(), "trust list");

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(171)]
    [InlineData(235)]
    public async Task Begin_OneBitOfTheHeaderFlipped_IsInvalid(int at)
    {
        TestRecording recording = archive.NewRecording();
        byte[] header = recording.Header.ToArray();
        header[at] ^= 1;
        Record record = recording.BeginRecord();
        record.CoreId = ByteString.CopyFrom(SHA256.HashData(header));
        record.Begin.Header = ByteString.CopyFrom(header);

        await RefusesAsync(record, "header");
    }

    [Fact]
    public async Task Begin_UnderAnotherCoreId_IsInvalid()
    {
        Record record = archive.NewRecording().BeginRecord();
        record.CoreId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));

        await RefusesAsync(record, "core id");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Begin_OpeningRecordOfAnotherSize_IsInvalid(int more)
    {
        TestRecording recording = archive.NewRecording();
        recording.Opening = new byte[recording.Header.StoredOpeningSize + more];

        await RefusesAsync(recording.BeginRecord(), "opening record");
    }

    [Fact]
    public async Task Begin_OpeningRecordThatTheCheckpointDoesNotName_IsInvalid()
    {
        TestRecording recording = archive.NewRecording();
        Record record = recording.BeginRecord();
        record.Begin.OpeningRecord = ByteString.CopyFrom(new byte[recording.Header.StoredOpeningSize]);

        await RefusesAsync(record, "opening record");
    }

    [Fact]
    public async Task Begin_CheckpointOfOneChunk_IsInvalid()
    {
        TestRecording recording = archive.NewRecording();
        Record record = recording.BeginRecord();
        record.Begin.Checkpoint = ByteString.CopyFrom(recording.Checkpoint(1));

        await RefusesAsync(record, "first statement");
    }

    [Fact]
    public async Task Begin_CheckpointOfAnotherRecording_IsInvalid()
    {
        Record record = archive.NewRecording().BeginRecord();
        record.Begin.Checkpoint = ByteString.CopyFrom(archive.NewRecording().Checkpoint(0));

        await RefusesAsync(record, "signature");
    }

    private async Task RefusesAsync(Record record, string why)
    {
        using UploadSession upload = archive.Upload();
        Progress progress = await upload.SendAsync(record);
        Assert.Equal(Status.Invalid, progress.Status);
        Assert.Contains(why, progress.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Status.Unknown, (await upload.SendAsync(new Record { CoreId = record.CoreId, Query = new Query() })).Status);
    }
}
