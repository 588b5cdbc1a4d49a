using System.Buffers.Binary;
using System.Security.Cryptography;
using ZeroKnowledge.Calls;

namespace LiveGateway.Format;

/// <summary>
/// All secrets of one recording, taken from its envelope by docs/FORMAT.md alone (sections 4 and 9): to search for them, the library's own word for what
/// it keeps secret would not do.
/// </summary>
internal sealed class RecordingSecrets
{
    private const int KeySize = 32;
    private const int EnvelopeHead = 48;
    private const int StanzaHead = 6;
    private const int TagSize = 8;
    private const int MacSize = 32;
    private const int CoreIdSize = 32;
    private const int ControlPrefix = 76;
    private const int TreeDepth = 12;

    private readonly byte[] _treeRoot;

    /// <param name="envelope">The first version of a recording's envelope.</param>
    /// <param name="header">The recording's header.</param>
    /// <param name="seed">The seed of a recipient's identity.</param>
    public RecordingSecrets(KeyEnvelope envelope, RecordingHeader header, byte[] seed)
    {
        byte[] bytes = envelope.ToArray(), coreId = header.CoreId.ToArray();
        byte[] envelopeKey = Unwrap(bytes, coreId, seed, out int at);
        byte[] body = Seal.Open(header.Suite, envelopeKey, bytes.AsSpan((at + 4)..^MacSize));
        byte[] secret = body[(CoreIdSize + 1)..];
        byte[] prk = HKDF.Extract(HashAlgorithmName.SHA256, secret, "zkc1"u8.ToArray());
        byte[] control = Expand(prk, [.. "zkc1 control"u8, .. header.ToArray().AsSpan(0, ControlPrefix)]);
        _treeRoot = Expand(prk, [.. "zkc1 tree"u8, .. coreId]);
        Named =
        [
            ("envelope key", envelopeKey), ("S", secret), ("prk", prk), ("control", control), ("tree root", _treeRoot),
            ("opening key", Expand(prk, [.. "zkc1 opening"u8, .. coreId])),
            ("closing key", Expand(prk, [.. "zkc1 closing"u8, .. coreId])),
            ("envelope MAC key", Expand(control, [.. "zkc1 envelope mac"u8, .. coreId])),
        ];
    }

    /// <summary>Everything but the chunk keys.</summary>
    public IReadOnlyList<(string Name, byte[] Key)> Named { get; }

    public byte[] ChunkKey(int chunk)
    {
        byte[] node = _treeRoot;
        for (int level = 0; level < TreeDepth; level++)
        {
            byte[] children = HKDF.Expand(HashAlgorithmName.SHA256, node, 4 * KeySize, [.. "zkc1 node"u8, (byte)level]);
            int digit = (chunk >> (2 * (TreeDepth - 1 - level))) & 3;
            node = children[(digit * KeySize)..((digit + 1) * KeySize)];
        }

        return node;
    }

    private static byte[] Unwrap(byte[] envelope, byte[] coreId, byte[] seed, out int at)
    {
        byte[] info = [.. "zkc1 envelope"u8, .. coreId];
        byte[]? key = null;
        at = EnvelopeHead;
        for (int stanza = BinaryPrimitives.ReadUInt16BigEndian(envelope.AsSpan(EnvelopeHead - 2)); stanza > 0; stanza--)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(envelope.AsSpan(at + 2));
            key ??= TryUnwrap(seed, info, envelope.AsSpan(at + StanzaHead + TagSize, length - TagSize));
            at += StanzaHead + length;
        }

        return key ?? throw new CryptographicException("The envelope is not for this identity.");
    }

    private static byte[]? TryUnwrap(byte[] seed, byte[] info, ReadOnlySpan<byte> wrapped)
    {
        try
        {
            return Hpke.Unwrap(seed, info, wrapped);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static byte[] Expand(byte[] prk, byte[] info) => HKDF.Expand(HashAlgorithmName.SHA256, prk, KeySize, info);
}
