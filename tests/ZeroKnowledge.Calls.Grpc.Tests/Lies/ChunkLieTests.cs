using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive that lies about chunks: a reader releases nothing of it, and says where.</summary>
public sealed class ChunkLieTests : LieFixture
{
    [Fact]
    public async Task Read_AnotherRecordingsChunks_ReleasesNothing()
    {
        WrittenCall call = await Customer.StoreAsync(), other = await Customer.StoreAsync();
        Lies.Asked = asked => new ReadChunksRequest(asked) { CoreId = ByteString.CopyFrom(other.Id.ToArray()) };

        Assert.Equal(0, (await NothingUnverifiedAsync(call, 0)).Chunk);
        Assert.Equal(RecordingState.Corrupt, (await VerifyAsync(call)).State);
        Assert.Contains("chunk 0", await DrillFindingAsync(call), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Read_ChunksInAnotherOrder_ReleasesNothing()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Change = (_, response) => new ReadChunksResponse { Proof = { response.Proof }, Chunks = { response.Chunks.Reverse() } };

        await NothingUnverifiedAsync(call, 0);
        RecordingReport report = await VerifyAsync(call);
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Equal(Enumerable.Range(0, 10), report.CorruptChunks);
    }

    [Fact]
    public async Task Read_AChunkTwice_ReleasesNothing()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Change = (asked, response) => Chunks(response, response.Chunks.Select((chunk, i) => asked.First + i == 7 ? ByteString.CopyFrom(call.Chunks[6]) : chunk));

        Assert.Equal(7, (await NothingUnverifiedAsync(call, 4)).Chunk);
        Assert.Equal([7], (await VerifyAsync(call)).CorruptChunks);
    }

    [Fact]
    public async Task Read_OneBitOfTheLastChunk_ReleasesNothingOfIt()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Change = (asked, response) => Chunks(response, response.Chunks.Select((chunk, i) => asked.First + i == 9 ? Flip(chunk) : chunk));

        Assert.Equal(9, (await NothingUnverifiedAsync(call, 8)).Chunk);
        Assert.Equal([9], (await VerifyAsync(call)).CorruptChunks);
        Assert.Contains("chunk 9", await DrillFindingAsync(call), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task Read_ChunkOfAnotherSize_ReleasesNothingOfIt(int size)
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Change = (asked, response) => Chunks(response, response.Chunks.Select((chunk, i) => asked.First + i == 5 ? ByteString.CopyFrom(new byte[size]) : chunk));

        Assert.Equal(5, (await NothingUnverifiedAsync(call, 4)).Chunk);
        Assert.Equal([5], (await VerifyAsync(call)).CorruptChunks);
    }

    // Each message is as large as the channel takes: without a bound 64 of them would stay.
    [Fact]
    public async Task Read_ManyChunksThatAreTooLarge_KeepsNoneOfThemWhole()
    {
        WrittenCall call = await Customer.StoreAsync(chunks: 64);
        ByteString large = ByteString.CopyFrom(new byte[3 << 20]);
        Lies.Chunks = asked => Endless(_ => new ReadChunksResponse { Chunks = { large } }).Take((int)(asked.End - asked.First));
        ArchiveSource source = new(new CallArchive.CallArchiveClient(Liar.Channel), new PatientCaller(Patience), call.Id);
        await source.GetPartsAsync(CancellationToken.None);

        ChunkBatch batch = await source.ReadAsync(0, 64, 0, CancellationToken.None);

        Assert.All(batch.Chunks, chunk => Assert.Equal(call.Header.StoredChunkSize + 1, chunk.Length));
    }

    [Fact]
    public async Task Read_EndlessStreamOfChunks_TakesWhatItAskedFor()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Chunks = _ => Endless(_ => new ReadChunksResponse { Chunks = { ByteString.CopyFrom(call.Chunks[0]) } });

        await NothingUnverifiedAsync(call, 1).WaitAsync(Patience);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], (await VerifyAsync(call).WaitAsync(Patience)).CorruptChunks);
        // Right as far as was asked for: the rest is not looked at.
        Lies.Chunks = asked => Endless(i => new ReadChunksResponse { Chunks = { ByteString.CopyFrom(call.Chunks[((int)asked.First + i) % 10]) } });
        Assert.Equal(RecordingState.Complete, (await VerifyAsync(call).WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task Read_EndlessStreamOfNothing_IsAnError()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Chunks = _ => Endless(_ => new ReadChunksResponse());

        (List<byte[]> payloads, Exception? exception) = await PlayAsync(call).WaitAsync(Patience);

        Assert.Empty(payloads);
        Assert.Contains("without a chunk", Assert.IsType<ArchiveException>(exception).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ClaimsMoreChunksThanItHas_SaysWhereItEnds()
    {
        WrittenCall call = await Customer.StoreAsync(chunks: 6, end: EndReason.None);
        Lies.Recording = stored => new StoredRecording(stored) { Chunks = uint.MaxValue };
        Lies.Asked = asked => new ReadChunksRequest(asked) { End = Math.Min(asked.End, 6) };

        Assert.Equal(6, (await NothingUnverifiedAsync(call, 6)).Chunk);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zeros")]
    [InlineData("short")]
    [InlineData("many")]
    [InlineData("giant")]
    [InlineData("another tree's")]
    public async Task Read_WrongProof_ReleasesNothing(string kind)
    {
        WrittenCall call = await Customer.StoreAsync(chunks: 9), other = await Customer.StoreAsync(chunks: 9);
        Lies.Change = (_, response) =>
        {
            ReadChunksResponse changed = new(response);
            List<ByteString> proof = [.. changed.Proof];
            changed.Proof.Clear();
            changed.Proof.AddRange(kind switch
            {
                "none" => [],
                "zeros" => [.. proof.Select(_ => ByteString.CopyFrom(new byte[32]))],
                "short" => [.. proof.Select(hash => ByteString.CopyFrom(hash.Span[1..]))],
                "many" => [.. proof, .. Enumerable.Repeat(ByteString.CopyFrom(new byte[32]), 100)],
                "giant" => [ByteString.CopyFrom(new byte[2 << 20])],
                _ => [.. proof.Select(_ => ByteString.CopyFrom(other.Root(9)))],
            });
            return changed;
        };
        await using Recording recording = await OpenAsync(call);

        // Of the middle: the whole needs no hashes beside it.
        TamperedException tampered = await Assert.ThrowsAsync<TamperedException>(() => recording.OpenChunkAsync(5, CancellationToken.None).AsTask());

        Assert.Equal(5, tampered.Chunk);
    }

    private static ReadChunksResponse Chunks(ReadChunksResponse response, IEnumerable<ByteString> chunks) => new() { Proof = { response.Proof }, Chunks = { chunks } };

    private static ByteString Flip(ByteString chunk)
    {
        byte[] bytes = chunk.ToByteArray();
        bytes[RandomNumberGenerator.GetInt32(bytes.Length)] ^= 1;
        return ByteString.CopyFrom(bytes);
    }

    private async Task<string> DrillFindingAsync(WrittenCall call)
    {
        AuditReport report = await AuditAsync(sample: 100);
        Assert.False(report.IsWell);
        return report.Drill!.Recordings.Single(recording => recording.CoreId == call.Id).Finding!;
    }
}
