using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Each step that a chunk goes through, by itself; and what of a recording's begin is large. BenchmarkDotNet needs the class public and not sealed.</summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    private readonly byte[] _root = RandomNumberGenerator.GetBytes(Format.KeySize);
    private readonly byte[] _frontier = new byte[KeyFrontier.Size];
    private readonly byte[] _key = new byte[Format.KeySize];
    private readonly byte[] _hash = new byte[MerkleTree.HashSize];
    private readonly byte[] _nonce = new byte[32];
    private readonly NonceBatch _nonces = new();
    private readonly MerklePeaks _peaks = new();
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(Ed25519.SeedSize);
    private readonly byte[] _publicKey = new byte[Ed25519.PublicKeySize];
    private readonly byte[] _secretKey = new byte[Ed25519.SecretKeySize];
    private readonly byte[] _message = new byte[Statement.Size - Ed25519.SignatureSize];
    private readonly byte[] _signature = new byte[Ed25519.SignatureSize];
    private readonly byte[] _xwing = new byte[XWing.PublicKeySize];
    private readonly byte[] _encapsulated = new byte[XWing.CiphertextSize];
    private readonly byte[] _shared = new byte[XWing.SharedSecretSize];
    private byte[] _plaintext = [];
    private byte[] _ciphertext = [];
    private byte[] _tag = [];
    private int _chunk;
    private int _taken;

    [Params(Suite.Aes256Gcm, Suite.Aegis256)]
    public Suite Suite { get; set; }

    /// <summary>Bytes of a chunk: one leg of G.711 for a second, or two.</summary>
    [Params(8_192, 16_384)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        KeyFrontier.Start(_frontier, _root);
        Ed25519.KeyPair(_seed, _publicKey, _secretKey);
        XWing.PublicKey(_seed, _xwing);
        _plaintext = RandomNumberGenerator.GetBytes(Size);
        _ciphertext = new byte[Size];
        _tag = new byte[Format.TagSize(Suite)];
    }

    [Benchmark]
    public void KeyStep()
    {
        if (_chunk == Format.MaxChunks)
        {
            KeyFrontier.Start(_frontier, _root);
            _chunk = 0;
        }

        KeyFrontier.Take(_frontier, _chunk++, _key);
    }

    /// <summary>A 64th of one call of the system, as in a pump's pass.</summary>
    [Benchmark]
    public void Nonce()
    {
        if (_taken++ % NonceBatch.Most == 0)
        {
            _nonces.End();
            _nonces.Begin(NonceBatch.Most);
        }

        _nonces.Fill(_nonce.AsSpan(0, Format.NonceSize(Suite)));
    }

    [Benchmark]
    public void Encrypt() => Aead.Encrypt(Suite, _key, _nonce.AsSpan(0, Format.NonceSize(Suite)), _plaintext, _ciphertext, _tag);

    [Benchmark]
    public void LeafHash() => MerkleTree.LeafHash(_plaintext, _hash);

    [Benchmark]
    public void TreeAppend()
    {
        if (_peaks.Count == MerklePeaks.MaxCount)
        {
            _peaks.Clear();
        }

        _peaks.Append(_hash);
    }

    /// <summary>A checkpoint's, once in 64 chunks.</summary>
    [Benchmark]
    public void Sign() => Ed25519.Sign(_secretKey, _message, _signature);

    [Benchmark]
    public void SigningKey() => Ed25519.KeyPair(_seed, _publicKey, _secretKey);

    [Benchmark]
    public bool Encapsulate() => XWing.TryEncapsulate(_xwing, _encapsulated, _shared);
}
