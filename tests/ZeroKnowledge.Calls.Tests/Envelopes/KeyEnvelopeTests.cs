using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>The structure of an envelope (docs/FORMAT.md, section 9), before any key.</summary>
public class KeyEnvelopeTests
{
    private static readonly byte[] XWingStanza = StanzaOf(1, new byte[8 + 1_168]);
    private static readonly byte[] P256Stanza = StanzaOf(2, new byte[8 + 113]);

    [Fact]
    public void TryParse_OfEveryKind_KeepsTheBytes()
    {
        byte[] group = Group(0, 2, [Member(1, 1), Member(2, 2), Member(3, 1)]);
        byte[] bytes = Envelope(3, [XWingStanza, P256Stanza, group, Group(1, 2, [Member(1, 2), Member(2, 2)])]);
        KeyEnvelope envelope = Parse(bytes);
        Assert.Equal(bytes, envelope.ToArray());
        Assert.Equal((Suite.Aes256Gcm, 3u, 4), (envelope.Suite, envelope.Version, envelope.RecipientCount));
        Assert.Equal(Enumerable.Repeat((byte)9, 32), envelope.CoreId.ToArray());
        Assert.Equal(70, envelope.Body.Length);
    }

    [Fact]
    public void Load_OfAFile_ReadsNoMoreThanAnEnvelopeMayHave()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("good.zkenv", Envelope(1, [XWingStanza])), large = directory.Write("large.zkenv", "");
        Assert.Equal(Envelope(1, [XWingStanza]), KeyEnvelope.Load(path).ToArray());
        using (FileStream file = File.OpenWrite(large))
        {
            // Sparse: whoever read it whole would need a terabyte.
            file.SetLength(1L << 40);
        }

