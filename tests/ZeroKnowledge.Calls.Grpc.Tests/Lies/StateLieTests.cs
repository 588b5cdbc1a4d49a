using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>An archive that lies about what a recording is, and how far it goes: reader and audit hold it against what was signed.</summary>
public sealed class StateLieTests : LieFixture
{
    [Fact]
    public async Task Open_AnotherRecordingInItsPlace_IsNotVerified()
    {
        WrittenCall call = await Customer.StoreAsync(), other = await Customer.StoreAsync();
        StoredRecording stored = await GetAsync(other);
        Lies.Instead = id => id == call.Id ? stored : null;

        await NotVerifiedAsync(call, "which was asked for");
    }

    // The other tenant's gateway is one that this customer does not know.
    [Fact]
    public async Task Open_AnotherTenantsRecording_IsNotVerified()
    {
        WrittenCall call = await Customer.StoreAsync();
        using GatewayKey stranger = GatewayKey.Generate();
        Archive.TestRecording foreign = new(stranger);
        Lies.Instead = _ => new StoredRecording
        {
            CoreId = ByteString.CopyFrom(call.Id.ToArray()), Header = ByteString.CopyFrom(foreign.Header.ToArray()), OpeningRecord = ByteString.CopyFrom(foreign.Opening),
            Statements = { ByteString.CopyFrom(foreign.Checkpoint(0)) }, Chunks = 10,
        };

        await NotVerifiedAsync(call, "which was asked for");
    }

