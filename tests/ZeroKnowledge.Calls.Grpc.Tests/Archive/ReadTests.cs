using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class ReadTests(ArchiveFixture archive) : IClassFixture<ArchiveFixture>
{
    [Fact]
    public async Task GetRecording_Sealed_GivesEverythingButChunks()
    {
        TestRecording recording = await UploadAsync(10);

        StoredRecording stored = await archive.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = Id(recording) });

        Assert.Equal(recording.Header.ToArray(), stored.Header.ToByteArray());
        Assert.Equal(recording.Opening, stored.OpeningRecord.ToByteArray());
        Assert.Equal(recording.Closing, stored.ClosingRecord.ToByteArray());
        Assert.Equal(10u, stored.Chunks);
        Assert.Contains(ByteString.CopyFrom(recording.Checkpoint(0)), stored.Statements);
        Assert.Contains(ByteString.CopyFrom(recording.Seal(10)), stored.Statements);
        Assert.Single(stored.Receipts);
    }

    [Fact]
    public async Task GetRecording_Unknown_IsNotFound() =>
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(() => archive.Client.GetRecordingAsync(
            new GetRecordingRequest { CoreId = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)) }).ResponseAsync));

    [Fact]
    public async Task ListRecordings_InPages_GivesAllInOrder()
    {
        var ids = new List<string>();
        for (int i = 0; i < 7; i++)
        {
            ids.Add((await UploadAsync(1)).Id.ToString());
        }

        var listed = new List<string>();
        ByteString after = ByteString.Empty;
        List<StoredRecording> page;
        do
        {
            page = await ListAsync(new ListRecordingsRequest { After = after, Limit = 3 });
            Assert.True(page.Count <= 3);
            Assert.All(page, r => Assert.Equal((1, true), (r.Statements.Count, r.OpeningRecord.IsEmpty)));
            listed.AddRange(page.Select(r => Convert.ToHexStringLower(r.CoreId.Span)));
            after = page.LastOrDefault()?.CoreId ?? after;
        }
        while (page.Count > 0);

        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        Assert.Equal(listed.Count, listed.Distinct().Count());
        Assert.Subset(listed.ToHashSet(), ids.ToHashSet());
    }

    [Theory]
    [InlineData(1, 0, 1, 1)]
    [InlineData(100, 0, 100, 100)]
    [InlineData(100, 37, 38, 100)]
    [InlineData(100, 10, 60, 77)]
    [InlineData(300, 64, 128, 257)]
    public async Task ReadChunks_WithAProof_VerifiesAgainstTheRoot(int chunks, int first, int end, int treeSize)
    {
        TestRecording recording = await UploadAsync(chunks);

        var proof = new List<byte>();
        var leaves = new List<byte>();
        using AsyncServerStreamingCall<ReadChunksResponse> call = archive.Client.ReadChunks(
            new ReadChunksRequest { CoreId = Id(recording), First = (uint)first, End = (uint)end, TreeSize = (uint)treeSize });
        int index = first;
        await foreach (ReadChunksResponse message in call.ResponseStream.ReadAllAsync())
        {
            proof.AddRange(message.Proof.SelectMany(hash => hash.ToByteArray()));
            foreach (ByteString chunk in message.Chunks)
            {
                Assert.Equal(recording.Chunks[index++], chunk.ToByteArray());
                var leaf = new byte[32];
                MerkleTree.LeafHash(chunk.Span, leaf);
                leaves.AddRange(leaf);
            }
        }

        Assert.Equal(end, index);
        Assert.True(RangeProof.TryVerify(treeSize, first, [.. leaves], [.. proof], recording.Root(treeSize)));
    }

    [Fact]
    public async Task ReadChunks_ManyLargeChunks_ComeInMessagesOfAboutOneMebibyte()
    {
        var recording = new TestRecording(archive.Gateway, chunks: 40, payload: 200_000);
        using UploadSession upload = archive.Upload();
        foreach (var part in recording.All().Chunk(20))
        {
            await upload.WriteAsync(part);
        }

        Assert.True((await upload.FinishAsync())[^1].Sealed);

        using AsyncServerStreamingCall<ReadChunksResponse> call =
            archive.Client.ReadChunks(new ReadChunksRequest { CoreId = Id(recording), First = 1, End = 40 });
        var all = new List<byte[]>();
        await foreach (ReadChunksResponse message in call.ResponseStream.ReadAllAsync())
        {
            Assert.InRange(message.CalculateSize(), 1, (1 << 20) + 250_000);
            all.AddRange(message.Chunks.Select(chunk => chunk.ToByteArray()));
        }

        Assert.Equal(recording.Chunks.Skip(1), all);
    }

    [Theory]
    [InlineData(5, 5, 0, StatusCode.InvalidArgument)]
    [InlineData(6, 5, 0, StatusCode.InvalidArgument)]
    [InlineData(0, 11, 0, StatusCode.OutOfRange)]
    [InlineData(0, 5, 4, StatusCode.OutOfRange)]
    [InlineData(0, 5, 11, StatusCode.OutOfRange)]
    [InlineData(4_000_000_000, 4_100_000_000, 4_200_000_000, StatusCode.OutOfRange)]
    public async Task ReadChunks_RangeThatIsNotThere_IsRefused(uint first, uint end, uint treeSize, StatusCode status)
    {
        TestRecording recording = await UploadAsync(10);
        var request = new ReadChunksRequest { CoreId = Id(recording), First = first, End = end, TreeSize = treeSize };

        Assert.Equal(status, await StatusOfAsync(async () =>
        {
            using AsyncServerStreamingCall<ReadChunksResponse> call = archive.Client.ReadChunks(request);
            return await call.ResponseStream.MoveNext(CancellationToken.None);
        }));
    }

    [Fact]
    public async Task GetArchiveInfo_IsSignedByTheArchive()
    {
        GetArchiveInfoResponse response = await archive.Client.GetArchiveInfoAsync(new GetArchiveInfoRequest());

        Assert.True(ArchiveInfo.TryParse(response.Info.Span, out ArchiveInfo? info, out _));
        Assert.True(info.Verify(archive.Trust));
        Assert.Equal(("de", "test"), (info.Region, info.Operator));
        Assert.Equal(16 << 20, info.LargestMessage);
    }

    private static ByteString Id(TestRecording recording) => ByteString.CopyFrom(recording.Id.ToArray());

    private static async Task<StatusCode> StatusOfAsync<T>(Func<Task<T>> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;

    private async Task<List<StoredRecording>> ListAsync(ListRecordingsRequest request)
    {
        using AsyncServerStreamingCall<StoredRecording> call = archive.Client.ListRecordings(request);
        var page = new List<StoredRecording>();
        await foreach (StoredRecording recording in call.ResponseStream.ReadAllAsync())
        {
            page.Add(recording);
        }

        return page;
    }

    private async Task<TestRecording> UploadAsync(int chunks)
    {
        TestRecording recording = archive.NewRecording(chunks);
        using UploadSession upload = archive.Upload();
        Assert.True((await upload.SendAllAsync(recording.All(64)))[^1].Sealed);
        return recording;
    }
}
