using System.Security.Cryptography;
using System.Text.Json;
using NSec.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>
/// Vectors that others published, through the code that recordings go through. RFC 8032 is in <see cref="Ed25519Tests"/>,
/// RFC 9162 in <see cref="MerkleTreeTests"/>.
/// </summary>
public class PublishedVectorTests
{
    [Fact]
    public void HkdfSha256_OfRfc5869_IsAsPrinted()
    {
        KeyDerivationAlgorithm2 hkdf = KeyDerivationAlgorithm.HkdfSha256;
        foreach (JsonElement vector in Vectors("hkdf-sha256", 3))
        {
            byte[] prk = new byte[32];
            byte[] okm = new byte[Hex(vector, "okm").Length];
            hkdf.Extract(Hex(vector, "ikm"), Hex(vector, "salt"), prk);
            hkdf.Expand(prk, Hex(vector, "info"), okm);
            Assert.Equal(Hex(vector, "prk"), prk);
            Assert.Equal(Hex(vector, "okm"), okm);
            // The base class library's is what the key schedule is compared with below.
            Assert.Equal(okm, HKDF.DeriveKey(HashAlgorithmName.SHA256, Hex(vector, "ikm"), okm.Length, Hex(vector, "salt"), Hex(vector, "info")));
        }
    }

    [Fact]
    public void KeySchedule_OfAnySecret_IsHkdfWithTheLabelsOfTheFormat()
    {
        byte[] secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] start = [.. Enumerable.Range(0, 76).Select(i => (byte)(i + 100))];
        CoreId id = CoreId.Of(start);
        byte[] prk = new byte[32], key = new byte[32], children = new byte[128];
        KeySchedule.Extract(secret, prk);
        Assert.Equal(HKDF.Extract(HashAlgorithmName.SHA256, secret, "zkc1"u8.ToArray()), prk);

