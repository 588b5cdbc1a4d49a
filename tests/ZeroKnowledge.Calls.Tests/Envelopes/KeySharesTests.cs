using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

public sealed class KeySharesTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly Identity[] _members = [.. Enumerable.Range(0, 16).Select(_ => Identity.Generate())];
    private readonly Identity _combiner = Identity.Generate();

    public void Dispose()
    {
        _keys.Dispose();
        _combiner.Dispose();
        Array.ForEach(_members, member => member.Dispose());
    }

    public static TheoryData<int> Sizes => [.. Enumerable.Range(2, 15)];

    // Every k ≤ n, and of each every single member whose share is not the one that was dealt.
    [Theory]
    [MemberData(nameof(Sizes))]
    public void Open_WithOneBadShare_NamesItsHolder(int n)
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        for (int k = 2; k <= n; k++)
        {
            KeyEnvelope envelope = Wrap(recording, RecipientGroup.Of(k, [.. _members.Take(n).Select(member => member.Recipient)]));
            List<(byte[] Context, byte[] Wrapped)>[] dealt = [.. _members.Take(n).Select(member => EnvelopeUnwrapper.HandOver(envelope, member, _combiner.Recipient).ToList())];
            for (int bad = 0; bad < n; bad++)
            {
                AssertNamed(recording, envelope, dealt, k, bad);
            }
        }
    }

    private void AssertNamed(TestRecording recording, KeyEnvelope envelope, List<(byte[] Context, byte[] Wrapped)>[] dealt, int k, int bad)
    {
        string named = $"the share of member {bad + 1}, recipient tag {Convert.ToHexStringLower(_members[bad].Recipient.Tag)}, is not the one that was dealt";
        KeyShares[] files = [.. dealt.Select((shares, member) => KeyShares.Create(member == bad ? [(shares[0].Context, Rewrap(shares[0].Context))] : shares))];
        // The bad one, and as many others as are missing.
        KeyShares[] enough = [files[bad], .. files.Where((_, member) => member != bad).Take(k - 1)];
        NoMatchingKeyException refusal = Assert.Throws<NoMatchingKeyException>(() => Open(recording, envelope, enough));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"has {k - 1} of the {k} shares", refusal.Message, StringComparison.Ordinal);
        if (files.Length > k)
        {
            // One more good share is enough. A bad share that was not needed is not looked at.
            List<string> findings = [];
            using RecordingKeys keys = EnvelopeReader.Open(envelope, recording.ParsedHeader, _combiner, [.. files.Where((_, member) => member != bad).Take(k), files[bad]], findings);
            Assert.True(keys.HasChunkKey(0));
            Assert.All(findings, finding => Assert.Contains(named, finding, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Open_WithThreeOfFive_OpensAndWithTwoDoesNot()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        KeyEnvelope envelope = Wrap(recording, RecipientGroup.Of(3, [.. _members.Take(5).Select(member => member.Recipient)]));
        KeyShares[] files = Files(envelope, 5);
        Open(recording, envelope, files[1..4]);
        Assert.Contains("has 2 of the 3 shares", Assert.Throws<NoMatchingKeyException>(() => Open(recording, envelope, files[..2])).Message, StringComparison.Ordinal);
        // A member who is the combiner himself needs no file of his own.
        KeyShares[] forMember = [.. _members[..2].Select(member => KeyShares.Create([.. EnvelopeUnwrapper.HandOver(envelope, member, _members[4].Recipient)]))];
        EnvelopeReader.Open(envelope, recording.ParsedHeader, _members[4], forMember).Dispose();
        // Whoever else gets the files reads nothing in them.
        Assert.Throws<NoMatchingKeyException>(() => EnvelopeReader.Open(envelope, recording.ParsedHeader, _members[9], files));
    }

    // A member's file may hold shares of his own making under the numbers of others: it neither hides theirs nor has them blamed.
    [Fact]
    public void Open_WithAFileThatSpeaksForOthers_TakesTheSharesThatWereDealt()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        KeyEnvelope envelope = Wrap(recording, RecipientGroup.Of(3, [.. _members.Take(3).Select(member => member.Recipient)]));
        (byte[] Context, byte[] Wrapped)[] dealt = [.. _members.Take(3).SelectMany(member => EnvelopeUnwrapper.HandOver(envelope, member, _combiner.Recipient))];
        KeyShares forged = KeyShares.Create([dealt[0], (dealt[1].Context, Rewrap(dealt[1].Context)), (dealt[2].Context, Rewrap(dealt[2].Context))]);
        List<string> findings = [];
        EnvelopeReader.Open(envelope, recording.ParsedHeader, _combiner, [forged, .. Files(envelope, 3)[1..]], findings).Dispose();
        Assert.Empty(findings);
    }

    // What was handed over for one version, recording, group or member says nothing of another: the wrapping is bound to it.
    [Fact]
    public void Open_WithSharesSwapped_IsRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        RecipientGroup group = RecipientGroup.Of(2, [.. _members.Take(3).Select(member => member.Recipient)]);
        KeyEnvelope envelope = Wrap(recording, group), next = Wrap(recording, group, version: 3);
        Assert.Throws<NoMatchingKeyException>(() => Open(recording, next, Files(envelope, 3)));

        (byte[] Context, byte[] Wrapped)[] shares = [.. _members.Take(3).SelectMany(member => EnvelopeUnwrapper.HandOver(envelope, member, _combiner.Recipient))];
        KeyShares swapped = KeyShares.Create([(shares[0].Context, shares[1].Wrapped), (shares[1].Context, shares[0].Wrapped)]);
        Assert.Throws<NoMatchingKeyException>(() => Open(recording, envelope, [swapped]));
        Open(recording, envelope, [swapped, KeyShares.Create([shares[0], shares[2]])]);
    }

    [Fact]
    public void TryParse_OfAnyPrefixOrChange_NeverThrowsAndKeepsWhatItTakes()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        byte[] good = Files(Wrap(recording, RecipientGroup.Of(2, [.. _members.Take(2).Select(member => member.Recipient)])), 1)[0].ToArray();
        for (int length = 0; length < good.Length; length++)
        {
            Assert.False(KeyShares.TryParse(good.AsSpan(0, length), out _, out _));
        }

        Assert.False(KeyShares.TryParse([.. good, 0], out _, out _));
        for (int i = 0; i < 12; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 1;
            Assert.False(KeyShares.TryParse(changed, out _, out _));
        }

        Assert.True(KeyShares.TryParse(good, out KeyShares? parsed, out _));
        Assert.Equal(good, parsed.ToArray());
        // Descending, and twice the same.
        Assert.False(KeyShares.TryParse([.. good[..8], 0, 0, 0, 2, .. good[12..], .. good[12..]], out _, out _));
    }

    private KeyEnvelope Wrap(TestRecording recording, RecipientGroup group, uint version = 2)
    {
        EnvelopeForge forge = new(recording);
        byte[] bytes = EnvelopeWriter.Write(
            recording.ParsedHeader.Suite, version, recording.CoreId, EnvelopeForm.Whole, forge.Secret, forge.Control, Recipients.Of([], [group]));
        return KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);
    }

    private KeyShares[] Files(KeyEnvelope envelope, int count) =>
        [.. _members.Take(count).Select(member => KeyShares.Create([.. EnvelopeUnwrapper.HandOver(envelope, member, _combiner.Recipient)]))];

    private void Open(TestRecording recording, KeyEnvelope envelope, KeyShares[] files) =>
        EnvelopeReader.Open(envelope, recording.ParsedHeader, _combiner, files).Dispose();

    // A share that its holder made up: well wrapped, and not the one that was dealt.
    private byte[] Rewrap(byte[] context)
    {
        byte[] wrapped = new byte[KeyShares.WrappedSize];
        StanzaList.Wrap(_combiner.Recipient, context, RandomNumberGenerator.GetBytes(32), wrapped);
        return wrapped;
    }
}
