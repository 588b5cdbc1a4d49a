using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>
/// Nobody learns whether another's recording exists: every attempt on one that is there and on one that was never made is answered the same, byte for byte, and asks the
/// engine for the same things in the same order. So it takes the same time by construction; the benchmark "tenants" measures it.
/// </summary>
public sealed class IsolationTests(TenantArchive archive) : IClassFixture<TenantArchive>
{
    private static readonly string[] Readings = ["get", "read", "read-proof", "name-reader", "remove-reader", "list-readers"];
    private static readonly string[] Records = ["query", "chunk", "checkpoint", "recovery", "replacement", "end", "garbage"];

    public static TheoryData<string, string> CrossTenant()
    {
        var data = new TheoryData<string, string>();
        foreach (string reading in Readings)
        {
            data.Add("CN=owner,O=alpha", reading);
            data.Add("CN=gateway-1,O=alpha", reading);
            data.Add("CN=nobody", reading);
        }

        foreach (string record in Records)
        {
            data.Add("CN=gateway-1,O=alpha", record);
            data.Add("CN=owner,O=alpha", record);
            data.Add("CN=nobody", record);
        }

        return data;
    }

    public static TheoryData<string, string> CrossRole()
    {
        var data = new TheoryData<string, string>();
        foreach (string reading in Readings.Append("delete"))
        {
            data.Add("CN=gateway-1,O=beta", reading);
        }

        foreach (string record in Records)
        {
            data.Add("CN=gateway-2,O=beta", record);
            data.Add("CN=owner,O=beta", record);
        }

        data.Add("CN=owner,O=beta", "begin");
        data.Add("CN=nobody", "begin");
        data.Add("CN=nobody", "delete");
        return data;
    }

    [Theory]
    [MemberData(nameof(CrossTenant))]
    public Task Attempt_OnAnotherTenantsRecording_IsAnsweredAsIfItDidNotExist(string who, string what) => IsTheSameAsync(who, what);

    [Theory]
    [MemberData(nameof(CrossRole))]
    public Task Attempt_WithoutTheRole_IsAnsweredAsIfItDidNotExist(string who, string what) => IsTheSameAsync(who, what);

    [Fact]
    public async Task Refusals_OfAllKinds_AreThatOfAnOwnerWhoAsksForWhatDoesNotExist()
    {
        TestRecording theirs = await archive.UploadAsync("beta");
        var unknown = new TestRecording(archive.Gateway);
        string nothing = await AttemptAsync(archive.As("CN=owner,O=alpha"), "get", unknown);

        Assert.StartsWith("NotFound: There is no such recording.", nothing, StringComparison.Ordinal);
        foreach ((string who, string what) in new[]
        {
            ("CN=owner,O=alpha", "get"), ("CN=gateway-1,O=beta", "get"), ("CN=nobody", "get"), ("CN=owner,O=alpha", "name-reader"), ("CN=gateway-1,O=beta", "delete"),
            ("CN=nobody", "delete"), ("CN=owner,O=alpha", "remove-reader"), ("CN=gateway-1,O=beta", "list-readers"),
        })
        {
            Assert.Equal(nothing, await AttemptAsync(archive.As(who), what, theirs));
        }

        // Streams have no header of a message, so they are compared with each other.
        string stream = await AttemptAsync(archive.As("CN=owner,O=alpha"), "read", unknown);
        Assert.StartsWith("NotFound: There is no such recording.", stream, StringComparison.Ordinal);
        Assert.Equal(stream, await AttemptAsync(archive.As("CN=gateway-1,O=beta"), "read", theirs));
        Assert.Equal(stream, await Answer.OfAsync(archive.As("CN=gateway-1,O=beta").ListRecordings(new ListRecordingsRequest())));
        Assert.Equal(stream, await Answer.OfAsync(archive.As("CN=nobody").ListRecordings(new ListRecordingsRequest())));
        Assert.Equal(stream, await AttemptAsync(archive.As("CN=owner,O=beta"), "query", theirs));
    }

