using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

public sealed class TrustListTests : IDisposable
{
    private static readonly VerifyKey Key = NewKey();
    private static readonly string KeyString = Key.ToString(TrustedKeyKind.Owner);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Parse_OfALine_GivesItsFields()
    {
        TrustList list = TrustList.Parse($"# owners\r\n\r\n\t{KeyString} \t 2026-01-02T03:04:05Z\t2028-12-31T23:59:59Z  Kanzlei Müller, Büro 1 \r\n");
        TrustedKey key = Assert.Single(list.Keys);
        Assert.Equal(TrustedKeyKind.Owner, key.Kind);
        Assert.Equal(Key, key.Key);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), key.NotBefore);
        Assert.Equal(new DateTimeOffset(2028, 12, 31, 23, 59, 59, TimeSpan.Zero), key.NotAfter);
        Assert.Equal("Kanzlei Müller, Büro 1", key.Name);
        Assert.Equal($"{KeyString} 2026-01-02T03:04:05Z 2028-12-31T23:59:59Z Kanzlei Müller, Büro 1", key.ToString());
        Assert.Equal(key.ToString() + "\n", list.ToString());
        Assert.Equal(key.ToString(), TrustedKey.Parse(key.ToString()).ToString());
    }

    [Fact]
    public void IsTrusted_IsFromNotBeforeUntilNotAfter()
    {
        TrustList list = TrustList.Parse($"{KeyString} 1970-01-01T00:00:10Z 1970-01-01T00:00:20Z x");
        foreach ((ulong ms, bool trusted) in new[] { (0UL, false), (9_999UL, false), (10_000UL, true), (19_999UL, true), (20_000UL, false), (ulong.MaxValue, false), ((ulong)long.MaxValue + 1, false) })
        {
            Assert.Equal(trusted, list.IsTrusted(TrustedKeyKind.Owner, Key, ms));
            Assert.False(list.IsTrusted(TrustedKeyKind.Gateway, Key, ms));
            Assert.False(list.IsTrusted(TrustedKeyKind.Owner, NewKey(), ms));
            Assert.False(list.IsTrusted(TrustedKeyKind.None, default, ms));
            if (ms < 1_000_000)
            {
                Assert.Equal(trusted, list.IsTrusted(TrustedKeyKind.Owner, Key, DateTimeOffset.FromUnixTimeMilliseconds((long)ms)));
            }
        }

        Assert.False(list.IsTrusted(TrustedKeyKind.Owner, Key, DateTimeOffset.MinValue));
        Assert.NotNull(list.Find(TrustedKeyKind.Owner, Key));
        Assert.Null(list.Find(TrustedKeyKind.Archive, Key));
    }

    [Fact]
    public void IsTrusted_FromBefore1970_IsAllowed()
    {
        TrustList list = TrustList.Parse($"{KeyString} 0001-01-01T00:00:00Z 9999-12-31T23:59:59Z x");
        Assert.True(list.IsTrusted(TrustedKeyKind.Owner, Key, 0UL));
        Assert.False(list.IsTrusted(TrustedKeyKind.Owner, Key, ulong.MaxValue));
    }

    public static TheoryData<string> BadLines =>
    [
        "K", "K 2026-01-01T00:00:00Z", "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z", "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z ",
        "K 2027-01-01T00:00:00Z 2026-01-01T00:00:00Z x", "K 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z x",
        "K 2026-01-01T00:00:00 2027-01-01T00:00:00Z x", "K 2026-01-01T00:00:00z 2027-01-01T00:00:00Z x", "K 2026-01-01t00:00:00Z 2027-01-01T00:00:00Z x",
        "K 2026-1-01T00:00:00Z 2027-01-01T00:00:00Z x", "K 2026-01-01T0:00:00Z 2027-01-01T00:00:00Z x", "K 26-01-01T00:00:00Z 2027-01-01T00:00:00Z x",
        "K 2026-01-01T00:00:00.0Z 2027-01-01T00:00:00Z x", "K 2026-01-01T00:00:00+00:00 2027-01-01T00:00:00Z x", "K 2026-01-01T24:00:00Z 2027-01-01T00:00:00Z x",
        "K 2026-01-01T00:00:60Z 2027-01-01T00:00:00Z x", "K 2026-02-29T00:00:00Z 2027-01-01T00:00:00Z x", "K 0000-01-01T00:00:00Z 2027-01-01T00:00:00Z x",
        "K +2026-01-01T00:00:00Z 2027-01-01T00:00:00Z x", "K 2026-01-01T00:00:00Z 2027-01-01 x", "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00ZZ x",
        "K,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,x", "x 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z x", "K\u00a02026-01-01T00:00:00Z 2027-01-01T00:00:00Z x",
        "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z a\u0007b", "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z a\u0085b", "K 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z a\rb",
    ];

    [Theory]
    [MemberData(nameof(BadLines))]
    public void Parse_OfAWrongLine_NamesIt(string line)
    {
        line = line.Replace("K", KeyString, StringComparison.Ordinal);
        string message = Assert.Throws<FormatException>(() => TrustList.Parse("# first\n" + line)).Message;
        Assert.StartsWith("Line 2: ", message, StringComparison.Ordinal);
        string path = _directory.Write("trust", "# first\n" + line);
        Assert.StartsWith($"{path}, line 2: ", Assert.Throws<FormatException>(() => TrustList.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OfKeysThatAreNot_IsRefused()
    {
        const string Rest = " 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z x";
        using OwnerKey secret = OwnerKey.Generate();
        foreach (string key in new[]
                 {
                     KeyString.ToUpperInvariant(), KeyString[..^1], KeyString[..^1] + (KeyString[^1] == 'q' ? 'p' : 'q'), secret.ExportSecret(), Key.ToString(),
                     Bech32.Encode("zkcowner", new byte[32]), Bech32.Encode("zkcowner", new byte[33]), Bech32.Encode("zkcother", Key.ToArray()),
                 })
        {
            string message = Assert.Throws<FormatException>(() => TrustList.Parse(key + Rest)).Message;
            Assert.DoesNotContain(key[20..], message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Name_IsCountedInCodePoints(int length, bool accepted)
    {
        // Two UTF-16 units each.
        string name = string.Concat(Enumerable.Repeat("\U0001F4DE", length));
        string line = $"{KeyString} 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z {name}";
        if (accepted)
        {
            Assert.Equal(name, Assert.Single(TrustList.Parse(line).Keys).Name);
        }
        else
        {
            Assert.Throws<FormatException>(() => TrustList.Parse(line));
            Assert.Throws<ArgumentException>("name", () => Pin(Key, name: name));
        }
    }

    [Fact]
    public void Twice_IsRefused()
    {
        string line = Pin(Key).ToString();
        Assert.StartsWith("Line 3: ", Assert.Throws<FormatException>(() => TrustList.Parse($"{line}\n\n{line}")).Message, StringComparison.Ordinal);
        // One secret key for two uses is refused too: what it signs for one use must say nothing for the other.
        Assert.Throws<FormatException>(() => TrustList.Parse($"{line}\n{Pin(Key, TrustedKeyKind.Archive)}"));
        Assert.Throws<ArgumentException>("keys", () => TrustList.Of(Pin(Key), Pin(Key, TrustedKeyKind.Gateway)));
        Assert.Throws<ArgumentNullException>("keys", () => TrustList.Of(Pin(Key), null!));
    }

    [Fact]
    public void Pin_OfWrongArguments_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Pin(Key, TrustedKeyKind.None));
        Assert.Throws<ArgumentException>("key", () => Pin(default));
        Assert.Throws<ArgumentException>("notBefore", () => Pin(Key, from: EvidenceFixture.At(0).AddMilliseconds(1)));
        Assert.Throws<ArgumentException>("notAfter", () => Pin(Key, to: EvidenceFixture.At(1).AddTicks(1)));
        Assert.Throws<ArgumentException>("notAfter", () => Pin(Key, to: EvidenceFixture.At(0)));
        foreach (string name in new[] { "", " x", "x ", "a\nb", "a\tb", "\ud800" })
        {
            Assert.Throws<ArgumentException>("name", () => Pin(Key, name: name));
        }
    }

    [Property]
    public Property Parse_OfToString_IsTheSameList()
    {
        Gen<TrustedKey> keys =
            from kind in Gen.Elements(TrustedKeyKind.Gateway, TrustedKeyKind.Owner, TrustedKeyKind.Archive)
            from start in Gen.Choose(-2_000_000_000, 2_000_000_000)
            from length in Gen.Choose(1, int.MaxValue)
            from name in Gen.Choose(1, 64).SelectMany(n => Gen.ArrayOf(Gen.Elements('a', 'B', 'ß', '-', '#', '1', '世', ' '), n)).Select(c => new string(c).Trim())
            where name.Length > 0
            select new TrustedKey(kind, NewKey(), DateTimeOffset.FromUnixTimeSeconds(start), DateTimeOffset.FromUnixTimeSeconds((long)start + length), name);
        return Prop.ForAll(Gen.ListOf(keys).ToArbitrary(), list =>
        {
            TrustList trust = TrustList.Of([.. list]);
            TrustList again = TrustList.Parse(trust.ToString());
            return again.ToString() == trust.ToString() && again.Keys.Count == list.Count
                && list.All(k => again.Find(k.Kind, k.Key) is { } found && found.NotBefore == k.NotBefore && found.NotAfter == k.NotAfter && found.Name == k.Name);
        });
    }

    [Fact]
    public void Load_OfSaved_IsTheSameList()
    {
        TrustList list = TrustList.Of(Pin(NewKey()), Pin(NewKey(), TrustedKeyKind.Gateway));
        string path = _directory.File("trust");
        list.Save(path);
        Assert.Equal(list.ToString(), TrustList.Load(path).ToString());
        Assert.Throws<IOException>(() => list.Save(path));
        Assert.Empty(TrustList.Of().Keys);
        Assert.Equal("", TrustList.Of().ToString());
    }

    private static TrustedKey Pin(VerifyKey key, TrustedKeyKind kind = TrustedKeyKind.Owner, DateTimeOffset? from = null, DateTimeOffset? to = null, string name = "x") =>
        new(kind, key, from ?? EvidenceFixture.At(0), to ?? EvidenceFixture.At(1), name);

    // Made by libsodium directly: a property makes thousands.
    private static VerifyKey NewKey()
    {
        byte[] publicKey = new byte[32];
        Ed25519.KeyPair(RandomNumberGenerator.GetBytes(32), publicKey, new byte[64]);
        return new VerifyKey(publicKey);
    }
}