    [Fact]
    public async Task Open_HeaderOfAnotherGateway_IsNotVerified()
    {
        using GatewayKey stranger = GatewayKey.Generate();
        Archive.TestRecording foreign = new(stranger);
        Lies.Instead = _ => new StoredRecording { Header = ByteString.CopyFrom(foreign.Header.ToArray()), Chunks = 1 };

        await using Recording recording = await Liar.Client.OpenAsync(foreign.Id, new ReaderOptions { Trust = Customer.Trust });

        Assert.False(recording.IsVerified);
        Assert.Contains("not on the trust list", (await recording.VerifyAsync()).Findings[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_AnotherOpeningRecord_IsCorruptAndShowsNoMetadata()
    {
        WrittenCall call = await Customer.StoreAsync(), other = await Customer.StoreAsync();
        Lies.Recording = stored => new StoredRecording(stored) { OpeningRecord = ByteString.CopyFrom(other.Start.OpeningRecord) };

        await using Recording recording = await OpenAsync(call);

        Assert.Null(recording.Metadata);
        Assert.Equal(RecordingState.Corrupt, (await recording.VerifyAsync()).State);
        Assert.All((await AuditAsync()).Findings, finding => Assert.Equal(finding.CoreId == call.Id ? AuditVerdict.Corrupt : AuditVerdict.None, finding.Verdict));
    }

    [Fact]
    public async Task Open_OldVersion_IsTruncatedByTheRegisterAndRolledBackInTheAudit()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Recording = stored => Old(call, stored, 4);

        RecordingReport report = await VerifyAsync(call);
        AuditedRecording finding = await FindingAsync();

        Assert.Equal((RecordingState.Truncated, 4), (report.State, report.Verified));
        Assert.Equal((AuditVerdict.RolledBack, 4, 10), (finding.Verdict, finding.Chunks, finding.Signed));
        Assert.Equal(4, (await NothingUnverifiedAsync(call, 4)).Chunk);
    }

    // Without a register an old state is a true one of its time: it is never called complete.
    [Fact]
    public async Task Open_OldVersionWithoutARegister_IsOpenAndNeverComplete()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Recording = stored => Old(call, stored, 4);

        RecordingReport report = await VerifyAsync(call, withRegister: false, withKey: false);

        Assert.Equal((RecordingState.Open, 4, false), (report.State, report.Verified, report.RegisterChecked));
    }

    [Fact]
    public async Task Open_TwoHistoriesForTwoReaders_OneOfThemIsNoticed()
    {
        WrittenCall call = await Customer.StoreAsync();
        bool first = true;
        Lies.Recording = stored => first ? stored : Old(call, stored, 8);

        RecordingReport one = await VerifyAsync(call);
        first = false;
        RecordingReport other = await VerifyAsync(call);

        Assert.Equal((RecordingState.Complete, RecordingState.Truncated), (one.State, other.State));
        Assert.Contains(other.Findings, finding => finding.Contains("The register knows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_HiddenSeal_IsNoticedByTheRegisterAndByTheReceipt()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Recording = stored =>
        {
            StoredRecording changed = new(stored) { ClosingRecord = ByteString.Empty };
            changed.Statements.Remove(ByteString.CopyFrom(call.Statements[^1]));
            changed.Receipts.Clear();
            return changed;
        };

        RecordingReport report = await VerifyAsync(call);
        AuditedRecording byRegister = await FindingAsync();
        // A register that never learned of the seal, but has the archive's word for it.
        await Customer.Register.RemoveAsync([call.Id]);
        RegisteredRecording row = call.Row(upTo: 9);
        await Customer.Register.AddAsync([row]);
        AuditedRecording byReceipt = await FindingAsync();

        Assert.NotEqual(RecordingState.Complete, report.State);
        Assert.Contains(report.Findings, finding => finding.Contains("the source does not have", StringComparison.Ordinal));
        Assert.Equal((AuditVerdict.RolledBack, AuditVerdict.RolledBack), (byRegister.Verdict, byReceipt.Verdict));
        Assert.Contains("signed on", byReceipt.Details[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ClaimsFewerChunks_IsTruncated()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Recording = stored => new StoredRecording(stored) { Chunks = 9 };

        Assert.Equal(RecordingState.Truncated, (await VerifyAsync(call)).State);
        Assert.Equal(AuditVerdict.Truncated, (await FindingAsync()).Verdict);
        Assert.Contains("the archive has 9", (await AuditAsync(sample: 1)).Drill!.Recordings[0].Finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ClaimsFewerChunksAfterACrash_IsTruncated()
    {
        WrittenCall call = WrittenCall.Write(Customer, chunks: 6, end: EndReason.None);
        call.Statements.Add(call.RecoveryOf(6, 4));
        await call.UploadAsync(Customer.Berlin.Client);
        await Customer.Register.AddAsync([call.Row()]);
        Lies.Recording = stored => new StoredRecording(stored) { Chunks = 4 };

        Assert.Equal(RecordingState.Truncated, (await VerifyAsync(call)).State);
        Assert.Equal(AuditVerdict.Truncated, (await FindingAsync()).Verdict);
        // And if it drops the recovery too, as if the gateway had never come back.
        Lies.Recording = stored => Old(call, stored, 4);
        Assert.Equal(RecordingState.Truncated, (await VerifyAsync(call)).State);
        Assert.Equal(AuditVerdict.RolledBack, (await FindingAsync()).Verdict);
    }

    [Fact]
    public async Task Audit_HiddenLinkedSuccessor_IsMissing()
    {
        WrittenCall first = await Customer.StoreAsync(end: EndReason.Continued), second = await Customer.StoreAsync(previous: first.Id);
        Lies.Hidden = id => id == second.Id;
        Lies.Instead = id => id == second.Id ? throw new global::Grpc.Core.RpcException(new global::Grpc.Core.Status(global::Grpc.Core.StatusCode.NotFound, "No.")) : null;

        AuditedRecording finding = await FindingAsync();

        Assert.Equal((AuditVerdict.Missing, second.Id), (finding.Verdict, finding.CoreId));
        Assert.Contains("signed on", finding.Details[0], StringComparison.Ordinal);
        // And who reads the first alone is told that it is not the end of the call.
        Assert.Equal(EndReason.Continued, (await VerifyAsync(first)).EndReason);
    }

    [Fact]
    public async Task Open_StatementsThatNobodySigned_AreRefusedAndChangeNothing()
    {
        WrittenCall call = await Customer.StoreAsync();
        byte[] forged = [.. call.Live(9, call.Root(9))];
        forged[^1] ^= 1;
        using GatewayKey stranger = GatewayKey.Generate();
        Lies.Recording = stored => new StoredRecording(stored)
        {
            Statements = { ByteString.CopyFrom(forged), ByteString.CopyFrom(new Archive.TestRecording(stranger).Checkpoint(3)), ByteString.CopyFrom(new byte[1000]) },
        };

        RecordingReport report = await VerifyAsync(call);

        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Equal(3, report.Findings.Count(finding => finding.StartsWith("A statement was refused.", StringComparison.Ordinal)));
        Assert.True((await AuditAsync()).IsWell);
    }

    // Only a copy of the writer can sign two histories: then the archive does not lie, and both are shown.
    [Fact]
    public async Task Audit_TwoHistoriesOfOneWriter_IsForked()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Recording = stored => new StoredRecording(stored) { Statements = { ByteString.CopyFrom(call.Live(8, RandomNumberGenerator.GetBytes(32))) } };

        Assert.Equal(AuditVerdict.Forked, (await FindingAsync()).Verdict);
    }

    [Fact]
    public async Task Audit_SaysItHasNoneOfIt_IsMissingAndTheReceiptIsHeldAgainstIt()
    {
        WrittenCall call = await Customer.StoreAsync();
        Lies.Instead = _ => throw new global::Grpc.Core.RpcException(new global::Grpc.Core.Status(global::Grpc.Core.StatusCode.NotFound, "There is no such recording."));

        AuditedRecording finding = await FindingAsync();

        Assert.Equal((AuditVerdict.Missing, call.Id), (finding.Verdict, finding.CoreId));
        Assert.Contains("stored 10 chunks", finding.Details[0], StringComparison.Ordinal);
    }

    private async Task NotVerifiedAsync(WrittenCall call, string why)
    {
        await using Recording recording = await OpenAsync(call);
        RecordingReport report = await recording.VerifyAsync();
        Assert.Equal((false, RecordingState.NotVerified), (recording.IsVerified, report.State));
        Assert.Contains(why, report.Findings[0], StringComparison.Ordinal);
        await NothingUnverifiedAsync(call);
        Assert.Contains((await AuditAsync()).Findings, finding => finding.CoreId == call.Id && finding.Verdict == AuditVerdict.NotVerified);
    }

    private async Task NothingUnverifiedAsync(WrittenCall call)
    {
        (List<byte[]> payloads, Exception? exception) = await PlayAsync(call);
        Assert.Empty(payloads);
        Assert.IsType<TamperedException>(exception);
    }

    // As the archive answered when it had so many chunks.
    private static StoredRecording Old(WrittenCall call, StoredRecording stored, int chunks)
    {
        StoredRecording old = new(stored) { Chunks = (uint)chunks, ClosingRecord = ByteString.Empty };
        old.Receipts.Clear();
        old.Statements.Clear();
        old.Statements.AddRange(call.Statements
            .Where(statement => WrittenCall.Parse(statement) is { Type: StatementType.Checkpoint } parsed && parsed.ChunkCount <= chunks).Select(statement => ByteString.CopyFrom(statement)));
        return old;
    }

    private async Task<StoredRecording> GetAsync(WrittenCall call) =>
        await Customer.Berlin.Client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(call.Id.ToArray()) });
}