    [Fact]
    public async Task List_WithTwoTenants_GivesTheOwnersOnly()
    {
        TestRecording alpha = await archive.UploadAsync("alpha");
        TestRecording beta = await archive.UploadAsync("beta");

        List<ByteString> seen = await ListAsync("CN=owner,O=alpha");

        Assert.Contains(TestRecording.Bytes(alpha.Id.ToArray()), seen);
        Assert.DoesNotContain(TestRecording.Bytes(beta.Id.ToArray()), seen);

        // Nor from an id on that is another's.
        Assert.DoesNotContain(TestRecording.Bytes(beta.Id.ToArray()), await ListAsync("CN=owner,O=alpha", new byte[32]));
    }

    [Fact]
    public async Task Delete_AnotherTenantsRecording_IsThatOfNothingAndHarmsNobody()
    {
        TestRecording beta = await archive.UploadAsync("beta", chunks: 5);
        var unknown = new TestRecording(archive.Gateway);
        CallArchive.CallArchiveClient alpha = archive.As("CN=owner,O=alpha");
        using var lookups = new EngineLookups(archive.Data);

        DeletionCertificate theirs = await DeleteAsync(alpha, beta.Id);
        string ofTheirs = lookups.Take();
        DeletionCertificate nothing = await DeleteAsync(alpha, unknown.Id);

        Assert.Equal(lookups.Take(), ofTheirs);
        Assert.NotEmpty(ofTheirs);
        Assert.Equal((0, 0ul), (theirs.ChunksDeleted, theirs.BytesDeleted));
        Assert.Equal(nothing.Root.ToArray(), theirs.Root.ToArray());
        Assert.Equal(beta.Chunks, await ReadAsync(archive.As("CN=owner,O=beta"), beta));
        using var upload = new UploadSession(archive.As("CN=gateway-1,O=beta"));
        Assert.Equal(Status.Durable, (await upload.SendAsync(beta.QueryRecord())).Status);
    }

    [Fact]
    public async Task Begin_OfARecordingOfAnotherTenant_StartsAnIndependentOne()
    {
        TestRecording beta = await archive.UploadAsync("beta", chunks: 4);
        using var upload = new UploadSession(archive.As("CN=gateway-1,O=alpha"));

        Progress begun = await upload.SendAsync(beta.BeginRecord());

        Assert.Equal((Status.Durable, 0u, false), (begun.Status, begun.DurableChunks, begun.Sealed));
        Assert.Equal(Status.Durable, (await upload.SendAsync(beta.ChunkRecord(0))).Status);
        await DeleteAsync(archive.As("CN=owner,O=alpha"), beta.Id);
        Assert.Equal(beta.Chunks, await ReadAsync(archive.As("CN=owner,O=beta"), beta));
    }

    [Fact]
    public async Task Append_ByAnotherWriterOfTheTenant_IsUnknownAndChangesNothing()
    {
        var recording = new TestRecording(archive.Gateway, 4);
        using var first = new UploadSession(archive.As("CN=gateway-1,O=beta"));
        await first.WriteAsync(recording.BeginRecord(), recording.ChunkRecord(0));
        await first.NextAsync();
        using var second = new UploadSession(archive.As("CN=gateway-2,O=beta"));

        Progress append = await second.SendAsync(recording.ChunkRecord(1));
        Progress begin = await second.SendAsync(recording.BeginRecord());

        Assert.Equal((Status.Unknown, 0u), (append.Status, append.DurableChunks));
        Assert.Equal((Status.Invalid, 0u), (begin.Status, begin.DurableChunks));
        Progress stands = await first.SendAsync(recording.QueryRecord());
        Assert.Equal((Status.Durable, 1u), (stands.Status, stands.DurableChunks));
    }

    [Fact]
    public async Task Upload_DeletedByTheOwner_IsDeletedForEveryWriterOfTheTenant()
    {
        TestRecording recording = await archive.UploadAsync("beta");
        await DeleteAsync(archive.As("CN=owner,O=beta"), recording.Id);

        foreach (string writer in new[] { "CN=gateway-1,O=beta", "CN=gateway-2,O=beta" })
        {
            using var upload = new UploadSession(archive.As(writer));
            Assert.All(await upload.SendAllAsync(recording.All()), progress => Assert.Equal(Status.Deleted, progress.Status));
        }
    }

