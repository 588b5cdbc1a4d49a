using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A P-256 key pair of a fixed number, as a smart card has one. The HPKE of it is written here once more, so that its parts can be replaced.</summary>
internal sealed class VectorCard
{
    public VectorCard(string name)
    {
        Secret = VectorKeys.Secret(name);
        PublicKey = Point(Secret);
        Tag = SHA256.HashData(PublicKey)[..8];
        Text = Bech32.Encode("ZKC-P256-IDENTITY-", Secret);
    }

    public byte[] Secret { get; }

    public byte[] PublicKey { get; }

    public byte[] Tag { get; }

    public string Text { get; }

    /// <summary>enc ‖ wrapped, with an ephemeral key that is random only in appearance.</summary>
    /// <param name="info">What it is bound to.</param>
    /// <param name="plaintext">What is wrapped.</param>
    /// <param name="enc">Takes the place of the ephemeral key's point.</param>
    /// <param name="agreed">What a reader that does not look at <paramref name="enc"/> agrees on; default: what the ephemeral key does.</param>
    public byte[] Wrap(byte[] info, byte[] plaintext, Func<byte[], byte[]>? enc = null, byte[]? agreed = null)
    {
        byte[] ephemeral = VectorKeys.Secret($"ephemeral {Convert.ToHexString(Tag)} {Convert.ToHexString(info)}");
        byte[] point = Point(ephemeral);
        byte[] sent = enc?.Invoke(point) ?? point, suiteId = [.. "KEM"u8, 0, 0x10], prk = new byte[32], shared = new byte[32], key = new byte[32], nonce = new byte[12];
        Hpke.LabeledExtract(suiteId, default, "eae_prk"u8, agreed ?? Agree(ephemeral, PublicKey), prk);
        Hpke.LabeledExpand(suiteId, prk, "shared_secret"u8, [.. sent, .. PublicKey], shared);
        Hpke.Schedule(Kem.P256Id, Hpke.Aes256Gcm, shared, info, key, nonce);
        byte[] wrapped = [.. sent, .. new byte[Hpke.SealedKeySize]];
        Aead.Encrypt(Suite.Aes256Gcm, key, nonce, plaintext, wrapped.AsSpan(sent.Length, 32), wrapped.AsSpan(^16..));
        return wrapped;
    }

    /// <summary>The x coordinate that this card and a point agree on.</summary>
    public byte[] Agree(byte[] point) => Agree(Secret, point);

    private static byte[] Agree(byte[] secret, byte[] point)
    {
        using ECDiffieHellman own = P256.ImportSecret(secret)!, other = P256.ImportPublicKey(point)!;
        return own.DeriveRawSecretAgreement(other.PublicKey);
    }

    private static byte[] Point(byte[] secret)
    {
        using ECDiffieHellman key = P256.ImportSecret(secret)!;
        byte[] point = new byte[65];
        Assert.True(P256.TryExportPublicKey(key, point));
        return point;
    }
}
