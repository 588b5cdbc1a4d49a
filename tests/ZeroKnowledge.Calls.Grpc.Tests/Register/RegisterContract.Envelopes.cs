namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

// Which envelope is current, and that what was erased stays erased.
public abstract partial class RegisterContract
{
    [Fact]
    public async Task ReplaceEnvelopeAsync_NextVersion_TakesItsPlace()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        for (uint version = 2; version < 5; version++)
        {
            KeyEnvelope next = Rows.Envelope(row, version);
            await Register.ReplaceEnvelopeAsync(next);
            RegisterRows.AssertSame(RegisterRows.With(row, next), await Register.FindAsync(row.Header.CoreId));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(uint.MaxValue)]
    public async Task ReplaceEnvelopeAsync_AnyOtherVersion_IsRefused(uint version)
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        KeyEnvelope second = Rows.Envelope(row, 2);
        await Register.ReplaceEnvelopeAsync(second);
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(row, version)), "next one is 3");
        RegisterRows.AssertSame(RegisterRows.With(row, second), await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task ReplaceEnvelopeAsync_UnknownRecordingOrOtherSuite_IsRefused()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(Rows.Row(), 2)), "not in the register");
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 2, Suite.Aegis256)), "suite");
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task ReplaceEnvelopeAsync_SameVersionFromManyTasks_OnlyOneWins()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        KeyEnvelope[] candidates = [.. Enumerable.Range(0, 16).Select(_ => Rows.Envelope(row, 2))];
        bool[] won = await Task.WhenAll(candidates.Select(envelope => Task.Run(async () =>
        {
            try
            {
                await Register.ReplaceEnvelopeAsync(envelope);
                return true;
            }
            catch (RegisterException)
            {
                return false;
            }
        })));
        Assert.Single(won, taken => taken);
        Assert.Equal(candidates[Array.IndexOf(won, true)].ToArray(), (await Register.FindAsync(row.Header.CoreId))!.Envelope!.ToArray());
    }

    [Fact]
    public async Task EraseAsync_NothingRemains_KeepsTheRowAndRefusesEveryLaterEnvelope()
    {
        RegisteredRecording row = Rows.Begin(out RecordingWriter writer);
        CoreId id = row.Header.CoreId;
        await Register.AddAsync([row]);
        ErasureCertificate certificate = Rows.Erasure(row, 2);
        await Register.EraseAsync(certificate, null);
        RegisteredRecording erased = RegisterRows.Erased(row, certificate);
        RegisterRows.AssertSame(erased, await Register.FindAsync(id));

        await Register.AddAsync([row]);
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 2)), "is erased");
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 3)), "is erased");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 3), Rows.Envelope(row, 3)), "is erased");
        await ReopenAsync();
        await Register.AddAsync([RegisterRows.With(row, envelope: Rows.Envelope(row, 7))]);
        RegisterRows.AssertSame(erased, await Register.FindAsync(id));

        // What the writer still says of its length is evidence, erased or not.
        Statement checkpoint = RegisterRows.Checkpoint(writer);
        await Register.AddEvidenceAsync([new(id, checkpoint)]);
        Assert.Equal(2, (await Register.FindAsync(id))!.Statements.Count);
    }

    [Fact]
    public async Task EraseAsync_SomethingRemains_TakesItsPlace()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        await Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 2));
        KeyEnvelope remaining = Rows.Envelope(row, 3);
        ErasureCertificate certificate = Rows.Erasure(row, 3);
        await Register.EraseAsync(certificate, remaining);
        RegisterRows.AssertSame(RegisterRows.With(row, remaining, erasures: [certificate]), await Register.FindAsync(row.Header.CoreId));

        ErasureCertificate last = Rows.Erasure(row, 4);
        await Register.EraseAsync(last, null);
        RegisterRows.AssertSame(RegisterRows.Erased(row, certificate, last), await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task EraseAsync_WrongVersionOrRecording_IsRefusedAndDestroysNothing()
    {
        RegisteredRecording row = Rows.Row();
        RegisteredRecording other = Rows.Row();
        await Register.AddAsync([row]);
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 1), null), "next one is 2");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 3), null), "next one is 2");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 3), Rows.Envelope(row, 2)), "next one is 2");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 2), Rows.Envelope(row, 3)), "next one is 2");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 2), Rows.Envelope(other, 2)), "key envelope");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 2), Rows.Envelope(row, 2, Suite.Aegis256)), "suite");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(other, 2), null), "not in the register");
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_UnknownErasedRecording_StaysErased()
    {
        RegisteredRecording row = Rows.Row();
        RegisteredRecording erased = RegisterRows.Erased(row, Rows.Erasure(row, 3), Rows.Erasure(row, 2));
        await Register.AddAsync([erased]);
        await Register.AddAsync([row]);
        await RefusedAsync(() => Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 4)), "is erased");
        RegisterRows.AssertSame(erased, await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task AddAsync_ErasedElsewhere_AddsTheCertificateAndDestroysNothing()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([row]);
        ErasureCertificate certificate = Rows.Erasure(row, 2);
        await Register.AddAsync([RegisterRows.Erased(row, certificate)]);
        RegisterRows.AssertSame(RegisterRows.With(row, erasures: [certificate]), await Register.FindAsync(row.Header.CoreId));

        // The owner decides, with the same certificate.
        await Register.EraseAsync(certificate, null);
        RegisterRows.AssertSame(RegisterRows.Erased(row, certificate), await Register.FindAsync(row.Header.CoreId));
    }

    [Fact]
    public async Task SetHoldAsync_OfARecording_KeepsItFromErasureAndRemovalUntilItIsReleased()
    {
        RegisteredRecording row = Rows.Row(), other = Rows.Row();
        await Register.AddAsync([row, other]);
        await Register.SetHoldAsync(row.Header.CoreId, "first");
        await Register.SetHoldAsync(row.Header.CoreId, "second");
        await ReopenAsync();
        Assert.Equal("second", (await Register.FindAsync(row.Header.CoreId))!.Hold);
        Assert.Null((await Register.FindAsync(other.Header.CoreId))!.Hold);
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 2), null), "legal hold");
        await RefusedAsync(() => Register.EraseAsync(Rows.Erasure(row, 2), Rows.Envelope(row, 2)), "legal hold");
        await RefusedAsync(() => Register.RemoveAsync([other.Header.CoreId, row.Header.CoreId]), "legal hold");
        RegisterRows.AssertSame(row, await Register.FindAsync(row.Header.CoreId));
        RegisterRows.AssertSame(other, await Register.FindAsync(other.Header.CoreId));
        await Register.ReplaceEnvelopeAsync(Rows.Envelope(row, 2));

        await Register.SetHoldAsync(row.Header.CoreId, null);
        await Register.EraseAsync(Rows.Erasure(row, 3), null);
        await RefusedAsync(() => Register.SetHoldAsync(CoreId.Of("unknown"u8), "x"), "not in the register");
        await Assert.ThrowsAsync<ArgumentException>(async () => await Register.SetHoldAsync(other.Header.CoreId, ""));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Register.SetHoldAsync(other.Header.CoreId, new string('x', 1_025)));
    }

    [Fact]
    public async Task AddAsync_OfAHeldRow_IsHeldToo()
    {
        RegisteredRecording row = Rows.Row();
        await Register.AddAsync([new RegisteredRecording { Header = row.Header, Envelope = row.Envelope, Hold = "elsewhere" }]);
        Assert.Equal("elsewhere", (await Register.FindAsync(row.Header.CoreId))!.Hold);
        await Register.SetHoldAsync(row.Header.CoreId, "here");
        await Register.AddAsync([new RegisteredRecording { Header = row.Header, Envelope = row.Envelope, Hold = "elsewhere" }]);
        Assert.Equal("here", (await Register.FindAsync(row.Header.CoreId))!.Hold);
        await Register.AddAsync([row]);
        Assert.Equal("here", (await Register.FindAsync(row.Header.CoreId))!.Hold);
    }
}