    private async Task IsTheSameAsync(string who, string what)
    {
        TestRecording theirs = await archive.UploadAsync("beta");
        var unknown = new TestRecording(archive.Gateway, 8);
        CallArchive.CallArchiveClient client = archive.As(who);
        using var lookups = new EngineLookups(archive.Data);

        string ofUnknown = await AttemptAsync(client, what, unknown);
        string lookedUpUnknown = lookups.Take();
        string ofTheirs = await AttemptAsync(client, what, theirs);

        Assert.Equal(ofUnknown, ofTheirs);
        Assert.Equal(lookedUpUnknown, lookups.Take());
        Assert.DoesNotContain("Durable", ofTheirs, StringComparison.Ordinal);
        Assert.Equal(8u, (await archive.As("CN=owner,O=beta").GetRecordingAsync(new GetRecordingRequest { CoreId = TestRecording.Bytes(theirs.Id.ToArray()) })).Chunks);
    }

    private static Task<string> AttemptAsync(CallArchive.CallArchiveClient client, string what, TestRecording recording)
    {
        ByteString id = TestRecording.Bytes(recording.Id.ToArray());
        return what switch
        {
            "get" => Answer.OfAsync(client.GetRecordingAsync(new GetRecordingRequest { CoreId = id })),
            "read" => Answer.OfAsync(client.ReadChunks(new ReadChunksRequest { CoreId = id, First = 0, End = 8 })),
            "read-proof" => Answer.OfAsync(client.ReadChunks(new ReadChunksRequest { CoreId = id, First = 2, End = 3, TreeSize = 8 })),
            "delete" => Answer.OfAsync(client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = id })),
            "name-reader" => Answer.OfAsync(client.NameReaderAsync(new NameReaderRequest
            {
                CoreId = id, Subject = "CN=nobody", NotAfterMs = ulong.MaxValue, Ranges = { new NamedRange { First = 0, End = 8 } },
            })),
            "remove-reader" => Answer.OfAsync(client.RemoveReaderAsync(new RemoveReaderRequest { CoreId = id, Subject = "CN=nobody" })),
            "list-readers" => Answer.OfAsync(client.ListReaders(new ListReadersRequest { CoreId = id })),
            _ => Answer.OfAsync(client, RecordFor(what, recording)),
        };
    }

    private static Record RecordFor(string what, TestRecording recording) => what switch
    {
        "begin" => recording.BeginRecord(),
        "query" => recording.QueryRecord(),
        "chunk" => recording.ChunkRecord(0),
        "checkpoint" => recording.StatementRecord(recording.Checkpoint(8)),
        "recovery" => recording.StatementRecord(recording.Recovery(8, 8)),
        "replacement" => recording.ReplacementRecord(recording.Checkpoint(8), 4, 8),
        "end" => recording.EndRecord(8),
        _ => recording.Of(record => record.Statement = TestRecording.Bytes(new byte[17])),
    };

    private async Task<List<ByteString>> ListAsync(string who, byte[]? after = null)
    {
        using AsyncServerStreamingCall<StoredRecording> call = archive.As(who).ListRecordings(
            new ListRecordingsRequest { After = after is null ? ByteString.Empty : ByteString.CopyFrom(after) });
        var seen = new List<ByteString>();
        await foreach (StoredRecording recording in call.ResponseStream.ReadAllAsync())
        {
            seen.Add(recording.CoreId);
        }

        return seen;
    }

    private static async Task<List<byte[]>> ReadAsync(CallArchive.CallArchiveClient client, TestRecording recording)
    {
        using AsyncServerStreamingCall<ReadChunksResponse> call = client.ReadChunks(
            new ReadChunksRequest { CoreId = TestRecording.Bytes(recording.Id.ToArray()), First = 0, End = (uint)recording.Chunks.Count });
        var chunks = new List<byte[]>();
        await foreach (ReadChunksResponse message in call.ResponseStream.ReadAllAsync())
        {
            chunks.AddRange(message.Chunks.Select(chunk => chunk.ToByteArray()));
        }

        return chunks;
    }

    private async Task<DeletionCertificate> DeleteAsync(CallArchive.CallArchiveClient client, CoreId id)
    {
        DeleteRecordingResponse response = await client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = TestRecording.Bytes(id.ToArray()) });
        Assert.True(DeletionCertificate.TryParse(response.Certificate.Span, out DeletionCertificate? certificate, out _));
        Assert.True(certificate.Verify(archive.Trust));
        Assert.Equal(id, certificate.CoreId);
        return certificate;
    }
}
