namespace ZeroKnowledge.Calls.Grpc.Tests;

public sealed class CallEndingTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly CallMetadata OneLeg = new() { CallId = "ending", Legs = [Leg.Pcma("caller")] };

    [Fact]
    public async Task Dispose_WithoutComplete_SealsAsAborted()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = recorder.Begin(OneLeg);
        call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160]));
        await call.Started.WaitAsync(Patience);
        call.Dispose();
        await call.Durable.WaitAsync(Patience);
        Assert.Equal(EndReason.Aborted, (await ReportAsync(call)).EndReason);
    }

    [Fact]
    public async Task Discard_BeforeAnythingLeft_LeavesNothing()
    {
        MemoryRegister register = new();
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(1_000), register);
        CallWriter call = recorder.Begin(OneLeg);
        call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160]));
        call.Discard();
        CallRecordingException e = await Assert.ThrowsAsync<CallRecordingException>(() => call.Durable.WaitAsync(Patience));
        Assert.Contains("discarded", e.Message, StringComparison.Ordinal);
        await recorder.StopSoonAsync();
        Assert.Equal(0, register.Count);
    }

    [Fact]
    public async Task Discard_AfterChunksLeft_SealsAsDiscarded()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50));
        CallWriter call = recorder.Begin(OneLeg);
        call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160]));
        await call.Started.WaitAsync(Patience);
        await Task.Delay(300);
        call.Discard();
        await call.Durable.WaitAsync(Patience);
        Assert.Equal(EndReason.Discarded, (await ReportAsync(call)).EndReason);
    }

    [Fact]
    public async Task Stop_WithLiveCalls_SealsThemAndSendsAll()
    {
        CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100));
        CallWriter[] calls = [.. Enumerable.Range(0, 20).Select(_ => recorder.Begin(OneLeg))];
        foreach (CallWriter call in calls)
        {
            call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160]));
        }

        await recorder.StopSoonAsync();
        Assert.Throws<ObjectDisposedException>(() => recorder.Begin(OneLeg));
        foreach (CallWriter call in calls)
        {
            await call.Durable.WaitAsync(Patience);
            RecordingReport report = await ReportAsync(call);
            Assert.Equal((RecordingState.Complete, EndReason.Aborted), (report.State, report.EndReason));
        }
    }

    [Fact]
    public async Task Complete_RefusedForGoodAndNotYetLinked_DurableFails()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(1_000));
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        SpooledRecording recording = call.Life.Spooled!;
        recording.Uploads[0].IsOver = true;
        recorder.Lifecycle.NotStored(recording, new ArchiveException("Another life signed it."), link: true);
        // Before the next tick, which would begin the linked recording.
        call.Complete();
        await Assert.ThrowsAsync<ArchiveException>(() => call.Durable.WaitAsync(Patience));
        Assert.Equal(0, recorder.ActiveCalls);
    }

    [Fact]
    public async Task Begin_AtTheLimit_IsRefusedAndRunningCallsGoOn()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), maxCalls: 2);
        CallWriter first = recorder.Begin(OneLeg);
        using CallWriter second = recorder.Begin(OneLeg);
        Assert.Throws<AdmissionException>(() => recorder.Begin(OneLeg));
        first.Complete();
        await first.Durable.WaitAsync(Patience);
        using CallWriter third = recorder.Begin(OneLeg);
    }

    [Fact]
    public async Task Begin_BeyondTheMemory_IsRefusedAndRunningCallsGoOn()
    {
        // A call of one leg with a tick of 50 ms needs 5 KiB and its chunk of less than 2 KiB.
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50), memory: 14 << 10);
        CallWriter first = recorder.Begin(OneLeg);
        using CallWriter second = recorder.Begin(OneLeg);
        AdmissionException e = Assert.Throws<AdmissionException>(() => recorder.Begin(OneLeg));
        Assert.Contains("MemoryBytes", e.Message, StringComparison.Ordinal);
        Assert.Equal(WriteResult.Accepted, first.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        first.Complete();
        await first.Durable.WaitAsync(Patience);
        using CallWriter third = recorder.Begin(OneLeg);
    }

    [Fact]
    public async Task Begin_RegisterFails_EnvelopeWaitsInAFileAndIsDestroyedWhenTheRegisterHasIt()
    {
        MemoryRegister register = new() { Failure = new RegisterException("The disk is on fire.") };
        string folder = Path.Combine(fixture.Folder, "envelopes");
        await using CallRecorder recorder = await fixture.StartAsync(register: register, folder: folder);
        CallWriter call = recorder.Begin(OneLeg);
        await call.Started.WaitAsync(Patience);
        Assert.Equal(WriteResult.Accepted, call.WriteRtp(0, RecorderFixture.Rtp(1, 160, 8, new byte[160])));
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "envelopes"), "*.row"));
        Assert.Equal(0, register.Count);
        call.Complete();
        await call.Durable.WaitAsync(Patience);

        register.Failure = null;
        await recorder.DrainAsync().WaitAsync(Patience);
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "envelopes")));
        RegisteredRecording row = (await register.FindAsync(call.RecordingId)).Single();
        Assert.NotNull(row.Envelope);
        Assert.Contains(row.Statements, statement => statement.Type == StatementType.Seal);
        Assert.Single(row.Receipts);
    }

    [Fact]
    public async Task Begin_ChunksTooLargeForTheSpool_IsRefusedAtOnce()
    {
        await using CallRecorder recorder = await fixture.StartAsync(spool: CallRecorderOptions.MinSpoolBytes);
        RecordingPolicy large = new() { Recipients = fixture.Policy().Recipients, Gateway = fixture.Gateway, MaxBitRate = 1_000_000 };
        ArgumentException e = Assert.Throws<ArgumentException>(() => recorder.Begin(OneLeg, large));
        Assert.Contains("SpoolBytes", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, recorder.ActiveCalls);
        using CallWriter fits = recorder.Begin(OneLeg);
    }

    [Fact]
    public async Task Begin_MetadataTooLarge_IsRefusedAtOnce()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        ArgumentException e = Assert.Throws<ArgumentException>(() => recorder.Begin(new CallMetadata { CallId = new string('x', 5_000), Legs = [Leg.Pcma("a")] }));
        Assert.Contains("4094", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, recorder.ActiveCalls);
    }

    [Fact]
    public async Task Policy_Replaced_AppliesToCallsBegunAfterwards()
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(50));
        CallWriter before = recorder.Begin(OneLeg);
        recorder.Policy = fixture.Policy(50, Suite.Aegis256);
        CallWriter after = recorder.Begin(OneLeg);
        before.Complete();
        after.Complete();
        await Task.WhenAll(before.Durable, after.Durable).WaitAsync(Patience);
        Assert.Equal(Suite.Aes256Gcm, (await fixture.Register.FindAsync(before.RecordingId))[0].Header.Suite);
        Assert.Equal(Suite.Aegis256, (await fixture.Register.FindAsync(after.RecordingId))[0].Header.Suite);
    }

    private async Task<RecordingReport> ReportAsync(CallWriter call)
    {
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader());
        return await recording.VerifyAsync();
    }
}
