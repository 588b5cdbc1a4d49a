using System.Security.Cryptography;
using System.Text;
using ZeroKnowledge.Calls.Interop;
using Ed25519 = ZeroKnowledge.Calls.Interop.Ed25519;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>An Ed25519 key pair of a fixed seed, with libsodium's form of the secret.</summary>
internal sealed class VectorSigner
{
    public VectorSigner(string name)
    {
        Seed = VectorKeys.Secret(name);
        Ed25519.KeyPair(Seed, PublicKey, SecretKey);
    }

    public byte[] Seed { get; }

    public byte[] PublicKey { get; } = new byte[32];

    public byte[] SecretKey { get; } = new byte[64];

    public byte[] Sign(byte[] message)
    {
        byte[] signature = new byte[64];
        Ed25519.Sign(SecretKey, message, signature);
        return signature;
    }
}

/// <summary>An X-Wing key pair of a fixed seed.</summary>
internal sealed class VectorReader
{
    public VectorReader(string name)
    {
        Seed = VectorKeys.Secret(name);
        PublicKey = new byte[XWing.PublicKeySize];
        XWing.PublicKey(Seed, PublicKey);
        Text = Bech32.Encode("AGE-SECRET-KEY-PQ-", Seed);
        Tag = SHA256.HashData(PublicKey)[..8];
    }

    public byte[] Seed { get; }

    public byte[] PublicKey { get; }

    public byte[] Tag { get; }

    public string Text { get; }

    /// <summary>enc ‖ wrapped: HPKE with an encapsulation that is random only in appearance, so that the files can be made again.</summary>
    public unsafe byte[] Wrap(byte[] info, byte[] plaintext)
    {
        byte[] random = SHA512.HashData([.. "zkc1 vectors encapsulation"u8, .. Tag, .. info, .. plaintext]);
        byte[] wrapped = new byte[Kem.WrappedSize(StanzaKind.XWing)], shared = new byte[32], key = new byte[32], nonce = new byte[12];
        fixed (byte* c = wrapped, s = shared, p = PublicKey, r = random)
        {
            Assert.Equal(0, Sodium.crypto_kem_xwing_enc_deterministic(c, s, p, r));
        }

        Hpke.Schedule(Kem.XWingId, Hpke.Aes256Gcm, shared, info, key, nonce);
        Aead.Encrypt(Suite.Aes256Gcm, key, nonce, plaintext, wrapped.AsSpan(XWing.CiphertextSize, 32), wrapped.AsSpan(^16..));
        return wrapped;
    }
}

/// <summary>The keys of all vectors. They are as public as the files: never use them for anything else.</summary>
internal static class VectorKeys
{
    public const string NotBefore = "2025-01-01T00:00:00Z";
    public const string NotAfter = "2035-01-01T00:00:00Z";

    public static readonly VectorSigner Gateway = new("gateway");
    public static readonly VectorSigner Owner = new("owner");
    public static readonly VectorSigner OtherGateway = new("other gateway");
    public static readonly VectorReader Active = new("active recipient");
    public static readonly VectorReader Recovery = new("recovery recipient");
    public static readonly VectorReader Stranger = new("stranger");

    public static string GatewayText { get; } = Bech32.Encode("zkcgateway", Gateway.PublicKey);

    public static string Trust { get; } = Line(GatewayText) + "\n";

    /// <summary>With an owner's key, for grants.</summary>
    public static string TrustWithOwner { get; } = Trust + Line(Bech32.Encode("zkcowner", Owner.PublicKey), name: "owner") + "\n";

    public static string Line(string key, string notBefore = NotBefore, string notAfter = NotAfter, string name = "gateway") =>
        $"{key} {notBefore} {notAfter} {name}";

    public static byte[] Secret(string name) => SHA256.HashData(Encoding.UTF8.GetBytes("zkc1 vectors " + name));
}
