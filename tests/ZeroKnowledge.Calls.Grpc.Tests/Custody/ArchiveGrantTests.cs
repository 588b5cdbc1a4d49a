using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Custody;

/// <summary>A grantee with a certificate of his own, named by the owner as a reader of the range, at a real archive with TLS.</summary>
public sealed class ArchiveGrantTests(TenantArchive archive) : IClassFixture<TenantArchive>, IDisposable
{
    private const string Subject = "CN=court,O=Justice,C=DE";

    private readonly Customer _customer = new() { Gateway = archive.Gateway };
    private readonly Identity _grantee = Identity.Generate();

    private ArchiveClient Owner => new(archive.Connect(archive.Authority.Issue("CN=owner,O=beta")));

    private ArchiveClient Court => new(archive.Connect(archive.Authority.Issue(Subject)));

    private CallArchive.CallArchiveClient Gateway => archive.As("CN=gateway-1,O=beta");

    private TrustList Trust => TrustList.Of(
        Customer.Pinned(TrustedKeyKind.Gateway, archive.Gateway.PublicKey, "gateway"), Customer.Pinned(TrustedKeyKind.Owner, _customer.Owner.PublicKey, "owner"));

    public void Dispose()
    {
        _customer.Owner.Dispose();
        _customer.Identity.Dispose();
        _customer.Recovery.Dispose();
        _grantee.Dispose();
        Directory.Delete(_customer.Folder, recursive: true);
    }

    [Fact]
    public async Task OpenAsync_WithAGrantAndNamedAsReader_ReadsExactlyTheRange()
    {
        WrittenCall call = WrittenCall.Write(_customer, 20);
        await call.UploadAsync(Gateway);
        Grant grant = await GrantAsync(call, owner => owner.FindWithinAsync(TimeSpan.FromMilliseconds(90), TimeSpan.FromMilliseconds(250)), new GrantOptions());
        Assert.Equal(new ChunkRange(5, 13), grant.Range);
        await Owner.NameReaderAsync(call.Id, Subject, DateTimeOffset.UtcNow.AddDays(1), [grant.Range]);

        await using Recording opened = await Court.OpenAsync(call.Id, new ReaderOptions { Trust = Trust, Identity = _grantee, Grant = grant });
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal((RecordingState.Range, 20, 8, 8, 0), (report.State, report.Chunks, report.Verified, report.Signed, report.Findings.Count));
        Assert.Equal(call.Payloads[5..13], await PayloadsAsync(opened));
        // The certificate alone reads nothing, and a grant for more is not given the chunks.
        Grant more = await GrantAsync(call, _ => ValueTask.FromResult(new ChunkRange(4, 13)), new GrantOptions());
        await using Recording greedy = await Court.OpenAsync(call.Id, new ReaderOptions { Trust = Trust, Identity = _grantee, Grant = more });
        await Assert.ThrowsAsync<ArchiveException>(() => PayloadsAsync(greedy));
    }

    [Fact]
    public async Task OpenAsync_WithALiveGrant_ListensWhileTheCallGoesOn()
    {
        WrittenCall call = WrittenCall.Write(_customer, 12, EndReason.None);
        await call.UploadAsync(Gateway, upTo: 5);
        Grant grant = await GrantAsync(call, owner => ValueTask.FromResult(owner.Ahead(TimeSpan.FromMilliseconds(100))), new GrantOptions { IsLive = true });
        Assert.Equal(new ChunkRange(5, 10), grant.Range);
        await Owner.NameReaderAsync(call.Id, Subject, DateTimeOffset.UtcNow.AddDays(1), [grant.Range]);
        foreach ((int chunks, int verified, int signed) in new[] { (5, 0, 0), (7, 2, 0), (8, 3, 3), (12, 5, 5) })
        {
            await call.UploadAsync(Gateway, upTo: chunks);
            await using Recording opened = await Court.OpenAsync(call.Id, new ReaderOptions { Trust = Trust, Identity = _grantee, Grant = grant });
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal((chunks, RecordingState.Range, verified, signed), (chunks, report.State, report.Verified, report.Signed));
            Assert.Equal(call.Payloads.Skip(5).Take(verified), await PayloadsAsync(opened));
        }
    }

    private async Task<Grant> GrantAsync(WrittenCall call, Func<Recording, ValueTask<ChunkRange>> range, GrantOptions options)
    {
        await using Recording owner = await Owner.OpenAsync(call.Id, new ReaderOptions { Trust = Trust, Identity = _customer.Identity, Envelope = call.Start.Envelope });
        return await owner.CreateGrantAsync(await range(owner), Recipients.Of(_grantee.Recipient), _customer.Owner, options);
    }

    private static async Task<List<byte[]>> PayloadsAsync(Recording recording)
    {
        List<byte[]> payloads = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            if (frame.Kind == FrameKind.Audio)
            {
                payloads.Add(frame.Payload.ToArray());
            }
        }

        return payloads;
    }
}
