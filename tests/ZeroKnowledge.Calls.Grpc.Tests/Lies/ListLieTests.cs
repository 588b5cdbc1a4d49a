using System.Buffers.Binary;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive whose list is none: a reader of it ends, and an audit says why.</summary>
public sealed class ListLieTests : LieFixture
{
    [Fact]
    public async Task List_RepeatsItself_IsAnError()
    {
        StoredRecording one = Entry(1);
        Lies.List = _ => [one];

        await RefusedAsync("does not go forward", 1);
    }

    [Fact]
    public async Task List_GoesBackwards_IsAnError()
    {
        Lies.List = _ => [Entry(2), Entry(1)];

        await RefusedAsync("does not go forward", 1);
    }

    [Fact]
    public async Task List_EndlessPage_IsAnError()
    {
        Lies.List = _ => Endless(i => Entry(i + 1));

        await RefusedAsync("gave more", 1_000);
    }

    [Fact]
    public async Task List_CoreIdThatIsNone_IsAnError()
    {
        Lies.List = _ => [new StoredRecording { CoreId = ByteString.CopyFrom(new byte[31]) }];

        await RefusedAsync("not one", 0);
    }

    // Page after page, each as it should be, of recordings that nobody signed.
    [Fact]
    public async Task Audit_EndlessList_EndsWithAFinding()
    {
        await Customer.StoreAsync();
        int next = 0;
        Lies.List = request => Endless(_ => Entry(++next)).Take((int)request.Limit);

        AuditReport report = await AuditAsync().WaitAsync(Patience);

        Assert.False(report.IsWell);
        Assert.Contains("the rest of its list was not read", Assert.Single(report.ArchiveFindings), StringComparison.Ordinal);
        Assert.Equal(10_000, report.Totals[AuditVerdict.Unknown]);
        Assert.Equal(1, report.Totals[AuditVerdict.Complete]);
    }

    [Fact]
    public async Task Audit_ListThatRepeatsItself_StillComparesTheRegister()
    {
        await Customer.StoreAsync();
        WrittenCall missing = WrittenCall.Write(Customer);
        await Customer.Register.AddAsync([missing.Row()]);
        StoredRecording one = Entry(1);
        Lies.List = _ => [one];

        AuditReport report = await AuditAsync();

        Assert.Contains("does not go forward", Assert.Single(report.ArchiveFindings), StringComparison.Ordinal);
        Assert.Equal(missing.Id, Assert.Single(report.Findings, finding => finding.Verdict == AuditVerdict.Missing).CoreId);
    }

    [Fact]
    public async Task List_AnotherRecordingsHeader_HasNone()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.List = request => request.After.IsEmpty ? [new StoredRecording { CoreId = Entry(1).CoreId, Header = ByteString.CopyFrom(call.Header.ToArray()) }] : [];

        await foreach (ArchivedRecording listed in Liar.Client.ListAsync())
        {
            Assert.Null(listed.Header);
        }

        Assert.Equal(AuditVerdict.Unknown, (await AuditAsync()).Findings.Single().Verdict);
    }

    // The register knows what there must be: a list that leaves it out hides nothing.
    [Fact]
    public async Task Audit_ListThatLeavesRecordingsOut_ComparesThemAllTheSame()
    {
        await Customer.StoreAsync();
        Lies.Hidden = _ => true;

        AuditReport report = await AuditAsync();

        Assert.Equal((1L, 0L, 1L), (report.Registered, report.Listed, report.Totals[AuditVerdict.Complete]));
    }

    // An archive answers who has no right to anything as if nothing were there; so can one that wants no audit.
    [Fact]
    public async Task Audit_SaysThereIsNoList_IsNoReport()
    {
        await Customer.StoreAsync();
        Lies.List = _ => throw new global::Grpc.Core.RpcException(new global::Grpc.Core.Status(global::Grpc.Core.StatusCode.NotFound, "There is no such recording."));

        ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(() => AuditAsync());

        Assert.Contains("owner's certificate", exception.Message, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string why, int before)
    {
        int count = 0;
        ArchiveException exception = await Assert.ThrowsAsync<ArchiveException>(async () =>
        {
            await foreach (ArchivedRecording _ in Liar.Client.ListAsync())
            {
                count++;
            }
        }).WaitAsync(Patience);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
        Assert.Equal((before, false), (count, exception.IsTransient));
    }

    private static StoredRecording Entry(int number)
    {
        byte[] id = new byte[CoreId.Size];
        BinaryPrimitives.WriteInt32BigEndian(id, number);
        return new StoredRecording { CoreId = ByteString.CopyFrom(id), Header = ByteString.CopyFrom(new byte[RecordingHeader.Size]), Chunks = 1 };
    }
}
