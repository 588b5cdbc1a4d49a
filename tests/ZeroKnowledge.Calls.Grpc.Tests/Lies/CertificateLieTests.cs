using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive that signs what is not so, or has others sign: receipts, deletion certificates, and its word on itself.</summary>
public sealed class CertificateLieTests : LieFixture
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    private ArchiveClient Client => Liar.Client;

    [Fact]
    public async Task Delete_CertificateForAnotherRecording_IsRefusedAndStaysPending()
    {
        WrittenCall call = await Customer.StoreAsync(), other = await Customer.StoreAsync();
        DeletionCertificate certificate = await Customer.Client.DeleteAsync(other.Id, Customer.Trust);

        await StaysPendingAsync(call, certificate.ToArray());
    }

    [Fact]
    public async Task Delete_CertificateOfAnUnknownKey_IsRefusedAndStaysPending()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey stranger = ArchiveKey.Generate();

        await StaysPendingAsync(call, DeletionCertificate.Create(stranger, call.Id, 10, 1, call.Root(10), _now).ToArray());
    }

    // One that the customer trusts, and that did delete it: it says nothing of this one.
    [Fact]
    public async Task Delete_CertificateOfAnotherArchive_IsRefusedAndStaysPending()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey paris = Trusted("paris");

        await StaysPendingAsync(call, DeletionCertificate.Create(paris, call.Id, 10, 1, call.Root(10), _now).ToArray());
    }

    [Fact]
    public async Task Delete_NoCertificate_IsRefusedAndStaysPending()
    {
        WrittenCall call = await Customer.StoreAsync();

        await StaysPendingAsync(call, []);
        await StaysPendingAsync(call, new byte[DeletionCertificate.Size]);
    }

    [Fact]
    public async Task Delete_CertifiedAndKept_IsUndeletedInTheAudit()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey second = Trusted("berlin");
        Lies.Deleted = _ => new DeleteRecordingResponse { Certificate = ByteString.CopyFrom(DeletionCertificate.Create(second, call.Id, 10, 1, call.Root(10), _now).ToArray()) };
        using DeletionQueue queue = await DeleteAsync(call);

        AuditedRecording finding = await FindingAsync(queue);

        Assert.Empty(queue.Pending);
        Assert.Equal(AuditVerdict.Undeleted, finding.Verdict);
        Assert.Contains("signed on", finding.Details[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_CertifiesLessThanItsReceipt_IsMissingInTheAudit()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey second = Trusted("berlin");
        Lies.Deleted = _ => new DeleteRecordingResponse
        {
            Certificate = ByteString.CopyFrom(DeletionCertificate.Create(second, call.Id, 0, 0, WrittenCall.Write(Customer, 0).Root(0), _now).ToArray()),
        };
        Lies.Instead = _ => throw new global::Grpc.Core.RpcException(new global::Grpc.Core.Status(global::Grpc.Core.StatusCode.NotFound, "Gone."));
        using DeletionQueue queue = await DeleteAsync(call);

        AuditedRecording finding = await FindingAsync(queue);

        Assert.Equal(AuditVerdict.Missing, finding.Verdict);
        Assert.Equal("The archive signed that it stored 10 chunks, and that it deleted 0.", finding.Details[0]);
    }

    [Fact]
    public async Task Audit_TwoReceiptsThatDiffer_IsAWrongReceipt()
    {
        WrittenCall call = await Customer.StoreAsync(), twin = WrittenCall.Write(Customer);
        using ArchiveKey second = Trusted("berlin");
        Receipt other = Forge(second, call, 10, twin.Root(10));
        Lies.Recording = stored => new StoredRecording(stored) { Receipts = { ByteString.CopyFrom(other.ToArray()) } };

        await WrongReceiptAsync("Two receipts for 10 chunks");
    }

    [Fact]
    public async Task Audit_ReceiptForOtherChunks_IsAWrongReceipt()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey second = Trusted("berlin");
        Receipt other = Forge(second, call, 4, WrittenCall.Write(Customer).Root(4));
        await Customer.Register.AddEvidenceAsync([new RegisteredEvidence(call.Id, Receipt: other)]);

        await WrongReceiptAsync("other chunks than those that were signed");
    }

    [Fact]
    public async Task Audit_ReceiptForMoreThanTheSeal_IsAWrongReceipt()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey second = Trusted("berlin");
        Receipt other = Forge(second, call, 12, WrittenCall.Write(Customer, 12).Root(12));
        await Customer.Register.AddEvidenceAsync([new RegisteredEvidence(call.Id, Receipt: other)]);

        await WrongReceiptAsync("was sealed at 10");
    }

    [Fact]
    public async Task Audit_ReceiptOfAnotherRecording_IsAWrongReceipt()
    {
        WrittenCall call = await Customer.StoreAsync(), other = await Customer.StoreAsync();
        Lies.Recording = stored => Receipts(stored, stored.CoreId.Span.SequenceEqual(call.Id.ToArray()) ? other.Receipt!.ToArray() : null);

        await WrongReceiptAsync("another recording");
    }

    [Fact]
    public async Task Audit_ReceiptOfAnUnknownKey_IsAWrongReceipt()
    {
        WrittenCall call = await Customer.StoreAsync();
        using ArchiveKey stranger = ArchiveKey.Generate();
        Lies.Recording = stored => Receipts(stored, Receipt.Create(stranger, WrittenCall.Parse(call.Statements[^1]), _now).ToArray());

        await WrongReceiptAsync("was not trusted then");
    }

    [Fact]
    public async Task Audit_ReceiptThatIsNone_IsAWrongReceipt()
    {
        await Customer.StoreAsync();
        Lies.Recording = stored => Receipts(stored, new byte[7]);

        await WrongReceiptAsync("is none");
    }

    // Another archive's receipt binds this one to nothing.
    [Fact]
    public async Task Audit_ReceiptOfAnotherArchive_DoesNotCountAgainstThisOne()
    {
        WrittenCall call = await Customer.StoreAsync(chunks: 6, end: EndReason.None);
        using ArchiveKey paris = Trusted("paris");
        await Customer.Register.AddEvidenceAsync([new RegisteredEvidence(call.Id, Receipt: Forge(paris, call, 8, WrittenCall.Write(Customer).Root(8)))]);

        Assert.True((await AuditAsync()).IsWell);
    }

    [Fact]
    public async Task Info_AnotherRegion_IsAFinding()
    {
        AuditReport report = await AuditAsync(region: "ch");

        Assert.False(report.IsWell);
        Assert.Contains("'de', not in 'ch'", Assert.Single(report.ArchiveFindings), StringComparison.Ordinal);
        Assert.True((await AuditAsync(region: "de")).IsWell);
    }

    [Fact]
    public async Task Info_ByAnUnknownKey_IsRefused()
    {
        using ArchiveKey stranger = ArchiveKey.Generate();
        Lies.Info = () => Info(stranger, _now, "ch");

        await Assert.ThrowsAsync<ArchiveException>(() => Client.GetInfoAsync(Customer.Trust));
        AuditReport report = await AuditAsync(region: "ch");
        Assert.Null(report.Archive);
        Assert.Contains("key is not trusted", Assert.Single(report.ArchiveFindings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_OfLongAgo_IsAFinding()
    {
        using ArchiveKey second = Trusted("berlin");
        Lies.Info = () => Info(second, _now.AddDays(-3), "de");

        Assert.Contains("an old one", Assert.Single((await AuditAsync()).ArchiveFindings), StringComparison.Ordinal);
    }

    // After the not-after of the trust list an archive signs nothing that counts.
    [Fact]
    public async Task Info_ByAnExpiredKey_IsRefused()
    {
        WrittenCall call = await Customer.StoreAsync();
        TrustList expired = TrustList.Of([
            .. Customer.Trust.Keys.Where(key => key.Kind != TrustedKeyKind.Archive),
            new TrustedKey(TrustedKeyKind.Archive, Customer.Berlin.Key, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero), "berlin"),
        ]);

        AuditReport report = await AuditAsync(trust: expired);

        Assert.Contains("does not verify", Assert.Single(report.ArchiveFindings), StringComparison.Ordinal);
        Assert.Equal(AuditVerdict.WrongReceipt, Assert.Single(report.Findings).Verdict);
        await Assert.ThrowsAsync<ArchiveException>(() => Client.DeleteAsync(call.Id, expired));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public async Task Info_ThatIsNone_IsRefused(int size)
    {
        Lies.Info = () => new GetArchiveInfoResponse { Info = ByteString.CopyFrom(new byte[size]) };

        await Assert.ThrowsAsync<ArchiveException>(() => Client.GetInfoAsync(Customer.Trust));
    }

    private async Task StaysPendingAsync(WrittenCall call, byte[] certificate)
    {
        Lies.Deleted = _ => new DeleteRecordingResponse { Certificate = ByteString.CopyFrom(certificate) };
        using DeletionQueue queue = await DeleteAsync(call);
        Assert.Equal([new PendingDeletion(call.Id, "berlin")], queue.Pending);
        Assert.Empty(queue.Certificates(call.Id));
        File.Delete(queue.Path);
    }

    private async Task<DeletionQueue> DeleteAsync(WrittenCall call)
    {
        DeletionQueue queue = DeletionQueue.Open(Path.Combine(Customer.Folder, "deletions"));
        await queue.AddAsync([call.Id], ["berlin"]);
        await queue.AttemptAsync(new Dictionary<string, ArchiveClient> { ["berlin"] = Client }, Customer.Register, Customer.Trust);
        return queue;
    }

    private async Task WrongReceiptAsync(string why)
    {
        AuditedRecording finding = await FindingAsync();
        Assert.Equal(AuditVerdict.WrongReceipt, finding.Verdict);
        Assert.Contains(why, finding.Details[0], StringComparison.Ordinal);
    }

    // A key of an archive: a second one under the name "berlin" is as good as the real archive's own.
    private ArchiveKey Trusted(string name)
    {
        ArchiveKey key = ArchiveKey.Generate();
        Customer.Trusts(TrustedKeyKind.Archive, key.PublicKey, name);
        return key;
    }

    private Receipt Forge(ArchiveKey key, WrittenCall call, int count, byte[] root) => Receipt.Create(key, WrittenCall.Parse(call.Live(count, root)), _now);

    private static StoredRecording Receipts(StoredRecording stored, byte[]? receipt)
    {
        StoredRecording changed = new(stored);
        if (receipt is not null)
        {
            changed.Receipts.Clear();
            changed.Receipts.Add(ByteString.CopyFrom(receipt));
        }

        return changed;
    }

    private static GetArchiveInfoResponse Info(ArchiveKey key, DateTimeOffset time, string region) =>
        new() { Info = ByteString.CopyFrom(ArchiveInfo.Create(key, time, region, "test", "test", 1, 1).ToArray()) };
}
