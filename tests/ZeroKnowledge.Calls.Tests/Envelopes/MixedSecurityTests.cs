namespace ZeroKnowledge.Calls.Tests;

/// <summary>Recordings and grants for P-256 keys: only where it is allowed, always shown, and opened like any other.</summary>
public sealed class MixedSecurityTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly Identity _card = Identity.GenerateP256();
    private readonly Identity _otherCard = Identity.GenerateP256();

    public void Dispose()
    {
        _keys.Dispose();
        _card.Dispose();
        _otherCard.Dispose();
    }

    [Fact]
    public void Policy_WithAClassicalRecipient_IsRefusedUnlessAllowed()
    {
        foreach (Recipients recipients in (Recipients[])
            [
                Recipients.Of(_keys.Active.Recipient, _card.Recipient), Recipients.Of(_card.Recipient, _otherCard.Recipient),
                Recipients.Of([_keys.Active.Recipient], [RecipientGroup.Of(2, _keys.Active.Recipient, _keys.Recovery.Recipient, _card.Recipient)]),
            ])
        {
            Assert.True(recipients.IsClassical);
            ArgumentException refusal = Assert.Throws<ArgumentException>(() => Policy(recipients, allow: false).Validate());
            Assert.Contains("AllowMixedSecurity", refusal.Message, StringComparison.Ordinal);
            Policy(recipients, allow: true).Validate();
        }

        Recipients both = Recipients.Of(_keys.Active.Recipient, _keys.Recovery.Recipient);
        Assert.False(both.IsClassical);
        Policy(both, allow: false).Validate();
    }

    [Fact]
    public async Task Recording_ForAnXWingAndAP256Key_OpensWithEitherAndSaysThatItIsClassical()
    {
        TestRecording recording = Written(Recipients.Of(_keys.Active.Recipient, _card.Recipient));
        Assert.True(recording.Envelope.IsClassical);
        Assert.True(recording.Envelope.Names(_card.Recipient));
        foreach (Identity identity in (Identity[])[_keys.Active, _card])
        {
            await using Recording opened = await recording.OpenAsync(Options(recording, identity));
            Assert.Equal(RecordingState.Complete, (await opened.VerifyAsync()).State);
            Assert.Equal((true, "call-1"), (opened.IsClassical, opened.Metadata!.CallId));
        }

        await Assert.ThrowsAsync<NoMatchingKeyException>(async () => await recording.OpenAsync(Options(recording, _otherCard)));
        await using Recording usual = await TestRecording.Small(_keys, 1).OpenAsync();
        Assert.False(usual.IsClassical);
    }

    [Fact]
    public async Task Group_WithP256Members_OpensWithTheirShares()
    {
        Recipients recipients = Recipients.Of([_keys.Active.Recipient], [RecipientGroup.Of(2, _card.Recipient, _keys.Recovery.Recipient, _otherCard.Recipient)]);
        TestRecording recording = Written(recipients);
        Assert.True(recording.Envelope.IsClassical);
        using Identity combiner = Identity.Generate();
        KeyShares[] files = [.. new[] { _card, _otherCard }.Select(member => KeyShares.Create([.. EnvelopeUnwrapper.HandOver(recording.Envelope, member, combiner.Recipient)]))];
        EnvelopeReader.Open(recording.Envelope, recording.ParsedHeader, combiner, files).Dispose();
        Assert.Throws<NoMatchingKeyException>(() => EnvelopeReader.Open(recording.Envelope, recording.ParsedHeader, combiner, files[..1]));
        // A member with a card may be the one who opens, if the others' shares need no file. It cannot be the combiner of files.
        Assert.Throws<NoMatchingKeyException>(() => EnvelopeReader.Open(recording.Envelope, recording.ParsedHeader, _card, files));
        KeyHolder member = new() { Register = new MemoryRegister(recording.Row(recording.Envelope, recording.Statements)), Trust = _keys.Trust, Identity = _otherCard };
        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(() => member.HandOverSharesAsync(_card.Recipient));
        Assert.Contains("post-quantum", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await member.HandOverSharesAsync(combiner.Recipient)).Count);
    }

    [Fact]
    public async Task Grant_ToAP256Key_IsRefusedUnlessAllowedAndOpens()
    {
        TestRecording recording = TestRecording.Small(_keys, 5);
        await using Recording owner = await recording.OpenAsync();
        Recipients grantee = Recipients.Of(_card.Recipient);
        await Assert.ThrowsAsync<ArgumentException>(async () => await owner.CreateGrantAsync(new ChunkRange(1, 3), grantee, _keys.Owner));
        Grant grant = await owner.CreateGrantAsync(new ChunkRange(1, 3), grantee, _keys.Owner, new GrantOptions { AllowMixedSecurity = true });
        Assert.True(grant.IsClassical);
        await using Recording opened = await recording.OpenAsync(new ReaderOptions { Trust = _keys.Trust, Identity = _card, Grant = grant });
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal((RecordingState.Range, 2, true), (report.State, report.Verified, opened.IsClassical));
    }

    [Fact]
    public void Parse_OfAListWithBothKinds_IsWrittenAgainAsItWas()
    {
        string text = $"{_keys.Active.Recipient}\n{_card.Recipient}\ngroup 2 of 2\n{_otherCard.Recipient}\n{_keys.Recovery.Recipient}\n";
        Recipients parsed = Recipients.Parse(text);
        Assert.True(parsed.IsClassical);
        Assert.Equal(text, parsed.ToString());
    }

    private TestRecording Written(Recipients recipients) =>
        TestRecording.Write(_keys, Policy(recipients, allow: true), [Leg.Pcma("caller")], 3, framesPerChunk: 1, EndReason.Completed, "call-1", default);

    private ReaderOptions Options(TestRecording recording, Identity identity) => new() { Trust = _keys.Trust, Identity = identity, Envelope = recording.Envelope };

    private RecordingPolicy Policy(Recipients recipients, bool allow) => new()
    {
        Recipients = recipients,
        Gateway = _keys.Gateway,
        Tick = TimeSpan.FromMilliseconds(20),
        Legs = 1,
        AllowMixedSecurity = allow,
    };
}
