using System.Text.Json;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

public sealed class AuditTests : IAsyncLifetime
{
    private readonly Customer _customer = new();

    public Task InitializeAsync() => _customer.InitializeAsync();

    public Task DisposeAsync() => _customer.DisposeAsync();

    [Fact]
    public async Task AuditAsync_EverythingThere_IsWell()
    {
        await _customer.StoreAsync();
        await _customer.StoreAsync(chunks: 0);
        await _customer.StoreAsync(chunks: 6, end: EndReason.None);

        AuditReport report = await AuditAsync();

        Assert.True(report.IsWell, report.ToJson());
        Assert.Equal((3, 3, "berlin", "de"), (report.Registered, report.Listed, report.Archive, report.Region));
        Assert.Equal(2, report.Totals[AuditVerdict.Complete]);
        Assert.Equal(1, report.Totals[AuditVerdict.Open]);
        // Of the open one: since its newest statement, nearly an hour ago.
        Assert.InRange(report.WorstExposure!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task AuditAsync_EnvelopeForSomebodyElseToo_IsAFindingThatNamesHisTag()
    {
        await _customer.StoreAsync();
        AuditReport report = await _customer.Client.AuditAsync(Options(Recipients.Of(_customer.Identity.Recipient, _customer.Recovery.Recipient)));
        Assert.True(report.IsWell, report.ToJson());

        report = await _customer.Client.AuditAsync(Options(Recipients.Of(_customer.Identity.Recipient)));
        Assert.False(report.IsWell);
        AuditedRecording found = Assert.Single(report.Findings);
        Assert.Equal(AuditVerdict.ForeignRecipient, found.Verdict);
        Assert.Contains(Convert.ToHexStringLower(_customer.Recovery.Recipient.Tag), Assert.Single(found.Details), StringComparison.Ordinal);

        AuditOptions Options(Recipients recipients) => new() { Trust = _customer.Trust, Register = _customer.Register, Recipients = recipients };
    }

    [Fact]
    public async Task AuditAsync_ManyRecordings_TellsEachInTheOrderOfTheRegister()
    {
        List<CoreId> ids = [];
        for (int i = 0; i < 20; i++)
        {
            ids.Add((await _customer.StoreAsync(chunks: 1)).Id);
        }

        Progress told = new();
        AuditReport report = await _customer.Client.AuditAsync(Options(), told);

        Assert.True(report.IsWell);
        Assert.Equal(ids, told.All.Where(progress => progress.Recording is not null).Select(progress => progress.Recording!.CoreId));
        Assert.Equal(20, told.All[^1].Listed);
    }

    [Fact]
    public async Task AuditAsync_NeverUploaded_IsMissing()
    {
        WrittenCall call = WrittenCall.Write(_customer);
        await _customer.Register.AddAsync([call.Row()]);

        AuditedRecording finding = Assert.Single((await AuditAsync()).Findings);

        Assert.Equal((AuditVerdict.Missing, call.Id, 10), (finding.Verdict, finding.CoreId, finding.Signed));
        Assert.Contains("never signed", finding.Details[^1], StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMilliseconds(200), finding.Exposure);
    }

    [Fact]
    public async Task AuditAsync_BegunJustNow_IsPending()
    {
        await _customer.Register.AddAsync([WrittenCall.Write(_customer, begun: DateTimeOffset.UtcNow).Row()]);

        AuditReport report = await AuditAsync();

        Assert.True(report.IsWell);
        Assert.Equal(1, report.Totals[AuditVerdict.Pending]);
        Assert.Equal(AuditVerdict.Missing, (await _customer.Client.AuditAsync(Options(settle: TimeSpan.Zero))).Findings.Single().Verdict);
    }

    [Fact]
    public async Task AuditAsync_StatementJustSigned_IsPending()
    {
        WrittenCall call = WrittenCall.Write(_customer, chunks: 8, end: EndReason.None, begun: DateTimeOffset.UtcNow);
        await call.UploadAsync(_customer.Berlin.Client, upTo: 4);
        await _customer.Register.AddAsync([call.Row()]);

        AuditReport report = await AuditAsync();

        Assert.Equal(1, report.Totals[AuditVerdict.Pending]);
        Assert.Equal(AuditVerdict.RolledBack, (await _customer.Client.AuditAsync(Options(settle: TimeSpan.Zero))).Findings.Single().Verdict);
    }

    [Fact]
    public async Task AuditAsync_OnlyPartOfItArrived_IsRolledBack()
    {
        WrittenCall call = WrittenCall.Write(_customer);
        await call.UploadAsync(_customer.Berlin.Client, upTo: 5);
        await _customer.Register.AddAsync([call.Row()]);

        AuditedRecording finding = Assert.Single((await AuditAsync()).Findings);

        Assert.Equal((AuditVerdict.RolledBack, 5, 10), (finding.Verdict, finding.Chunks, finding.Signed));
        Assert.Equal(TimeSpan.FromMilliseconds(200 - 80), finding.Exposure);
    }

    [Fact]
    public async Task AuditAsync_AfterARecovery_IsRecovered()
    {
        WrittenCall call = WrittenCall.Write(_customer, chunks: 6, end: EndReason.None);
        call.Statements.Add(call.RecoveryOf(6, 4));
        await call.UploadAsync(_customer.Berlin.Client);
        await _customer.Register.AddAsync([call.Row()]);

        AuditReport report = await AuditAsync();

        Assert.True(report.IsWell, report.ToJson());
        Assert.Equal(1, report.Totals[AuditVerdict.Recovered]);
        Assert.Equal(TimeSpan.Zero, report.WorstExposure);
    }

    [Fact]
    public async Task AuditAsync_NotInTheRegister_IsUnknown()
    {
        WrittenCall call = await _customer.StoreAsync(register: false);

        AuditedRecording finding = Assert.Single((await AuditAsync()).Findings);

        Assert.Equal((AuditVerdict.Unknown, call.Id, 10), (finding.Verdict, finding.CoreId, finding.Chunks));
        Assert.Contains("trusted gateway", finding.Details[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuditAsync_ARangeOfTime_LooksAtNothingElse()
    {
        await _customer.StoreAsync();
        await _customer.StoreAsync(register: false);
        DateTimeOffset now = DateTimeOffset.UtcNow;

        AuditReport earlier = await _customer.Client.AuditAsync(Options(until: now.AddHours(-2)));
        AuditReport later = await _customer.Client.AuditAsync(Options(since: now.AddMinutes(-30)));
        AuditReport both = await _customer.Client.AuditAsync(Options(since: now.AddHours(-2), until: now));

        Assert.True(earlier.IsWell && later.IsWell);
        Assert.Equal((0, 0, 1, 1), (earlier.Registered, later.Registered, both.Registered, both.NotWell));
    }

    [Fact]
    public async Task AuditAsync_ErasedByAnOwner_IsErasedWithOrWithoutItsBytes()
    {
        WrittenCall stored = await _customer.StoreAsync(), gone = WrittenCall.Write(_customer);
        await _customer.Register.AddAsync([gone.Row()]);
        foreach (WrittenCall call in new[] { stored, gone })
        {
            await _customer.Register.EraseAsync(
                ErasureCertificate.Create(_customer.Owner, call.Id, 2, true, [new ChunkRange(0, Format.MaxChunks)], DateTimeOffset.UtcNow, ""), null);
        }

        AuditReport report = await AuditAsync();

        Assert.True(report.IsWell, report.ToJson());
        Assert.Equal(2, report.Totals[AuditVerdict.Erased]);
    }

    [Fact]
    public async Task AuditAsync_ErasedByAStranger_HasNoKey()
    {
        WrittenCall call = await _customer.StoreAsync();
        using OwnerKey stranger = OwnerKey.Generate();
        await _customer.Register.EraseAsync(
            ErasureCertificate.Create(stranger, call.Id, 2, true, [new ChunkRange(0, Format.MaxChunks)], DateTimeOffset.UtcNow, ""), null);

        Assert.Equal(AuditVerdict.NoKey, (await AuditAsync()).Findings.Single().Verdict);
    }

    [Fact]
    public async Task AuditAsync_Cancelled_Ends()
    {
        await _customer.StoreAsync();
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _customer.Client.AuditAsync(Options(), cancellationToken: cancelled.Token));
    }

    [Fact]
    public async Task AuditAsync_ArchiveAway_IsATransientException()
    {
        await _customer.StoreAsync();
        await _customer.Berlin.StopAsync();

        Assert.True((await Assert.ThrowsAsync<ArchiveException>(() => AuditAsync())).IsTransient);
    }

    [Fact]
    public async Task AuditAsync_MoreFindingsThanAsked_CountsTheRest()
    {
        for (int i = 0; i < 3; i++)
        {
            await _customer.Register.AddAsync([WrittenCall.Write(_customer, chunks: 0).Row()]);
        }

        AuditReport report = await _customer.Client.AuditAsync(new AuditOptions { Trust = _customer.Trust, Register = _customer.Register, MaxFindings = 2 });

        Assert.Equal((3, 2), (report.NotWell, report.Findings.Count));
    }

    [Fact]
    public async Task ToJson_Report_IsOneObjectWithTotals()
    {
        await _customer.StoreAsync();
        await _customer.StoreAsync(register: false);

        using JsonDocument json = JsonDocument.Parse((await AuditAsync()).ToJson());

        Assert.False(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("totals").GetProperty("complete").GetInt32());
        Assert.Equal("unknown", json.RootElement.GetProperty("findings")[0].GetProperty("verdict").GetString());
    }

    private AuditOptions Options(DateTimeOffset? since = null, DateTimeOffset? until = null, TimeSpan? settle = null) => new()
    {
        Trust = _customer.Trust, Register = _customer.Register, Since = since, Until = until, Settle = settle ?? AuditOptions.DefaultSettle,
    };

    private Task<AuditReport> AuditAsync() => _customer.Client.AuditAsync(Options());

    private sealed class Progress : IProgress<AuditProgress>
    {
        public List<AuditProgress> All { get; } = [];

        public void Report(AuditProgress value) => All.Add(value);
    }
}
