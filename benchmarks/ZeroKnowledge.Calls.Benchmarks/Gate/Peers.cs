using System.Security.Cryptography;
using NSec.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// The primitives alone, and others doing the same job: encrypt a chunk, hash the ciphertext. The hash is .NET's, the fastest at hand, but for BouncyCastle: who builds on it
/// has its own.
/// </summary>
internal sealed unsafe class Peers : IDisposable
{
    private static readonly AeadAlgorithm NSecAes = AeadAlgorithm.Aes256Gcm;

    private readonly Suite _suite;
    private readonly byte[] _plaintext;
    private readonly byte[] _ciphertext;
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _rawKey = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _rawCiphertext;
    private readonly byte[] _rawTag;
    private readonly byte[] _nonce;
    private readonly byte[] _tag;
    private readonly byte[] _hash = new byte[32];
    private readonly byte[] _gcmNonce = new byte[12];
    private readonly byte[] _gcmTag = new byte[16];
    private readonly Sha256Digest _digest = new();
    private readonly byte[] _stream = new byte[Secretstreams.StateSize];

    public Peers(Suite suite, int size)
    {
        _suite = suite;
        _plaintext = RandomNumberGenerator.GetBytes(size);
        _ciphertext = new byte[size + 64];
        _nonce = new byte[Format.NonceSize(suite)];
        _tag = new byte[Format.TagSize(suite)];
        _rawCiphertext = new byte[size];
        _rawTag = new byte[_tag.Length];
        Aead.Encrypt(suite, _rawKey, _nonce, _plaintext, _rawCiphertext, _rawTag);
        RandomNumberGenerator.Fill(_key);
        Secretstreams.Begin(_stream, _key);
    }

    public void RawAead() => Aead.Encrypt(_suite, _key, _nonce, _plaintext, _ciphertext.AsSpan(0, _plaintext.Length), _tag);

    /// <summary>Of what the constructor encrypted.</summary>
    public void RawDecrypt()
    {
        if (!Aead.TryDecrypt(_suite, _rawKey, _nonce, _rawCiphertext, _rawTag, _ciphertext.AsSpan(0, _plaintext.Length)))
        {
            throw new CryptographicException("It did not decrypt.");
        }
    }

    public void RawSha256() => SHA256.HashData(_plaintext, _hash);

    /// <summary>libsodium's secretstream: XChaCha20-Poly1305, one key a stream, no key for each chunk.</summary>
    public void Secretstream() => Hash(Secretstreams.Push(_stream, _plaintext, _ciphertext));

    /// <summary>.NET's AES-256-GCM with a new key for each chunk.</summary>
    public void BclAesGcm()
    {
        RandomNumberGenerator.Fill(_key);
        using AesGcm aes = new(_key, _gcmTag.Length);
        aes.Encrypt(_gcmNonce, _plaintext, _ciphertext.AsSpan(0, _plaintext.Length), _gcmTag);
        Hash(_plaintext.Length);
    }

    /// <summary>BouncyCastle's AES-256-GCM with a new key for each chunk, and its SHA-256.</summary>
    public void BouncyCastle()
    {
        RandomNumberGenerator.Fill(_key);
        GcmBlockCipher gcm = new(AesUtilities.CreateEngine());
        gcm.Init(forEncryption: true, new AeadParameters(new KeyParameter(_key), 128, _gcmNonce));
        int written = gcm.ProcessBytes(_plaintext, _ciphertext);
        written += gcm.DoFinal(_ciphertext.AsSpan(written));
        _digest.BlockUpdate(_ciphertext.AsSpan(0, written));
        _digest.DoFinal(_hash);
    }

    /// <summary>An NSec key object for each chunk, as its API suggests.</summary>
    public void NSecKeyPerChunk()
    {
        RandomNumberGenerator.Fill(_key);
        using Key key = Key.Import(NSecAes, _key, KeyBlobFormat.RawSymmetricKey);
        NSecAes.Encrypt(key, _gcmNonce, [], _plaintext, _ciphertext.AsSpan(0, _plaintext.Length + 16));
        Hash(_plaintext.Length + 16);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private void Hash(int length) => SHA256.HashData(_ciphertext.AsSpan(0, length), _hash);
}