        KeySchedule.Control(prk, start, key);
        Assert.Equal(Expand(prk, [.. "zkc1 control"u8, .. start]), key);
        byte[] commitment = new byte[32];
        KeySchedule.Commitment(key, commitment);
        Assert.Equal(SHA256.HashData([.. "zkc1 commitment"u8, .. key]), commitment);
        byte[] mac = new byte[32];
        KeySchedule.EnvelopeMacKey(key, id, mac);
        Assert.Equal(Expand(key, [.. "zkc1 envelope mac"u8, .. id.ToArray()]), mac);
        KeySchedule.OpeningKey(prk, id, key);
        Assert.Equal(Expand(prk, [.. "zkc1 opening"u8, .. id.ToArray()]), key);
        KeySchedule.ClosingKey(prk, id, key);
        Assert.Equal(Expand(prk, [.. "zkc1 closing"u8, .. id.ToArray()]), key);
        KeySchedule.TreeRoot(prk, id, key);
        Assert.Equal(Expand(prk, [.. "zkc1 tree"u8, .. id.ToArray()]), key);
        for (int level = 0; level < Calls.Format.TreeDepth; level++)
        {
            KeySchedule.Children(key, level, children);
            Assert.Equal(Expand(key, [.. "zkc1 node"u8, (byte)level], 128), children);
        }
    }

    [Fact]
    public void Aes256Gcm_OfMcGrewAndViega_IsAsPrinted()
    {
        foreach (JsonElement vector in Vectors("aes256gcm", 3))
        {
            Check(Suite.Aes256Gcm, Hex(vector, "key"), Hex(vector, "iv"), Hex(vector, "pt"), Hex(vector, "ct"), Hex(vector, "tag"));
        }
    }

    [Fact]
    public void Aegis256_OfTheDraft_IsAsPrinted()
    {
        foreach (JsonElement vector in Vectors("aegis256", 5).Where(vector => Hex(vector, "ad").Length == 0))
        {
            Check(Suite.Aegis256, Hex(vector, "key"), Hex(vector, "nonce"), Hex(vector, "msg"), Hex(vector, "ct"), Hex(vector, "tag"));
        }
    }

    // Keys that age made: the strings, and the public key that follows from the seed.
    [Fact]
    public void Identity_OfAge_HasItsRecipient()
    {
        foreach (JsonElement vector in Vectors("age-pq", 2))
        {
            using Identity identity = Identity.Parse(vector.GetProperty("identity").GetString()!);
            Assert.Equal(vector.GetProperty("recipient").GetString(), identity.Recipient.ToString());
        }
    }

    // The format's AEADs have no associated data, so these show the library only.
    [Fact]
    public unsafe void Aegis256_OfTheDraftWithAssociatedData_IsAsPrinted()
    {
        JsonElement file = Repository.Published("aegis256");
        foreach ((JsonElement vector, bool valid) in file.GetProperty("vectors").EnumerateArray().Select(v => (v, true))
            .Concat(file.GetProperty("refused").EnumerateArray().Select(v => (v, false))))
        {
            byte[] ct = Hex(vector, "ct"), ad = Hex(vector, "ad");
            // One byte more: a pointer to an empty array is null.
            byte[] opened = new byte[ct.Length + 1];
            fixed (byte* m = opened, c = (byte[])[.. ct, 0], a = (byte[])[.. ad, 0], t = Hex(vector, "tag"), n = Hex(vector, "nonce"), k = Hex(vector, "key"))
            {
                int failed = Sodium.crypto_aead_aegis256_decrypt_detached(m, null, c, (ulong)ct.Length, t, a, (ulong)ad.Length, n, k);
                Assert.Equal(valid, failed == 0);
            }

            if (valid)
            {
                Assert.Equal(Hex(vector, "msg"), opened[..ct.Length]);
            }
        }
    }

    [Fact]
    public unsafe void XWing_OfTheDraft_IsAsPrinted()
    {
        foreach (JsonElement vector in Vectors("xwing", 3))
        {
            byte[] pk = new byte[XWing.PublicKeySize], ct = new byte[XWing.CiphertextSize], sent = new byte[32], received = new byte[32];
            XWing.PublicKey(Hex(vector, "seed"), pk);
            Assert.Equal(Hex(vector, "pk"), pk);
            fixed (byte* c = ct, s = sent, p = pk, e = Hex(vector, "eseed"))
            {
                Assert.Equal(0, Sodium.crypto_kem_xwing_enc_deterministic(c, s, p, e));
            }

            Assert.Equal(Hex(vector, "ct"), ct);
            Assert.Equal(Hex(vector, "ss"), sent);
            Assert.True(XWing.TryDecapsulate(Hex(vector, "seed"), Hex(vector, "ct"), received));
            Assert.Equal(Hex(vector, "ss"), received);
        }
    }

    [Fact]
    public void HpkeSchedule_OfRfc9180_IsAsPrinted()
    {
        foreach (JsonElement vector in Vectors("hpke-rfc9180-base", 3))
        {
            CheckSchedule(vector);
        }
    }

    [Fact]
    public void Hpke_WithXWing_OpensTheDraftsCiphertexts()
    {
        foreach (JsonElement vector in Vectors("hpke-xwing", 1))
        {
            byte[] seed = Hex(vector, "skRm"), pk = new byte[XWing.PublicKeySize], shared = new byte[32];
            XWing.PublicKey(seed, pk);
            Assert.Equal(Hex(vector, "pkRm"), pk);
            Assert.True(XWing.TryDecapsulate(seed, Hex(vector, "enc"), shared));
            Assert.Equal(Hex(vector, "shared_secret"), shared);
            (byte[] key, byte[] nonce) = CheckSchedule(vector);

            using System.Security.Cryptography.ChaCha20Poly1305 aead = new(key);
            foreach ((int sequence, JsonElement message) in vector.GetProperty("encryptions").EnumerateArray().Index())
            {
                // RFC 9180, section 5.2: base nonce XOR sequence number. An envelope uses 0 only.
                byte[] used = [.. nonce[..^1], (byte)(nonce[^1] ^ sequence)];
                Assert.Equal(Hex(message, "nonce"), used);
                byte[] ct = Hex(message, "ct"), pt = new byte[ct.Length - 16];
                aead.Decrypt(used, ct.AsSpan(..^16), ct.AsSpan(^16..), pt, Hex(message, "aad"));
                Assert.Equal(Hex(message, "pt"), pt);
            }
        }
    }

    [Fact]
    public void Hpke_WithP256_OpensTheRfcsCiphertexts()
    {
        foreach (JsonElement vector in Vectors("hpke-rfc9180-p256", 2))
        {
            byte[] pk = new byte[P256.PublicKeySize], shared = new byte[32], enc = new byte[P256.PublicKeySize];
            Assert.True(Kem.TryPublicKey(StanzaKind.P256, Hex(vector, "skRm"), pk));
            Assert.Equal(Hex(vector, "pkRm"), pk);
            using (ECDiffieHellman ephemeral = P256.ImportSecret(Hex(vector, "skEm"))!)
            {
                Assert.True(P256.TryEncapsulate(ephemeral, pk, enc, shared));
            }

            Assert.Equal(Hex(vector, "enc"), enc);
            Assert.Equal(Hex(vector, "shared_secret"), shared);
            shared.AsSpan().Clear();
            Assert.True(Kem.TryDecapsulate(StanzaKind.P256, Hex(vector, "skRm"), pk, enc, shared));
            Assert.Equal(Hex(vector, "shared_secret"), shared);
            (byte[] key, byte[] nonce) = CheckSchedule(vector);
            byte[] ct = Hex(vector.GetProperty("encryptions")[0], "ct"), pt = new byte[ct.Length - 16], aad = Hex(vector.GetProperty("encryptions")[0], "aad");
            // The RFC has no vectors of P-256 with AES-256-GCM: these are the same AEAD with a shorter key, and another one.
            if (key.Length == 16)
            {
                using AesGcm aead = new(key, 16);
                aead.Decrypt(nonce, ct.AsSpan(..^16), ct.AsSpan(^16..), pt, aad);
            }
            else
            {
                using System.Security.Cryptography.ChaCha20Poly1305 aead = new(key);
                aead.Decrypt(nonce, ct.AsSpan(..^16), ct.AsSpan(^16..), pt, aad);
            }

            Assert.Equal(Hex(vector.GetProperty("encryptions")[0], "pt"), pt);
        }
    }

    private static (byte[] Key, byte[] Nonce) CheckSchedule(JsonElement vector)
    {
        byte[] key = new byte[Hex(vector, "key").Length], nonce = new byte[12];
        Hpke.Schedule(
            vector.GetProperty("kem_id").GetUInt16(), vector.GetProperty("aead_id").GetUInt16(), Hex(vector, "shared_secret"), Hex(vector, "info"), key, nonce);
        Assert.Equal(Hex(vector, "key"), key);
        Assert.Equal(Hex(vector, "base_nonce"), nonce);
        return (key, nonce);
    }

    private static void Check(Suite suite, byte[] key, byte[] nonce, byte[] message, byte[] ciphertext, byte[] tag)
    {
        byte[] encrypted = new byte[message.Length], computed = new byte[tag.Length], opened = new byte[message.Length];
        Aead.Encrypt(suite, key, nonce, message, encrypted, computed);
        Assert.Equal(ciphertext, encrypted);
        Assert.Equal(tag, computed);
        Assert.True(Aead.TryDecrypt(suite, key, nonce, ciphertext, tag, opened));
        Assert.Equal(message, opened);
        computed[^1] ^= 1;
        Assert.False(Aead.TryDecrypt(suite, key, nonce, ciphertext, computed, opened));
        if (suite == Suite.Aes256Gcm)
        {
            // Where the processor has no AES instructions, the base class library's is used.
            using AesGcm fallback = new(key, tag.Length);
            fallback.Encrypt(nonce, message, encrypted, computed);
            Assert.Equal(ciphertext, encrypted);
            Assert.Equal(tag, computed);
        }
    }

    private static byte[] Expand(byte[] key, byte[] info, int length = 32) => HKDF.Expand(HashAlgorithmName.SHA256, key, length, info);

    private static JsonElement[] Vectors(string file, int count)
    {
        JsonElement root = Repository.Published(file);
        Assert.NotEmpty(root.GetProperty("source").GetString()!);
        JsonElement[] vectors = [.. root.GetProperty("vectors").EnumerateArray()];
        Assert.Equal(count, vectors.Length);
        return vectors;
    }

    private static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!);
}
