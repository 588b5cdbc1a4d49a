using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Grants and envelopes that somebody changed, put together anew, or wrote without the right.</summary>
public sealed class GrantAttackTests : IDisposable
{
    private const int StatementAt = 8 + 2 + 32 + 236 + 8 + 1;

    private readonly TestKeys _keys = new();
    private readonly Identity _grantee = Identity.Generate();
    private readonly TestRecording _recording;

    public GrantAttackTests() => _recording = TestRecording.Small(_keys, 8);

    public void Dispose()
    {
        _keys.Dispose();
        _grantee.Dispose();
    }

    [Fact]
    public async Task Open_WithAnyByteOfTheGrantFlipped_ReleasesNothing()
    {
        byte[] bytes = (await GrantAsync(_recording, new ChunkRange(2, 5))).ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            if (Grant.TryParse(bytes, out Grant? grant, out _))
            {
                await AssertNotVerifiedAsync(grant);
            }

            bytes[i] ^= (byte)(1 << (i % 8));
        }

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(Grant.TryParse(bytes.AsSpan(0, length), out _, out _));
        }

        Assert.False(Grant.TryParse([.. bytes, 0], out _, out _));
    }

    [Property(MaxTest = 500)]
    public void TryParse_OfRandomBytes_NeverThrowsAndKeepsWhatItTakes(byte[] bytes, int position, byte value)
    {
        byte[] changed = _good ??= GrantAsync(_recording, new ChunkRange(2, 5)).GetAwaiter().GetResult().ToArray();
        changed = [.. changed];
        changed[unchecked((uint)position) % changed.Length] = value;
        foreach (byte[] candidate in (byte[][])[bytes, [.. Grant.Magic, .. bytes], changed])
        {
            if (Grant.TryParse(candidate, out Grant? grant, out _))
            {
                Assert.Equal(candidate, grant.ToArray());
            }
        }
    }

    [Fact]
    public async Task Open_WithAForeignStatement_IsRefused()
    {
        TestRecording other = TestRecording.Small(_keys, 8);
        Grant grant = await GrantAsync(_recording, new ChunkRange(2, 5));
        // Another recording's, by an owner who signs it: not even a grant.
        Assert.False(Grant.TryParse(Resign(grant, StatementAt, other.Statements[^1]), out _, out string? error));
        Assert.Contains("statement is of recording", error, StringComparison.Ordinal);
        // One of this recording that its writer never signed.
        byte[] forged = [.. _recording.Statements[^1]];
        forged[100] ^= 1;
        Assert.True(Grant.TryParse(Resign(grant, StatementAt, forged), out Grant? with, out error), error);
        await AssertNotVerifiedAsync(with, "statement of the grant");
    }

    [Fact]
    public async Task Open_WithAGrantOfAStranger_IsNotVerified()
    {
        using OwnerKey stranger = OwnerKey.Generate();
        await using Recording opened = await _recording.OpenAsync();
        Grant grant = await opened.CreateGrantAsync(new ChunkRange(2, 5), Recipients.Of(_grantee.Recipient), stranger);
        await AssertNotVerifiedAsync(grant, "owner on the trust list");
        TestTime late = new(TestKeys.NotAfter);
        await AssertNotVerifiedAsync(
            await opened.CreateGrantAsync(new ChunkRange(2, 5), Recipients.Of(_grantee.Recipient), _keys.Owner, new GrantOptions { TimeProvider = late }), "owner on the trust list");
    }

    // An owner's software that gives more, or less, than the grant says.
    [Fact]
    public async Task Open_WithOtherKeysThanTheRange_IsNotVerified()
    {
        Grant grant = await GrantAsync(_recording, new ChunkRange(2, 5));
        using RecordingKeys keys = _recording.OpenKeys();
        foreach (ChunkRange range in (ChunkRange[])[new(2, 6), new(2, 4), new(1, 5), new(0, Format.MaxChunks), new(3, 6)])
        {
            Grant wrong = GrantKeys.Seal(grant.Head.ToArray(), grant.Header, range, keys, withMetadata: false, Recipients.Of(_grantee.Recipient), _keys.Owner);
            await AssertNotVerifiedAsync(wrong, "keys are not those of its range");
        }

        Grant more = GrantKeys.Seal(grant.Head.ToArray(), grant.Header, grant.Range, keys, withMetadata: true, Recipients.Of(_grantee.Recipient), _keys.Owner);
        await AssertNotVerifiedAsync(more, "keys are not those of its range");
    }

    // The body of another grant, and the stanza with it: they open, and say what they belong to.
    [Fact]
    public async Task Open_WithBodyAndStanzaOfAnotherGrant_IsNotVerified()
    {
        Grant small = await GrantAsync(_recording, new ChunkRange(2, 5)), other = await GrantAsync(_recording, new ChunkRange(2, 5), new GrantOptions { Purpose = "?" });
        byte[] head = small.Head.ToArray();
        byte[] tail = other.ToArray()[other.Head.Length..^64];
        Assert.True(Grant.TryParse(Sign([.. head, .. tail]), out Grant? spliced, out string? error), error);
        await AssertNotVerifiedAsync(spliced, "that of another grant");
    }

    [Fact]
    public async Task Open_WithAStanzaMovedAddedOrDropped_IsNotVerified()
    {
        using Identity second = Identity.Generate();
        await using Recording opened = await _recording.OpenAsync();
        Grant two = await opened.CreateGrantAsync(new ChunkRange(2, 5), Recipients.Of(_grantee.Recipient, second.Recipient), _keys.Owner);
        byte[] bytes = two.ToArray();
        int size = Stanza.SizeFor(second.Recipient), at = bytes.Length - 64 - (2 * size);
        byte[] a = bytes[at..(at + size)], b = bytes[(at + size)..^64];
        foreach (byte[] changed in (byte[][])[[.. bytes[..at], .. b, .. a, .. bytes[^64..]], [.. bytes[..(at - 2)], 0, 1, .. a, .. bytes[^64..]], [.. bytes[..(at - 2)], 0, 3, .. a, .. b, .. a, .. bytes[^64..]]])
        {
            Assert.True(Grant.TryParse(changed, out Grant? grant, out string? error), error);
            await AssertNotVerifiedAsync(grant, "owner on the trust list");
        }
    }

    [Fact]
    public async Task Open_WithAnotherOpeningRecordUnderTheGrant_IsCorruptAndReleasesNone()
    {
        TestRecording other = TestRecording.Small(_keys, 8, callId: "another");
        Grant grant = await GrantAsync(_recording, new ChunkRange(2, 5), new GrantOptions { WithMetadata = true });
        TestRecording swapped = _recording.Copy();
        swapped.OpeningRecord = other.OpeningRecord;
        await using Recording opened = await swapped.OpenAsync(Options(grant));
        Assert.Null(opened.Metadata);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal(RecordingState.Corrupt, report.State);
        Assert.Contains(report.Findings, finding => finding.Contains("opening record", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_OfAnotherRecordingWithTheGrant_IsNotVerified()
    {
        Grant grant = await GrantAsync(_recording, new ChunkRange(2, 5));
        TestRecording other = TestRecording.Small(_keys, 8);
        await using Recording opened = await other.OpenAsync(Options(grant));
        Assert.False(opened.IsVerified);
    }

    [Fact]
    public async Task Open_OfASourceThatChangedTheRange_NamesTheChunks()
    {
        Grant grant = await GrantAsync(_recording, new ChunkRange(2, 6));
        TestRecording changed = _recording.Copy();
        changed.Chunks[4] = _recording.Encrypt(4, _recording.Decrypt(4));
        await using (Recording opened = await changed.OpenAsync(Options(grant)))
        {
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal(RecordingState.Corrupt, report.State);
            Assert.Contains(4, report.CorruptChunks);
        }

        // The source hides the end: what was granted is there, and the statement says that more was.
        TestRecording shorter = _recording.Copy();
        shorter.Chunks.RemoveRange(7, 1);
        await using Recording cut = await shorter.OpenAsync(Options(grant));
        Assert.Equal(RecordingState.Truncated, (await cut.VerifyAsync()).State);
    }

    [Fact]
    public void Open_OfAnErasedEnvelopeWithAnotherHeader_IsRefused()
    {
        EnvelopeForge forge = new(_recording) { Form = 2 };
        forge.Contents = forge.Part([.. KeyNode.Cover(4, Format.MaxChunks)]);
        byte[] prefix = _recording.ParsedHeader.Prefix.ToArray();
        prefix[30] ^= 1;
        RecordingHeader header = RecordingHeader.Build(prefix, _recording.ParsedHeader.Commitment, _recording.ParsedHeader.SigningKey, _keys.Gateway);
        Assert.Throws<TamperedException>(() => EnvelopeReader.Open(forge.Envelope(), header, _keys.Active));
        // Made anew for that header by who can read the recording, it gives keys that open nothing of what the header's own writer made.
        forge.CoreId = forge.BodyCoreId = header.CoreId;
        using RecordingKeys keys = EnvelopeReader.Open(forge.Envelope(), header, _keys.Active);
        Assert.False(keys.HasChunkKey(3));
    }

    [Fact]
    public async Task Open_WithAnOlderEnvelopeThanTheRegisters_SaysSo()
    {
        EnvelopeForge next = new(_recording) { Version = 2 };
        ReaderOptions options = new()
        {
            Trust = _keys.Trust, Identity = _keys.Active, Envelope = _recording.Envelope,
            Register = new MemoryRegister(_recording.Row(next.Envelope(), _recording.Statements)),
        };
        RecordingReport report = await _recording.VerifyAsync(options);
        Assert.Contains("version 1", Assert.Single(report.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OfAnEnvelopeForSomebodyElseToo_IsAFinding()
    {
        using Identity stranger = Identity.Generate();
        _recording.Envelope = new EnvelopeForge(_recording) { Recipients = [_keys.Active.Recipient, stranger.Recipient] }.Envelope();
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = _keys.Active, Envelope = _recording.Envelope, Recipients = _keys.Policy().Recipients };
        RecordingReport report = await _recording.VerifyAsync(options);
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Contains(Convert.ToHexStringLower(stranger.Recipient.Tag), Assert.Single(report.Findings), StringComparison.Ordinal);
    }

    private byte[]? _good;

    private async Task AssertNotVerifiedAsync(Grant grant, string because = "")
    {
        try
        {
            await using Recording opened = await _recording.OpenAsync(Options(grant));
            Assert.False(opened.IsVerified);
            Assert.Null(opened.Metadata);
            RecordingReport report = await opened.VerifyAsync();
            Assert.Equal(RecordingState.NotVerified, report.State);
            Assert.Contains(report.Findings, finding => finding.Contains(because, StringComparison.Ordinal));
        }
        catch (NoMatchingKeyException) when (because.Length == 0)
        {
        }
    }

    private static byte[] With(byte[] bytes, int at, byte[] part)
    {
        part.CopyTo(bytes, at);
        return bytes;
    }

    private byte[] Resign(Grant grant, int at, byte[] part) => Sign(With(grant.ToArray()[..^64], at, part));

    private byte[] Sign(byte[] unsigned)
    {
        byte[] signature = new byte[64];
        _keys.Owner.Sign([.. "zkc1 grant"u8, .. unsigned], signature);
        return [.. unsigned, .. signature];
    }

    private async Task<Grant> GrantAsync(TestRecording recording, ChunkRange range, GrantOptions? options = null)
    {
        await using Recording opened = await recording.OpenAsync();
        return await opened.CreateGrantAsync(range, Recipients.Of(_grantee.Recipient), _keys.Owner, options);
    }

    private ReaderOptions Options(Grant grant) => new() { Trust = _keys.Trust, Identity = _grantee, Grant = grant };

    private sealed class TestTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
