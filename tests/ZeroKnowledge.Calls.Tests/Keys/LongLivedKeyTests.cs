using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

public sealed class LongLivedKeyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<TrustedKeyKind> Kinds => [TrustedKeyKind.Gateway, TrustedKeyKind.Owner, TrustedKeyKind.Archive];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parse_OfExported_IsTheSameKey(TrustedKeyKind kind)
    {
        using LongLivedKey key = Generate(kind);
        string secret = key.ExportSecret();
        using LongLivedKey again = Parse(kind, secret);
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal(secret, again.ExportSecret());
        Assert.Equal(kind, again.Kind);
        Assert.StartsWith($"ZKC-{kind.ToString().ToUpperInvariant()}-KEY-1", secret, StringComparison.Ordinal);
        Assert.Equal(secret, secret.ToUpperInvariant());
        string text = key.PublicKey.ToString(kind);
        Assert.StartsWith($"zkc{kind.ToString().ToLowerInvariant()}1", text, StringComparison.Ordinal);
        Assert.Equal(key.PublicKey, VerifyKey.Parse(kind, text));
        Assert.Equal($"{kind}Key", key.ToString());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_OfSaved_IsTheSameKey(TrustedKeyKind kind)
    {
        using LongLivedKey key = Generate(kind);
        string path = _directory.File("key");
        key.Save(path);
        using LongLivedKey again = Load(kind, path);
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal($"# public key: {key.PublicKey.ToString(kind)}\n{key.ExportSecret()}\n", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void Save_OverAFile_IsRefused()
    {
        using GatewayKey key = GatewayKey.Generate();
        string path = _directory.Write("key", "precious");
        Assert.Throws<IOException>(() => key.Save(path));
        Assert.Equal("precious", File.ReadAllText(path));
    }

    [Fact]
    public void Sign_VerifiesWithThePublicKey()
    {
        using OwnerKey key = OwnerKey.Generate();
        byte[] signature = new byte[64];
        key.Sign("message"u8, signature);
        Assert.True(Ed25519.Verify(key.PublicKey.ToArray(), "message"u8, signature));
        Assert.False(Ed25519.Verify(key.PublicKey.ToArray(), "massage"u8, signature));
        Assert.Throws<ArgumentException>(() => key.Sign("message"u8, new byte[63]));
    }

    [Fact]
    public void Parse_OfRfc8032Seed_HasItsPublicKey()
    {
        string secret = Bech32.Encode("ZKC-ARCHIVE-KEY-", Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        using ArchiveKey key = ArchiveKey.Parse(secret);
        Assert.Equal("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", key.PublicKey.ToString());
    }

    [Fact]
    public void Parse_OfAnythingElse_ThrowsAndDoesNotRepeatIt()
    {
        using GatewayKey gateway = GatewayKey.Generate();
        using OwnerKey owner = OwnerKey.Generate();
        string good = gateway.ExportSecret();
        string mistyped = good[..30] + (good[30] == 'Q' ? 'P' : 'Q') + good[31..];
        string[] bad =
        [
            "", " " + good, good + "\n", good.ToLowerInvariant(), mistyped, owner.ExportSecret(), gateway.PublicKey.ToString(TrustedKeyKind.Gateway),
            Bech32.Encode("ZKC-GATEWAY-KEY-", new byte[31]), Bech32.Encode("ZKC-GATEWAY-KEY-", new byte[33]), "AGE-SECRET-KEY-1" + good[17..],
        ];
        foreach (string text in bad)
        {
            string message = Assert.Throws<FormatException>(() => GatewayKey.Parse(text)).Message;
            Assert.Contains("ZKC-GATEWAY-KEY-1", message, StringComparison.Ordinal);
            for (int i = 20; i + 8 <= text.Length; i++)
            {
                Assert.DoesNotContain(text.Substring(i, 8), message, StringComparison.OrdinalIgnoreCase);
            }
        }

        Assert.Contains("begins with ZKC-OWNER-KEY-1", Assert.Throws<FormatException>(() => GatewayKey.Parse(owner.ExportSecret())).Message, StringComparison.Ordinal);
        Assert.Contains("mistyped", Assert.Throws<FormatException>(() => GatewayKey.Parse(mistyped)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => GatewayKey.Parse(null!));
    }

    [Fact]
    public void VerifyKey_Parse_OfAnythingElse_Throws()
    {
        using GatewayKey gateway = GatewayKey.Generate();
        string good = gateway.PublicKey.ToString(TrustedKeyKind.Gateway);
        Assert.Equal(gateway.PublicKey, VerifyKey.Parse(TrustedKeyKind.Gateway, good));
        foreach (string bad in new[] { "", good.ToUpperInvariant(), good + " ", good[..^1], gateway.ExportSecret(), Bech32.Encode("zkcgateway", new byte[32]) })
        {
            Assert.Throws<FormatException>(() => VerifyKey.Parse(TrustedKeyKind.Gateway, bad));
        }

        Assert.Throws<FormatException>(() => VerifyKey.Parse(TrustedKeyKind.Owner, good));
        Assert.Throws<ArgumentOutOfRangeException>(() => VerifyKey.Parse(TrustedKeyKind.None, good));
        Assert.Throws<ArgumentException>("bytes", () => new VerifyKey(new byte[31]));
        Assert.True(default(VerifyKey).IsZero);
        Assert.False(gateway.PublicKey.IsZero);
    }

    [Fact]
    public void Disposed_SignsAndExportsNothing()
    {
        GatewayKey key = GatewayKey.Generate();
        VerifyKey publicKey = key.PublicKey;
        key.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign("m"u8, new byte[64]));
        Assert.Throws<ObjectDisposedException>(() => key.ExportSecret());
        Assert.Throws<ObjectDisposedException>(() => key.Save(_directory.File("none")));
        Assert.False(File.Exists(_directory.File("none")));
        Assert.Equal(publicKey, key.PublicKey);
    }

    [Fact]
    public void KeyInHardware_ThatSignsWrongly_IsNoticed()
    {
        using var hardware = new FaultyKey();
        byte[] signature = new byte[64];
        Assert.Throws<CallRecordingException>(() => hardware.SignChecked("m"u8, signature));
        Assert.Equal(new byte[64], signature);
        Assert.Throws<NotSupportedException>(hardware.ExportSecret);
        Assert.Throws<NotSupportedException>(() => hardware.Save(_directory.File("none")));
        Assert.Equal("GatewayKey", hardware.ToString());
    }

    private static LongLivedKey Generate(TrustedKeyKind kind) => kind switch
    {
        TrustedKeyKind.Gateway => GatewayKey.Generate(),
        TrustedKeyKind.Owner => OwnerKey.Generate(),
        _ => ArchiveKey.Generate(),
    };

    private static LongLivedKey Parse(TrustedKeyKind kind, string text) => kind switch
    {
        TrustedKeyKind.Gateway => GatewayKey.Parse(text),
        TrustedKeyKind.Owner => OwnerKey.Parse(text),
        _ => ArchiveKey.Parse(text),
    };

    private static LongLivedKey Load(TrustedKeyKind kind, string path) => kind switch
    {
        TrustedKeyKind.Gateway => GatewayKey.Load(path),
        TrustedKeyKind.Owner => OwnerKey.Load(path),
        _ => ArchiveKey.Load(path),
    };

    private sealed class FaultyKey : GatewayKey
    {
        private readonly GatewayKey _inner = Generate();

        public override VerifyKey PublicKey => _inner.PublicKey;

        protected internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
        {
            _inner.Sign(message, signature);
            signature[RandomNumberGenerator.GetInt32(64)] ^= 4;
        }

        protected override void Dispose(bool disposing)
        {
            _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
