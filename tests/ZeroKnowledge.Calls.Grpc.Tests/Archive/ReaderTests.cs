using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class ReaderTests(TenantArchive archive) : IClassFixture<TenantArchive>
{
    private const string Auditor = "CN=auditor,O=Audits,C=DE";
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddDays(1);

    private ArchiveClient Owner => new(archive.Connect(archive.Authority.Issue("CN=owner,O=beta")));

    [Fact]
    public async Task NameReader_ForARange_MayReadThatAndNoMore()
    {
        TestRecording recording = await archive.UploadAsync("beta", 20);
        CallArchive.CallArchiveClient auditor = archive.As(Auditor);
        string never = await ReadAsync(auditor, new TestRecording(archive.Gateway), 4, 8);
        Assert.Equal(never, await ReadAsync(auditor, recording, 4, 8));

        await Owner.NameReaderAsync(recording.Id, Auditor, Later, [new ChunkRange(4, 8), new ChunkRange(10, 20)]);

        StoredRecording stored = await auditor.GetRecordingAsync(Request(recording));
        Assert.Equal((20u, true), (stored.Chunks, stored.Header.Span.SequenceEqual(recording.Header.ToArray())));
        Assert.Contains(stored.Statements, statement => statement.Span.SequenceEqual(recording.Seal(20)));
        foreach ((uint first, uint end, bool may) in new[]
        {
            (4u, 8u, true), (5u, 6u, true), (10u, 20u, true), (3u, 8u, false), (4u, 9u, false), (4u, 20u, false), (0u, 20u, false), (20u, 21u, false), (8u, 10u, false), (7u, 11u, false),
        })
        {
            string answer = await ReadAsync(auditor, recording, first, end);
            Assert.True(may ? answer != never && answer.Length > 300 : answer == never, $"{first} to {end}: {answer}");
        }

        // It lists nothing, names nobody, deletes nothing, and another is none.
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(
            () => auditor.ListRecordings(new ListRecordingsRequest()).ResponseStream.MoveNext(CancellationToken.None))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(
            () => auditor.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = Request(recording).CoreId }).ResponseAsync)).StatusCode);
        Assert.Equal(never, await ReadAsync(archive.As("CN=auditor2,O=Audits,C=DE"), recording, 4, 8));
    }

    [Fact]
    public async Task NameReader_ForAll_MayOpenAndVerifyTheRecording()
    {
        TestRecording recording = await archive.UploadAsync("beta", 20);
        await Owner.NameReaderAsync(recording.Id, Auditor, Later);

        TrustList trust = TrustList.Of(ArchiveFixture.Trusted(TrustedKeyKind.Gateway, archive.Gateway.PublicKey));
        await using Recording opened = await new ArchiveClient(archive.Connect(archive.Authority.Issue(Auditor)))
            .OpenAsync(recording.Id, new ReaderOptions { Trust = trust });

        Assert.Equal(RecordingState.Complete, (await opened.VerifyAsync()).State);
    }

    [Fact]
    public async Task NameReader_Again_HoldsAsNamedLast()
    {
        TestRecording recording = await archive.UploadAsync("beta");
        await Owner.NameReaderAsync(recording.Id, Auditor, Later, [new ChunkRange(0, 4)]);
        await Owner.NameReaderAsync(recording.Id, Auditor, Later, [new ChunkRange(4, 8)]);

        CallArchive.CallArchiveClient auditor = archive.As(Auditor);
        string outside = await ReadAsync(auditor, recording, 0, 4);

        Assert.StartsWith("NotFound", outside, StringComparison.Ordinal);
        Assert.NotEqual(outside, await ReadAsync(auditor, recording, 4, 8));
        Assert.Equal([4], (await ListAsync(recording)).Select(reader => reader.Ranges.Single().First));
    }

    [Fact]
    public async Task NameReader_UntilAPastTime_MayNotRead()
    {
        TestRecording recording = await archive.UploadAsync("beta");
        await Owner.NameReaderAsync(recording.Id, Auditor, DateTimeOffset.UtcNow.AddSeconds(-1));

        Assert.StartsWith("NotFound", await ReadAsync(archive.As(Auditor), recording, 0, 1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemoveReader_Named_MayNotReadAnyMore()
    {
        TestRecording recording = await archive.UploadAsync("beta");
        await Owner.NameReaderAsync(recording.Id, Auditor, Later);
        await Owner.RemoveReaderAsync(recording.Id, Auditor);
        await Owner.RemoveReaderAsync(recording.Id, Auditor);

        Assert.StartsWith("NotFound", await ReadAsync(archive.As(Auditor), recording, 0, 1), StringComparison.Ordinal);
        Assert.Empty(await ListAsync(recording));
    }

    [Fact]
    public async Task RemoveReader_WhileItReads_EndsTheRead()
    {
        // More than the flow control's windows hold, so that the archive has not sent all of it when it stops.
        var recording = new TestRecording(archive.Gateway, 60, payload: 1_000_000);
        using (var upload = new UploadSession(archive.As("CN=gateway-1,O=beta")))
        {
            foreach (Protos.Record[] some in recording.All().Chunk(8))
            {
                await upload.WriteAsync(some);
            }

            Assert.True((await upload.FinishAsync())[^1].Sealed);
        }

        await Owner.NameReaderAsync(recording.Id, Auditor, Later);
        using AsyncServerStreamingCall<ReadChunksResponse> call = archive.As(Auditor).ReadChunks(
            new ReadChunksRequest { CoreId = Request(recording).CoreId, First = 0, End = 60 });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        await Owner.RemoveReaderAsync(recording.Id, Auditor);

        int messages = 1;
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                messages++;
            }
        });
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
        Assert.InRange(messages, 1, 59);
    }

    [Fact]
    public async Task ListReaders_OfOneAndOfAll_GivesWhoWasNamed()
    {
        TestRecording one = await archive.UploadAsync("beta");
        TestRecording two = await archive.UploadAsync("beta");
        await Owner.NameReaderAsync(one.Id, Auditor, Later, [new ChunkRange(1, 3), new ChunkRange(3, 4)]);
        await Owner.NameReaderAsync(two.Id, "CN=\"Court, the\",C=DE", Later, []);

        ArchiveReader first = (await ListAsync(one)).Single();
        ArchiveReader second = (await ListAsync(two)).Single();
        List<CoreId> all = [.. (await ListAsync(null)).Select(reader => reader.CoreId)];

        Assert.Equal((one.Id, Auditor), (first.CoreId, first.Subject));
        Assert.Equal([new ChunkRange(1, 3), new ChunkRange(3, 4)], first.Ranges);
        Assert.Equal(Later.ToUnixTimeMilliseconds(), first.NotAfter.ToUnixTimeMilliseconds());
        Assert.Empty(second.Ranges);
        Assert.Contains(one.Id, all);
        Assert.Contains(two.Id, all);

        // What was listed names the same reader.
        await Owner.RemoveReaderAsync(two.Id, second.Subject);
        Assert.Empty(await ListAsync(two));
    }

    [Fact]
    public async Task NamedReaders_AfterARestart_AreThereAndAfterADeletionGone()
    {
        var own = new TenantArchive();
        await using var disposing = new AsyncDisposal(own.DisposeAsync);
        await own.StartAsync();
        TestRecording kept = await own.UploadAsync("beta");
        TestRecording deleted = await own.UploadAsync("beta");
        foreach (TestRecording recording in new[] { kept, deleted })
        {
            await new ArchiveClient(own.Connect(own.Authority.Issue("CN=owner,O=beta"))).NameReaderAsync(recording.Id, Auditor, Later);
        }

        string before = await ReadAsync(own.As(Auditor), kept, 0, 8);
        await new ArchiveClient(own.Connect(own.Authority.Issue("CN=owner,O=beta"))).DeleteAsync(deleted.Id, own.Trust);
        await own.StopAsync();
        await own.StartAsync();

        Assert.Equal(before, await ReadAsync(own.As(Auditor), kept, 0, 8));
        Assert.StartsWith("NotFound: There is no such recording.", await ReadAsync(own.As(Auditor), deleted, 0, 8), StringComparison.Ordinal);
        var owner = new ArchiveClient(own.Connect(own.Authority.Issue("CN=owner,O=beta")));
        Assert.Equal([kept.Id], await owner.ListReadersAsync().Select(reader => reader.CoreId).ToListAsync());
    }

    [Fact]
    public async Task Read_NamedByTwoTenantsForTheSameCoreId_GivesWhatEitherNamed()
    {
        TestRecording beta = await archive.UploadAsync("beta");
        using (var upload = new UploadSession(archive.As("CN=gateway-1,O=alpha")))
        {
            Assert.True((await upload.SendAllAsync(beta.All()))[^1].Sealed);
        }

        await Owner.NameReaderAsync(beta.Id, Auditor, Later, [new ChunkRange(0, 2)]);
        await new ArchiveClient(archive.Connect(archive.Authority.Issue("CN=owner,O=alpha"))).NameReaderAsync(beta.Id, Auditor, Later, [new ChunkRange(6, 8)]);

        CallArchive.CallArchiveClient auditor = archive.As(Auditor);
        Assert.DoesNotContain("NotFound", await ReadAsync(auditor, beta, 0, 2), StringComparison.Ordinal);
        Assert.DoesNotContain("NotFound", await ReadAsync(auditor, beta, 6, 8), StringComparison.Ordinal);
        Assert.StartsWith("NotFound", await ReadAsync(auditor, beta, 0, 8), StringComparison.Ordinal);
    }

    public static TheoryData<string, ulong, uint[]> Bad() => new()
    {
        { "", 1, [0, 1] }, { "nonsense", 1, [0, 1] }, { "CN=", 0, [0, 1] }, { Auditor, 0, [0, 1] }, { Auditor, 1, [1, 1] }, { Auditor, 1, [2, 1] }, { Auditor, 1, [0, 2, 1, 3] },
        { Auditor, 1, [4, 5, 0, 1] }, { Auditor, 1, [0, 16_777_217] }, { Auditor, 1, [.. Enumerable.Range(0, 130).Select(i => (uint)i)] }, { new string('x', 5_000), 1, [0, 1] },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task NameReader_ThatMakesNoSense_IsAnInvalidArgument(string subject, ulong notAfter, uint[] ranges)
    {
        TestRecording recording = await archive.UploadAsync("beta", 1);
        var request = new NameReaderRequest { CoreId = Request(recording).CoreId, Subject = subject, NotAfterMs = notAfter };
        request.Ranges.Add(ranges.Chunk(2).Select(pair => new NamedRange { First = pair[0], End = pair[1] }));

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => archive.As("CN=owner,O=beta").NameReaderAsync(request).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
    }

    private static GetRecordingRequest Request(TestRecording recording) => new() { CoreId = TestRecording.Bytes(recording.Id.ToArray()) };

    private static Task<string> ReadAsync(CallArchive.CallArchiveClient client, TestRecording recording, uint first, uint end) =>
        Answer.OfAsync(client.ReadChunks(new ReadChunksRequest { CoreId = Request(recording).CoreId, First = first, End = end }));

    private async Task<List<ArchiveReader>> ListAsync(TestRecording? recording) => await Owner.ListReadersAsync(recording?.Id).ToListAsync();
}
