using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Grpc.Tests.Custody;

public sealed class RotationTests : IAsyncLifetime
{
    private readonly Desk _desk = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _desk.DisposeAsync();

    [Fact]
    public async Task RotateAsync_OfARegister_WrapsAllAndAgainChangesNothing()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(150);
        RotationReport report = await _desk.Holder(recipients: _desk.New).RotateAsync();
        Assert.Equal((150, 150, 0, 0), (report.Recordings, report.Rotated, report.Unchanged, report.Failures.Count));
        byte[][] envelopes = await AssertRotatedAsync(rows);

        // Whoever holds any of the new keys runs it again: nothing changes, not a byte.
        report = await _desk.Holder(_desk.Next, _desk.New).RotateAsync();
        Assert.Equal((150, 0, 150), (report.Recordings, report.Rotated, report.Unchanged));
        Assert.Equal(envelopes, await AssertRotatedAsync(rows));
        Assert.False(await _desk.Holder(_desk.Next, _desk.New).RotateAsync(rows[0].Header.CoreId));
    }

    [Fact]
    public async Task RotateAsync_InterruptedAnywhere_IsRunAgainToItsEnd()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(300);
        for (int i = 0; i < 2; i++)
        {
            using CancellationTokenSource interruption = new();
            Stopper stopper = new(changed => changed >= 40, interruption);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _desk.Holder(recipients: _desk.New).RotateAsync(stopper, interruption.Token));
        }

        // Those that were under way at the same time came through, too.
        RotationReport report = await _desk.Holder(recipients: _desk.New).RotateAsync();
        Assert.InRange(report.Rotated, 300 - (2 * 110), 300 - (2 * 40));
        Assert.Equal(300, report.Recordings);
        await AssertRotatedAsync(rows);
    }

    [Fact]
    public async Task RotateAsync_OfRecordingsItMayNotTouch_ReportsThemAndDoesTheOthers()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(3);
        Recipients foreign = Recipients.Of(_desk.Next.Recipient);
        RegisteredRecording closed = (await _desk.AddAsync(1, foreign))[0];
        // Written by someone who knows the recipients, the header and the register, and cannot read the recording.
        byte[] forged = EnvelopeWriter.Write(
            rows[1].Header.Suite, 2, rows[1].Header.CoreId, EnvelopeForm.AllErased, new byte[32], new byte[32], _desk.Old);
        Assert.True(KeyEnvelope.TryParse(forged, out KeyEnvelope? envelope, out _));
        await _desk.Register.ReplaceEnvelopeAsync(envelope);

        RotationReport report = await _desk.Holder(recipients: _desk.New).RotateAsync();
        Assert.Equal((4, 2), (report.Recordings, report.Rotated));
        Assert.Equal([rows[1].Header.CoreId, closed.Header.CoreId], report.Failures.Select(failure => failure.CoreId).OrderBy(id => id == closed.Header.CoreId));
        Assert.Equal(forged, (await _desk.FindAsync(rows[1])).Envelope!.ToArray());
        Assert.Equal(closed.Envelope!.ToArray(), (await _desk.FindAsync(closed)).Envelope!.ToArray());
    }

    [Fact]
    public async Task RotateAsync_OfAGatewayThatIsNotTrusted_TouchesNothing()
    {
        RegisteredRecording row = (await _desk.AddAsync(1))[0];
        KeyHolder holder = new()
        {
            Register = _desk.Register,
            Trust = TrustList.Of(new TrustedKey(TrustedKeyKind.Owner, _desk.Owner.PublicKey, Desk.Begun, Desk.Begun.AddDays(1), "owner")),
            Identity = _desk.Active,
            Recipients = _desk.New,
        };
        RotationReport report = await holder.RotateAsync();
        Assert.Contains("not on the trust list", Assert.Single(report.Failures).Reason, StringComparison.Ordinal);
        Assert.Equal(1u, (await _desk.FindAsync(row)).Envelope!.Version);
    }

    [Fact]
    public async Task RotateAsync_ToOneRecipient_WantsToBeAllowed()
    {
        await _desk.AddAsync(1);
        Recipients one = Recipients.Of(_desk.Next.Recipient);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _desk.Holder(recipients: one).RotateAsync());
        KeyHolder holder = new() { Register = _desk.Register, Trust = _desk.Trust, Identity = _desk.Active, Recipients = one, AllowSingleRecipient = true };
        Assert.Equal(1, (await holder.RotateAsync()).Rotated);
    }

    // To keys in an HSM and back: the device's own key does the second rotation.
    [Fact]
    public async Task RotateAsync_ToAClassicalKey_WantsToBeAllowedAndTurnsBack()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(3);
        using ECDiffieHellman device = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using Identity hsm = Identity.Of(device);
        Recipients mixed = Recipients.Of(hsm.Recipient, _desk.Recovery.Recipient);
        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => _desk.Holder(recipients: mixed).RotateAsync());
        Assert.Contains("AllowMixedSecurity", refusal.Message, StringComparison.Ordinal);
        KeyHolder holder = new() { Register = _desk.Register, Trust = _desk.Trust, Identity = _desk.Active, Recipients = mixed, AllowMixedSecurity = true };
        Assert.Equal(3, (await holder.RotateAsync()).Rotated);
        Assert.Equal(0, (await holder.RotateAsync()).Rotated);
        Assert.True((await _desk.FindAsync(rows[0])).Envelope!.IsClassical);
        RetirementReport retirement = await holder.CheckRetirementAsync(hsm.Recipient);
        Assert.Equal((3, 3, 0), (retirement.Recordings, retirement.Named, retirement.OnlyThisKey.Count));

        Assert.Equal(3, (await _desk.Holder(hsm, _desk.New).RotateAsync()).Rotated);
        RegisteredRecording back = await _desk.FindAsync(rows[0]);
        Assert.Equal((3u, false), (back.Envelope!.Version, back.Envelope.IsClassical));
    }

    [Fact]
    public async Task CheckRetirementAsync_BeforeAndAfterARotation_NamesWhatOnlyThisKeyOpens()
    {
        RegisteredRecording alone = (await _desk.AddAsync(1, Recipients.Of(_desk.Active.Recipient)))[0];
        await _desk.AddAsync(2);
        RecipientGroup pair = RecipientGroup.Of(2, _desk.Active.Recipient, _desk.Recovery.Recipient);
        RegisteredRecording inPair = (await _desk.AddAsync(1, Recipients.Of([], [pair])))[0];

        RetirementReport before = await _desk.Holder(recipients: Recipients.Of([.. _desk.New, _desk.Active.Recipient], [pair])).CheckRetirementAsync(_desk.Active.Recipient);
        Assert.Equal((4, 4), (before.Recordings, before.Named));
        Assert.Equal([alone.Header.CoreId, inPair.Header.CoreId], before.OnlyThisKey.OrderBy(id => id == inPair.Header.CoreId));

        KeyHolder recovery = _desk.Holder(recipients: _desk.New);
        Assert.Equal(3, (await recovery.RotateAsync()).Rotated);
        RetirementReport after = await recovery.CheckRetirementAsync(_desk.Active.Recipient);
        Assert.Equal((4, 1), (after.Recordings, after.Named));
        Assert.Equal([inPair.Header.CoreId], after.OnlyThisKey);
    }

    [Fact]
    public async Task RotateAsync_WithSharesOfThree_RecoversWhatNobodyCouldOpenAlone()
    {
        using Identity combiner = Identity.Generate();
        Identity[] members = [.. Enumerable.Range(0, 5).Select(_ => Identity.Generate())];
        Recipients group = Recipients.Of([], [RecipientGroup.Of(3, [.. members.Select(member => member.Recipient)])]);
        RegisteredRecording[] rows = await _desk.AddAsync(4, group);
        List<KeyShares> shares = [];
        foreach (Identity member in members[2..])
        {
            shares.Add(await _desk.Holder(member).HandOverSharesAsync(combiner.Recipient));
        }

        Assert.Equal(4, shares[0].Count);
        Assert.Equal(4, (await _desk.Holder(combiner, _desk.New, [.. shares[..2]]).RotateAsync()).Failures.Count);
        Assert.Equal(4, (await _desk.Holder(combiner, _desk.New, [.. shares]).RotateAsync()).Rotated);
        foreach (RegisteredRecording row in rows)
        {
            using RecordingKeys keys = Desk.Open(await _desk.FindAsync(row), _desk.Next);
            Assert.True(keys.HasChunkKey(0));
        }

        // The shares were those of version 1; what was wrapped anew they do not open, and nobody is a member any more.
        await Assert.ThrowsAsync<NoMatchingKeyException>(() => _desk.Holder(members[0]).HandOverSharesAsync(combiner.Recipient));
        await Assert.ThrowsAsync<RegisterException>(() => _desk.Holder(members[0]).HandOverSharesAsync(combiner.Recipient, [CoreId.Of("unknown"u8)]));
        Array.ForEach(members, member => member.Dispose());
    }

    private async Task<byte[][]> AssertRotatedAsync(RegisteredRecording[] rows)
    {
        List<byte[]> envelopes = [];
        foreach (RegisteredRecording row in rows)
        {
            RegisteredRecording now = await _desk.FindAsync(row);
            envelopes.Add(now.Envelope!.ToArray());
            AssertSameContent(row, now);
        }

        return [.. envelopes];
    }

    private void AssertSameContent(RegisteredRecording row, RegisteredRecording now)
    {
        Assert.Equal(2u, now.Envelope!.Version);
        Assert.Equal(row.Header.ToArray(), now.Header.ToArray());
        Assert.Equal(row.Statements.Select(statement => statement.ToArray()), now.Statements.Select(statement => statement.ToArray()));
        Assert.Throws<NoMatchingKeyException>(() => Desk.Open(now, _desk.Active));
        using RecordingKeys before = Desk.Open(row, _desk.Active), after = Desk.Open(now, _desk.Next);
        Assert.Equal(Desk.ChunkKey(before, 12_345), Desk.ChunkKey(after, 12_345));
        Assert.Equal(before.OpeningKey.ToArray(), after.OpeningKey.ToArray());
    }

    private sealed class Stopper(Func<int, bool> stop, CancellationTokenSource interruption) : IProgress<CustodyProgress>
    {
        public void Report(CustodyProgress value)
        {
            if (stop(value.Changed))
            {
                interruption.Cancel();
            }
        }
    }
}
