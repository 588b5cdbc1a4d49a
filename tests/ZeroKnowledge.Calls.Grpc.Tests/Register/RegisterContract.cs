namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>What every register must do, whatever it stores its rows in. A store's tests inherit this class.</summary>
public abstract partial class RegisterContract : IAsyncLifetime
{
    private IRegister? _register;

    internal RegisterRows Rows { get; } = new();

    internal IRegister Register => _register!;

    /// <summary>Opens the test's register; a second call, after the first register was disposed of, opens the same one again.</summary>
    protected abstract ValueTask<IRegister> OpenAsync();

    public virtual async Task InitializeAsync() => _register = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        await Register.DisposeAsync();
        Rows.Dispose();
    }

    protected async Task ReopenAsync()
    {
        await Register.DisposeAsync();
        _register = await OpenAsync();
    }

    private async Task RefusedAsync(Func<ValueTask> change, string because)
    {
        RegisterException e = await Assert.ThrowsAsync<RegisterException>(async () => await change());
        Assert.Contains(because, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddAsync_UnknownRecording_IsThereWholeAfterReopening()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        row = RegisterRows.With(row, statements: [.. row.Statements, RegisterRows.Checkpoint(writer), RegisterRows.Checkpoint(writer)], receipts: [Rows.Receipt(row.Statements[0])]);

        await Register.AddAsync([row]);
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));

        await ReopenAsync();
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
    }

    [Theory]
    [InlineData(Suite.Aes256Gcm, 1)]
    [InlineData(Suite.Aegis256, 2)]
    [InlineData(Suite.Aegis256, 5)]
    [InlineData(Suite.Aes256Gcm, 32)]
    public async Task AddAsync_EnvelopeOfAnySize_IsReadBackAsItWas(Suite suite, int recipients)
    {
        Identity[] identities = [.. Enumerable.Range(0, recipients).Select(_ => Identity.Generate())];
        RegisteredRecording row = Rows.Row(suite: suite);
        Rows.Recipients = Recipients.Of([.. identities.Select(identity => identity.Recipient)]);
        row = RegisterRows.With(row, envelope: Rows.Envelope(row, 1));
        await Register.AddAsync([row]);
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
        Array.ForEach(identities, identity => identity.Dispose());
    }

    [Fact]
    public async Task FindAsync_UnknownRecording_GivesNothing()
    {
        await Register.AddAsync([Rows.Row()]);
        RegisteredRecording other = Rows.Row();
        Assert.Null(await Register.FindAsync(other.Header.CoreId));
        Assert.Empty(await Register.FindAsync(other.Header.RecordingId));
    }

    [Fact]
    public async Task FindAsync_RecordingIdOfTwo_GivesBothByTheirBeginning()
    {
        RegisteredRecording late = Rows.Row(RegisterRows.Begun.AddHours(1));
        RegisteredRecording early = Rows.Row(RegisterRows.Begun, id: late.Header.RecordingId);
        await Register.AddAsync([late, early, Rows.Row()]);
        IReadOnlyList<RegisteredRecording> found = await Register.FindAsync(late.Header.RecordingId);
        Assert.Equal([early.Header.CoreId, late.Header.CoreId], found.Select(row => row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_KnownRecording_AddsEvidenceAndKeepsTheEnvelope()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        await Register.AddAsync([row]);
        KeyEnvelope rotated = Rows.Envelope(row, 2);
        await Register.ReplaceEnvelopeAsync(rotated);

        Statement checkpoint = RegisterRows.Checkpoint(writer);
        Receipt receipt = Rows.Receipt(checkpoint);
        await Register.AddAsync([RegisterRows.With(row, statements: [checkpoint], receipts: [receipt])]);

        RegisterRows.AssertSame(
            RegisterRows.With(row, rotated, [.. row.Statements, checkpoint], [receipt]), await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_SameRowsAgain_ChangesNothing()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row, row]);
        await Register.AddAsync([row]);
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task AddAsync_RowThatDoesNotHoldTogether_IsRefusedWithAllOfItsBatch()
    {
        RegisteredRecording good = Rows.Row();
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        RegisteredRecording other = Rows.Begin(out RecordingWriter otherWriter);
        Statement checkpoint = RegisterRows.Checkpoint(writer);
        Statement otherCheckpoint = RegisterRows.Checkpoint(otherWriter);
        (RegisteredRecording Row, string Because)[] faults =
        [
            (RegisterRows.With(row, envelope: other.Envelope), "key envelope"),
            (RegisterRows.With(row, envelope: Rows.Envelope(row, 1, Suite.Aegis256)), "suite"),
            (RegisterRows.With(row, statements: [RegisterRows.Forged(checkpoint)]), "signature"),
            (RegisterRows.With(row, statements: [checkpoint, otherCheckpoint]), "statement"),
            (RegisterRows.With(row, receipts: [Rows.Receipt(otherCheckpoint)]), "receipt"),
            (RegisterRows.With(row, erasures: [Rows.Erasure(other, 2)]), "erasure certificate"),
            (RegisterRows.Erased(row), "neither a key envelope nor an erasure certificate"),
        ];
        foreach ((RegisteredRecording fault, string because) in faults)
        {
            await RefusedAsync(() => Register.AddAsync([good, fault]), because);
            Assert.Empty(await ListAsync());
        }

        await Register.AddAsync([good, row]);
        Assert.Equal(2, (await ListAsync()).Count);
    }

    [Fact]
    public async Task AddAsync_RecoveryOfAnotherGateway_IsRefused()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        Statement checkpoint = RegisterRows.Checkpoint(writer);
        Statement recovery = Statement.Recover(row.Header, checkpoint.OpeningHash, 1, 1, checkpoint.Root, checkpoint.TimeMs, Rows.Gateway);
        await RefusedAsync(() => Register.AddAsync([RegisterRows.With(row, statements: [RegisterRows.Forged(recovery)])]), "signature");
        await Register.AddAsync([RegisterRows.With(row, statements: [checkpoint, recovery])]);
        Assert.Equal(2, (await Register.FindAsync(row.Header.CoreId))!.Statements.Count);
    }

    [Fact]
    public async Task AddEvidenceAsync_KnownRecording_AppendsOnceInTheOrderGiven()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        CoreId id = row.Header.CoreId;
        await Register.AddAsync([row]);
        Statement first = RegisterRows.Checkpoint(writer);
        Statement second = RegisterRows.Checkpoint(writer);
        Receipt receipt = Rows.Receipt(second);

        await Register.AddEvidenceAsync([new(id, second), new(id, first, receipt), new(id, second, receipt), new(id)]);
        await Register.AddEvidenceAsync([new(id, first, receipt)]);

        RegisterRows.AssertSame(RegisterRows.With(row, statements: [.. row.Statements, second, first], receipts: [receipt]), await Register.FindAsync(id));
    }

    [Fact]
    public async Task AddEvidenceAsync_UnknownOrForged_IsRefusedWithAllOfItsBatch()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        RegisteredRecording other = Rows.Begin(out RecordingWriter otherWriter);
        CoreId id = row.Header.CoreId;
        await Register.AddAsync([row]);
        Statement checkpoint = RegisterRows.Checkpoint(writer);
        Statement otherCheckpoint = RegisterRows.Checkpoint(otherWriter);
        RegisteredEvidence good = new(id, checkpoint);
        await RefusedAsync(() => Register.AddEvidenceAsync([good, new(other.Header.CoreId, otherCheckpoint)]), "not in the register");
        await RefusedAsync(() => Register.AddEvidenceAsync([good, new(id, otherCheckpoint)]), "statement");
        await RefusedAsync(() => Register.AddEvidenceAsync([good, new(id, RegisterRows.Forged(checkpoint))]), "signature");
        await RefusedAsync(() => Register.AddEvidenceAsync([good, new(id, null, Rows.Receipt(otherCheckpoint))]), "receipt");
        RegisterRows.AssertSame(row, await Register.FindAsync(id));
    }

    [Fact]
    public async Task RemoveAsync_KnownAndUnknown_TakesOnlyTheKnown()
    {
        RegisteredRecording[] rows = Rows.Many(3);
        await Register.AddAsync(rows);
        await Register.RemoveAsync([rows[0].Header.CoreId, Rows.Row().Header.CoreId, rows[2].Header.CoreId]);
        Assert.Equal([rows[1].Header.CoreId], (await ListAsync()).Select(row => row.Header.CoreId));
        Assert.Null(await Register.FindAsync(rows[0].Header.CoreId));

        // An outbox may be given again what it handed over: it knows nothing of it any more.
        await Register.AddAsync([rows[0]]);
        RegisterRows.AssertSame(rows[0], await Register.FindAsync(rows[0].Header.CoreId));
    }

    private async Task<List<RegisteredRecording>> ListAsync(DateTimeOffset? since = null, DateTimeOffset? until = null)
    {
        List<RegisteredRecording> rows = [];
        await foreach (RegisteredRecording row in Register.ListAsync(since, until))
        {
            rows.Add(row);
        }

        return rows;
    }
}
