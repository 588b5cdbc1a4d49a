using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class RecoveryAndReplacementTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    private readonly TestRecording _recording = archive.NewRecording(20);

    [Fact]
    public async Task Recovery_AfterACrash_IsDurableWithAReceipt()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)));

        Assert.Equal((Status.Durable, 4u, false), (progress.Status, progress.DurableStatements, progress.Sealed));
        Assert.True(Receipt.TryParse(progress.Receipt.Span, out Receipt? receipt, out _));
        Assert.Equal(6, receipt.ChunkCount);
        Assert.True(receipt.Verify(archive.Trust));
        Assert.Equal(progress.Receipt, (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)))).Receipt);
    }

    [Fact]
    public async Task Recovery_BelowALiveStatement_IsDurableAndIgnored()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 6);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(5, 4)));

        Assert.Equal(Status.Durable, progress.Status);
        Assert.True(progress.Receipt.IsEmpty);
    }

    // It was answered as durable and not stored: after a kill just behind a checkpoint there was never a receipt.
    [Theory]
    [InlineData(6)]
    [InlineData(0)]
    public async Task Recovery_OfWhatIsSignedAlready_IsStoredWithAReceipt(int count)
    {
        using UploadSession upload = await SendAsync(count, checkpoint: count);
        byte[] recovery = _recording.Recovery(count, count);

        Progress progress = await upload.SendAsync(_recording.StatementRecord(recovery));

        Assert.Equal((Status.Durable, (uint)count, false), (progress.Status, progress.DurableStatements, progress.Sealed));
        Assert.True(Receipt.TryParse(progress.Receipt.Span, out Receipt? receipt, out string? error), error);
        Assert.True(Statement.TryParse(recovery, out Statement? statement, out error), error);
        Assert.True(receipt.Verify(archive.Trust));
        Assert.True(receipt.Matches(statement));
        Assert.Equal(recovery, (await StoredAsync()).Statements.Single(s => Type(s) == StatementType.Recovery).ToByteArray());
    }

    [Fact]
    public async Task Recovery_OfTheLiveCountAndOtherChunks_IsInvalid()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 6);

        Assert.Equal(Status.Invalid, (await upload.SendAsync(_recording.StatementRecord(_recording.Clone(4).Recovery(6, 4)))).Status);

        Assert.DoesNotContain((await StoredAsync()).Statements, s => Type(s) == StatementType.Recovery);
    }

    [Fact]
    public async Task Recovery_ThenALiveStatementOfItsCount_KeepsItsReceipt()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        ByteString recovered = (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)))).Receipt;

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(6)));

        Assert.Equal((Status.Durable, 6u, recovered), (progress.Status, progress.DurableStatements, progress.Receipt));
    }

    // It kept the older recovery's receipt, and took one that came later for a second one.
    [Fact]
    public async Task Recovery_ThenAHigherLiveStatement_IsIgnoredFromThereOn()
    {
        using UploadSession upload = await SendAsync(chunks: 8, checkpoint: 4);
        ByteString recovered = (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)))).Receipt;

        Assert.True((await upload.SendAsync(_recording.StatementRecord(_recording.Checkpoint(7)))).Receipt.IsEmpty);

        ByteString later = (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(8, 7)))).Receipt;
        Assert.True(Receipt.TryParse(later.Span, out Receipt? receipt, out string? error), error);
        Assert.Equal(8, receipt.ChunkCount);
        Assert.NotEqual(recovered, later);
    }

    [Fact]
    public async Task Recovery_OfASealedRecording_IsDurableAndIgnored()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        Progress end = await upload.SendAsync(_recording.EndRecord(6));

        // Even one that attests other chunks: a stolen gateway key changes nothing.
        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Clone(4).Recovery(6, 4)));

        Assert.Equal((Status.Durable, end.Receipt), (progress.Status, progress.Receipt));
    }

    [Fact]
    public async Task Recovery_AttestingOtherChunks_IsInvalidAndDisplacesNothing()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);

        Assert.Equal(Status.Invalid, (await upload.SendAsync(_recording.StatementRecord(_recording.Clone(4).Recovery(6, 4)))).Status);

        Assert.True((await upload.SendAsync(_recording.EndRecord(6))).Sealed);
    }

    [Fact]
    public async Task Recovery_AboveTheChunks_IsOutOfOrder()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        Assert.Equal(Status.OutOfOrder, (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(7, 4)))).Status);
    }

    [Fact]
    public async Task Recovery_AtATimeWhenTheGatewayKeyIsNotValid_IsInvalid()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        Assert.Equal(Status.Invalid, (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4, timeMs: 1)))).Status);
    }

    [Fact]
    public async Task Recovery_ASecondAndDifferentOne_LeavesTheRecordingOpen()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)));

        Progress progress = await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(5, 4)));

        Assert.Equal(Status.Durable, progress.Status);
        Assert.True(progress.Receipt.IsEmpty);
        Assert.Equal(4, (await StoredAsync()).Statements.Count);
    }

    [Fact]
    public async Task Recovery_ThenTheSeal_IsSealed()
    {
        using UploadSession upload = await SendAsync(chunks: 6, checkpoint: 4);
        ByteString recovered = (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(6, 4)))).Receipt;

        Progress end = await upload.SendAsync(_recording.EndRecord(6));

        Assert.True(end.Sealed);
        Assert.NotEqual(recovered, end.Receipt);
        Assert.Equal(2, (await StoredAsync()).Receipts.Count);
    }

    [Theory]
    [InlineData(4, 10)] // as many as before
    [InlineData(4, 7)] // fewer
    [InlineData(4, 15)] // more
    [InlineData(2, 10)] // from below what is signed on
    [InlineData(8, 10)] // with those that agree left out
    public async Task Replacement_ByALiveStatement_ReplacesProvisionalChunks(int first, int end)
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        TestRecording clone = _recording.Clone(Math.Max(first, 4));

        Progress progress = await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(end), first, end));

        Assert.Equal((Status.Durable, (uint)end, (uint)end), (progress.Status, progress.DurableChunks, progress.DurableStatements));
        Assert.Equal(clone.Chunks.Take(end), await ReadAsync(end));
    }

    [Fact]
    public async Task Replacement_ThenChunksInTheSameMessage_GoOnFromThere()
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        TestRecording clone = _recording.Clone(4);

        await upload.WriteAsync(
            clone.ReplacementRecord(clone.Checkpoint(6), 4, 6), clone.ChunkRecord(5), clone.ChunkRecord(6),
            clone.StatementRecord(clone.Checkpoint(7)), clone.ChunkRecord(7), clone.EndRecord(8));
        List<Progress> progress = await upload.FinishAsync();

        Assert.All(progress, p => Assert.Equal(Status.Durable, p.Status));
        Assert.True(progress[^1].Sealed);
        Assert.Equal(clone.Chunks.Take(8), await ReadAsync(8));
    }

    [Fact]
    public async Task Replacement_OfSignedChunks_ForksOrIsRefused()
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        TestRecording clone = _recording.Clone(3);

        Assert.Equal(Status.Invalid, (await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(8), 3, 8))).Status);
        Assert.Equal(Status.Forked, (await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(4), 3, 4))).Status);
    }

    [Fact]
    public async Task Replacement_WithOtherChunksThanSigned_IsInvalidAndChangesNothing()
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);

        Progress progress = await upload.SendAsync(_recording.Clone(4).ReplacementRecord(_recording.Clone(4).Checkpoint(8), 4, 8));

        Assert.Equal((Status.Invalid, 10u), (progress.Status, progress.DurableChunks));
        Assert.Equal(_recording.Chunks.Take(10), await ReadAsync(10));
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(6, false)]
    public async Task Replacement_AfterARecovery_ForgetsOneThatAttestedWhatIsGone(int recovered, bool isKept)
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        ByteString receipt = (await upload.SendAsync(_recording.StatementRecord(_recording.Recovery(recovered, 4)))).Receipt;
        Assert.False(receipt.IsEmpty);
        TestRecording clone = _recording.Clone(4);

        // A seal counts with its closing record only: until then the recovery is the newest.
        Progress progress = await upload.SendAsync(clone.ReplacementRecord(clone.Seal(9), 4, 9));

        Assert.Equal((Status.Durable, isKept ? receipt : ByteString.Empty), (progress.Status, progress.Receipt));
    }

    [Fact]
    public async Task Replacement_ByARecovery_IsInvalid()
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        TestRecording clone = _recording.Clone(4);
        Assert.Equal(Status.Invalid, (await upload.SendAsync(clone.ReplacementRecord(clone.Recovery(8, 4), 4, 8))).Status);
    }

    [Fact]
    public async Task Replacement_ByASealThenEnd_IsSealed()
    {
        using UploadSession upload = await SendAsync(chunks: 10, checkpoint: 4);
        TestRecording clone = _recording.Clone(4);
        Assert.Equal(Status.Different, (await upload.SendAsync(clone.EndRecord(9))).Status);

        Assert.Equal(Status.Durable, (await upload.SendAsync(clone.ReplacementRecord(clone.Seal(9), 4, 9))).Status);
        Progress end = await upload.SendAsync(clone.EndRecord(9));

        Assert.Equal((Status.Durable, true, 9u), (end.Status, end.Sealed, end.DurableChunks));
    }

    private static StatementType Type(ByteString statement) =>
        Statement.TryParse(statement.Span, out Statement? parsed, out string? error) ? parsed.Type : throw new InvalidOperationException(error);

    private async Task<StoredRecording> StoredAsync() =>
        await archive.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(_recording.Id.ToArray()) });

    private async Task<UploadSession> SendAsync(int chunks, int checkpoint)
    {
        UploadSession upload = archive.Upload();
        await upload.WriteAsync(
        [
            _recording.BeginRecord(),
            .. Enumerable.Range(0, chunks).Select(_recording.ChunkRecord),
            _recording.StatementRecord(_recording.Checkpoint(checkpoint)),
        ]);
        Assert.Equal(Status.Durable, Assert.Single((await upload.NextAsync()).Progress).Status);
        return upload;
    }

    private Task<List<byte[]>> ReadAsync(int end) => archive.ReadAsync(_recording.Id, 0, end);
}