        Assert.Contains("large.zkenv", Assert.Throws<FormatException>(() => KeyEnvelope.Load(large)).Message, StringComparison.Ordinal);
        Assert.Contains("cut.zkenv", Assert.Throws<FormatException>(() => KeyEnvelope.Load(directory.Write("cut.zkenv", Envelope(1, [XWingStanza])[..^1]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsClassical_WithAP256StanzaOrMember_IsTrue()
    {
        Assert.False(Parse(Envelope(1, [XWingStanza])).IsClassical);
        Assert.True(Parse(Envelope(1, [XWingStanza, P256Stanza])).IsClassical);
        Assert.False(Parse(Envelope(1, [Group(0, 2, [Member(1, 1), Member(2, 1)])])).IsClassical);
        Assert.True(Parse(Envelope(1, [Group(0, 2, [Member(1, 1), Member(2, 1), Member(3, 2)])])).IsClassical);
    }

    [Fact]
    public void TryParse_OfASmallestAndALargestList_IsRead()
    {
        Assert.Equal(1, Parse(Envelope(uint.MaxValue, [P256Stanza])).RecipientCount);
        Assert.Equal(32, Parse(Envelope(1, [.. Enumerable.Repeat(XWingStanza, 32)])).RecipientCount);
        Assert.Equal(16, Parse(Envelope(1, [Group(0, 16, [.. Enumerable.Range(1, 16).Select(x => Member(x, 2))])])).Stanzas[0].Body.Span[2]);
    }

    [Fact]
    public void TryParse_OfAWrongHead_IsRefused()
    {
        byte[] good = Envelope(1, [XWingStanza]);
        Refuses(good, 0, 0);
        Refuses(good, 7, 1);
        Refuses(good, 9, 0);
        Refuses(good, 9, 3);
        Refuses(good, 8, 1);
        Refuses(good, 13, 0);
        Refuses(good, 47, 0);
        Refuses(good, 47, 2);
        Refuses(Envelope(1, [.. Enumerable.Repeat(P256Stanza, 33)]));
    }

    [Fact]
    public void TryParse_OfAWrongStanza_IsRefused()
    {
        foreach (ushort kind in new ushort[] { 0, 4, 255, 256, 65_535 })
        {
            Refuses(Envelope(1, [StanzaOf(kind, new byte[8 + 1_168])]));
        }

        foreach (int size in new[] { 0, 7, 8, 1_175, 1_177 })
        {
            Refuses(Envelope(1, [StanzaOf(1, new byte[size])]));
        }

        foreach (int size in new[] { 8, 120, 122 })
        {
            Refuses(Envelope(1, [StanzaOf(2, new byte[size])]));
        }
    }

    [Fact]
    public void TryParse_OfAWrongGroup_IsRefused()
    {
        byte[] a = Member(1, 1), b = Member(2, 2), c = Member(3, 1);
        Assert.NotNull(Parse(Envelope(1, [Group(0, 2, [a, b, c])])));
        Refuses(Envelope(1, [Group(0, 2, [a, b, c])]), 48 + 6, 0);
        Refuses(Envelope(1, [Group(0, 2, [a, b, c])]), 48 + 6 + 7, 0);
        Refuses(Envelope(1, [Group(1, 2, [a, b, c])]));
        Refuses(Envelope(1, [Group(0, 2, [a, b]), Group(0, 2, [a, b])]));
        Refuses(Envelope(1, [Group(0, 1, [a, b])]));
        Refuses(Envelope(1, [Group(0, 3, [a, b])]));
        Refuses(Envelope(1, [Group(0, 1, [a])]));
        Refuses(Envelope(1, [Group(0, 0, [])]));
        Refuses(Envelope(1, [Group(0, 2, [a, c])]));
        Refuses(Envelope(1, [Group(0, 2, [b, a])]));
        Refuses(Envelope(1, [Group(0, 2, [Member(0, 1), a])]));
        Refuses(Envelope(1, [Group(0, 2, [a, Member(2, 3)])]));
        Refuses(Envelope(1, [Group(0, 2, [a, b[..^1]])]));
        Refuses(Envelope(1, [Group(0, 2, [a, [.. b, 0]])]));
        Refuses(Envelope(1, [Group(0, 2, [a, b], claims: 3)]));
        Refuses(Envelope(1, [Group(0, 2, [a, b, c], claims: 2)]));
        Refuses(Envelope(1, [Group(0, 2, [.. Enumerable.Range(1, 17).Select(x => Member(x, 2))])]));
    }

    [Fact]
    public void TryParse_OfAnyPrefixOrOneByteMore_IsRefused()
    {
        byte[] good = Envelope(1, [P256Stanza, Group(0, 2, [Member(1, 2), Member(2, 2)])]);
        for (int length = 0; length < good.Length; length++)
        {
            Refuses(good[..length]);
        }

        Refuses([.. good, 0]);
    }

    [Fact]
    public void TryParse_OfMoreThanTheLimit_IsRefusedBeforeItIsCopied()
    {
        byte[] bytes = new byte[Format.MaxEnvelope + 1];
        Envelope(1, [XWingStanza]).CopyTo(bytes, 0);
        Assert.InRange(Allocated(() => Refuses(bytes)), 0, 1_000);
    }

    [Theory]
    [InlineData(46, 2)]
    [InlineData(50, 4)]
    [InlineData(50 + 4 + 1_176, 4)]
    public void TryParse_OfAGiantLength_AllocatesNoMoreThanItWasGiven(int position, int size)
    {
        byte[] bytes = Envelope(1, [XWingStanza]);
        foreach (uint length in new[] { uint.MaxValue, (uint)int.MaxValue, (uint)int.MaxValue + 1, 0x1000_0000u, (uint)bytes.Length })
        {
            byte[] giant = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(giant, length);
            giant[^size..].CopyTo(bytes, position);
            Assert.InRange(Allocated(() => Refuses(bytes)), 0, (2 * bytes.Length) + 2_000);
        }
    }

    [Property(MaxTest = 2_000)]
    public void TryParse_OfRandomBytes_NeverThrowsAndKeepsWhatItTakes(byte[] bytes)
    {
        AssertCanonical(bytes);
        AssertCanonical([.. "ZKCENV1\0"u8, 0, 1, 0, 0, 0, 1, .. new byte[32], 0, 1, .. bytes, .. new byte[60]]);
    }

    [Property(MaxTest = 3_000)]
    public void TryParse_OfAChangedEnvelope_NeverThrowsAndKeepsWhatItTakes(int position, byte value, int cut)
    {
        byte[] bytes = Envelope(1, [XWingStanza, Group(0, 2, [Member(1, 1), Member(2, 2)]), P256Stanza]);
        bytes[unchecked((uint)(position * 40_503)) % bytes.Length] = value;
        AssertCanonical(bytes);
        AssertCanonical(bytes[(int)(unchecked((uint)(cut * 40_503)) % bytes.Length)..]);
    }

    [Fact]
    public void Names_OfARecipient_ComparesItsTag()
    {
        using Identity identity = Identity.Generate(), stranger = Identity.Generate();
        KeyEnvelope envelope = Parse(Envelope(1, [StanzaOf(1, [.. identity.Recipient.Tag, .. new byte[1_168]])]));
        Assert.True(envelope.Names(identity.Recipient));
        Assert.False(envelope.Names(stranger.Recipient));
    }

    private static KeyEnvelope Parse(byte[] bytes) =>
        KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);

    private static void Refuses(byte[] good, int position, byte value)
    {
        byte[] bytes = [.. good];
        bytes[position] = value;
        Refuses(bytes);
    }

    private static void Refuses(byte[] bytes)
    {
        Assert.False(KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error));
        Assert.Null(envelope);
        Assert.NotNull(error);
    }

    private static void AssertCanonical(byte[] bytes)
    {
        bool taken = KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error);
        Assert.Equal(taken, error is null);
        if (taken)
        {
            Assert.Equal(bytes, envelope!.ToArray());
            _ = envelope.IsClassical;
        }
    }

    private static long Allocated(Action action)
    {
        action();
        return Allocations.Least(action);
    }

    private static byte[] Envelope(uint version, byte[][] stanzas)
    {
        byte[] head = [.. "ZKCENV1\0"u8, 0, 1, 0, 0, 0, 0, .. Enumerable.Repeat((byte)9, 32), 0, (byte)stanzas.Length];
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(10), version);
        return [.. head, .. stanzas.SelectMany(stanza => stanza), 0, 0, 0, 70, .. new byte[70], .. new byte[32]];
    }

    private static byte[] StanzaOf(ushort kind, byte[] rest)
    {
        byte[] head = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(head, kind);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(2), rest.Length);
        return [.. head, .. rest];
    }

    private static byte[] Group(int number, int k, byte[][] members, int? claims = null)
    {
        byte n = (byte)(claims ?? members.Length);
        byte[] tag = SHA256.HashData([.. "zkc1 group"u8, (byte)k, n, .. members.SelectMany(member => member[35..43])]);
        return StanzaOf(3, [.. tag[..8], (byte)number, (byte)k, n, .. members.SelectMany(member => member)]);
    }

    private static byte[] Member(int x, int kind) => [(byte)x, .. new byte[32], 0, (byte)kind, .. Enumerable.Repeat((byte)x, 8), .. new byte[kind == 1 ? 1_168 : 113]];
}
