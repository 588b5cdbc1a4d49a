using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class StatementUploadTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    private readonly TestRecording _recording = archive.NewRecording(200);

    [Fact]
    public async Task Checkpoint_InOrder_IsDurable()
    {
        using UploadSession upload = await SendAsync(chunks: 5);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(5)));

        Assert.Equal((Status.Durable, 5u), (progress.Status, progress.DurableStatements));
    }

    [Fact]
    public async Task Checkpoint_BehindTheChunks_IsDurable()
    {
        using UploadSession upload = await SendAsync(chunks: 9);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(5)));

        Assert.Equal((Status.Durable, 5u, 9u), (progress.Status, progress.DurableStatements, progress.DurableChunks));
    }

    [Fact]
    public async Task Checkpoint_BelowTheNewest_IsDurableAndChangesNothing()
    {
        using UploadSession upload = await SendAsync(chunks: 150, 150);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(70)));

        Assert.Equal((Status.Durable, 150u), (progress.Status, progress.DurableStatements));
    }

    [Fact]
    public async Task Checkpoint_AboveTheChunks_IsOutOfOrder()
    {
        using UploadSession upload = await SendAsync(chunks: 5);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(6)));

        Assert.Equal((Status.OutOfOrder, 0u), (progress.Status, progress.DurableStatements));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(14)]
    [InlineData(90)]
    [InlineData(120)]
    [InlineData(160)]
    [InlineData(223)]
    public async Task Checkpoint_OneBitFlipped_IsInvalid(int at)
    {
        using UploadSession upload = await SendAsync(chunks: 5);
        byte[] statement = _recording.Checkpoint(5);
        statement[at] ^= 1;

        Assert.Equal(Status.Invalid, (await upload.SendAsync(_recording.StatementRecord(statement))).Status);
    }

    [Fact]
    public async Task Checkpoint_OverOtherProvisionalChunks_IsDifferent()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 4);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Clone(5).Checkpoint(6)));

        Assert.Equal((Status.Different, 4u), (progress.Status, progress.DurableStatements));
    }

    [Fact]
    public async Task Checkpoint_Conflicting_ForksAndKeepsBoth()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 6);
        TestRecording clone = _recording.Clone(2);

        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.StatementRecord(clone.Checkpoint(4)))).Status);

        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.ChunkRecord(6))).Status);
        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(6)))).Status);
        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.EndRecord(6))).Status);
        StoredRecording stored = await archive.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(_recording.Id.ToArray()) });
        Assert.Contains(ByteString.CopyFrom(clone.Checkpoint(4)), stored.Statements);
        Assert.Contains(ByteString.CopyFrom(_recording.Checkpoint(6)), stored.Statements);
        var set = new StatementSet(_recording.Header, TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, archive.Gateway.PublicKey)));
        stored.Statements.ToList().ForEach(statement => set.Add(statement.Span));
        set.CheckPrefix(4, _recording.Root(4));
        set.CheckPrefix(6, _recording.Root(6));
        Assert.True(set.IsForked);
    }

    [Fact]
    public async Task Checkpoint_NamingAnotherOpeningRecord_Forks()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        TestRecording clone = _recording.Clone(200);
        clone.Opening = RandomNumberGenerator.GetBytes(clone.Opening.Length);

        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.StatementRecord(clone.Checkpoint(3)))).Status);
    }

    [Fact]
    public async Task Checkpoint_AboveTheSeal_Forks()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        await upload.SendAsync(_recording.EndRecord(6));

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(7)));

        Assert.Equal((Status.Forked, true), (progress.Status, progress.Sealed));
    }

    [Fact]
    public async Task Seal_SentAsAStatement_IsInvalid()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        Assert.Equal(Status.Invalid, (await upload.SendAsync(_recording.StatementRecord(_recording.Seal(6)))).Status);
    }

    [Fact]
    public async Task Checkpoints_ForEveryChunk_AreThinnedToOneIn64()
    {
        using UploadSession upload = await SendAsync(chunks: 200, [.. Enumerable.Range(1, 200)]);

        StoredRecording stored = await archive.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(_recording.Id.ToArray()) });

        Assert.Equal([0, 64, 128, 192, 200], stored.Statements.Select(Parse).Select(s => s.ChunkCount).Order());
    }

    [Fact]
    public async Task End_Whole_IsSealedWithAReceipt()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 4);

        Progress progress = await upload.SendAsync(_recording.EndRecord(6));

        Assert.Equal((Status.Durable, true, 6u), (progress.Status, progress.Sealed, progress.DurableStatements));
        Assert.True(Receipt.TryParse(progress.Receipt.Span, out Receipt? receipt, out _));
        Assert.True(receipt.Matches(Parse(ByteString.CopyFrom(_recording.Seal(6)))));
    }

    [Fact]
    public async Task End_BeforeItsChunks_IsOutOfOrder()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        Assert.Equal(Status.OutOfOrder, (await upload.SendAsync(_recording.EndRecord(7))).Status);
    }

    [Fact]
    public async Task End_OverOtherProvisionalChunks_IsDifferent()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 4);
        Assert.Equal(Status.Different, (await upload.SendAsync(_recording.Clone(5).EndRecord(6))).Status);
    }

    [Fact]
    public async Task End_BelowProvisionalChunks_DropsThem()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 4);

        Progress progress = await upload.SendAsync(_recording.EndRecord(5));

        Assert.Equal((Status.Durable, true, 5u), (progress.Status, progress.Sealed, progress.DurableChunks));
    }

    [Fact]
    public async Task End_BelowASignedCount_Forks()
    {
        using UploadSession upload = await SendAsync(chunks: 6, 6);
        Assert.Equal(Status.Forked, (await upload.SendAsync(_recording.EndRecord(5))).Status);
    }

    [Fact]
    public async Task End_AnotherSeal_Forks()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        await upload.SendAsync(_recording.EndRecord(6));
        TestRecording clone = _recording.Clone(200);
        clone.Closing = RandomNumberGenerator.GetBytes(clone.Closing.Length);

        Assert.Equal(Status.Forked, (await upload.SendAsync(clone.EndRecord(6))).Status);
    }

    [Fact]
    public async Task End_ClosingRecordThatTheSealDoesNotName_IsInvalid()
    {
        using UploadSession upload = await SendAsync(chunks: 6);
        Record record = _recording.EndRecord(6);
        record.End.ClosingRecord = ByteString.CopyFrom(new byte[record.End.ClosingRecord.Length]);

        Assert.Equal(Status.Invalid, (await upload.SendAsync(record)).Status);
    }

    private static Statement Parse(ByteString bytes) =>
        Statement.TryParse(bytes.Span, out Statement? statement, out string? error) ? statement : throw new InvalidOperationException(error);

    private async Task<UploadSession> SendAsync(int chunks, params int[] checkpoints)
    {
        UploadSession upload = archive.Upload();
        var records = new List<Record> { _recording.BeginRecord() };
        for (int i = 1; i <= chunks; i++)
        {
            records.Add(_recording.ChunkRecord(i - 1));
            if (checkpoints.Contains(i))
            {
                records.Add(_recording.StatementRecord(_recording.Checkpoint(i)));
            }
        }

        await upload.WriteAsync(records);
        Assert.Equal(Status.Durable, Assert.Single((await upload.NextAsync()).Progress).Status);
        return upload;
    }
}
