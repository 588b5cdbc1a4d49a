using System.Buffers.Binary;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>
/// Writes a recording byte by byte, without the checks of the real writer, so that each fault can be made alone and everything around it is right:
/// a wrong header is still signed, a wrong chunk is still in the tree. The same calls give the same bytes.
/// </summary>
internal sealed class VectorForge
{
    public const ulong BegunMs = 1_767_258_000_000; // 2026-01-01T09:00:00Z
    public const int PayloadSize = 256;

    private readonly byte[] _prk = new byte[32];
    private List<(byte Type, byte[] Body)> _blocks = [];

    /// <param name="suite">The header's.</param>
    /// <param name="life">Another life is another secret, signing key and recording id.</param>
    /// <param name="prefix">Changes bytes 0 to 75 of the header, from which the commitment is made.</param>
    /// <param name="keys">Changes bytes 0 to 171 of the header before they are signed.</param>
    /// <param name="certified">Changes the whole header after it was signed; the core id, and with it every key but `control`, follows.</param>
    /// <param name="signer">Signs the header.</param>
    public VectorForge(
        Suite suite = Suite.Aes256Gcm, string life = "recording", Action<byte[]>? prefix = null, Action<byte[]>? keys = null,
        Action<byte[]>? certified = null, VectorSigner? signer = null)
    {
        Suite = suite;
        Gateway = signer ?? VectorKeys.Gateway;
        Signing = new VectorSigner($"signing key of {life} {(int)suite}");
        Secret = VectorKeys.Secret($"secret of {life} {(int)suite}");
        KeySchedule.Extract(Secret, _prk);

        byte[] header = new byte[Format.HeaderSize];
        "ZKCALLS1"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(8), (ushort)suite);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(12), 1000);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), PayloadSize);
        VectorKeys.Secret($"id of {life}").AsSpan(0, 16).CopyTo(header.AsSpan(20));
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(36), BegunMs);
        prefix?.Invoke(header);
        KeySchedule.Control(_prk, header.AsSpan(0, 76), Control);
        KeySchedule.Commitment(Control, header.AsSpan(76, 32));
        Gateway.PublicKey.CopyTo(header, 108);
        Signing.PublicKey.CopyTo(header, 140);
        keys?.Invoke(header);
        Gateway.Sign([.. "zkc1 header"u8, .. header[..172]]).CopyTo(header, 172);
        certified?.Invoke(header);
        Header = header;
        SetOpening(OpeningMessage());
    }

    public Suite Suite { get; }

    public VectorSigner Gateway { get; }

    public VectorSigner Signing { get; }

    public byte[] Secret { get; }

    public byte[] Control { get; } = new byte[32];

    public byte[] Header { get; }

    public CoreId CoreId => CoreId.Of(Header);

    public byte[] OpeningRecord { get; set; } = [];

    public byte[] First { get; set; } = [];

    public List<(byte Type, byte[] Body)> Blocks => _blocks;

    public IReadOnlyList<byte[]> Chunks => [.. _blocks.Where(block => block.Type == ContainerFormat.Chunk).Select(block => block.Body)];

    public IReadOnlyList<byte[]> Statements => [First, .. _blocks.Where(block => block.Type == ContainerFormat.Statement).Select(block => block.Body)];

    public byte[] ClosingRecord => _blocks.LastOrDefault(block => block.Type == ContainerFormat.ClosingRecord).Body ?? [];

    public int Count => Chunks.Count;

    /// <summary>For the closing record.</summary>
    public int Frames { get; private set; }

    public long GapMs { get; private set; }

    public byte[] OpeningHash => SHA256.HashData(OpeningRecord);

    public byte[] OpeningKey => Key(KeySchedule.OpeningKey);

    public byte[] ClosingKey => Key(KeySchedule.ClosingKey);

    public byte[] TreeRoot => Key(KeySchedule.TreeRoot);

    /// <summary>A recording of n chunks with a checkpoint after each <paramref name="every"/>, sealed.</summary>
    public static VectorForge Sealed(int chunks, int every = 64, Suite suite = Suite.Aes256Gcm, string life = "recording") =>
        Running(chunks, every, suite, life).Seal();

    /// <summary>The same without the end.</summary>
    public static VectorForge Running(int chunks, int every = 64, Suite suite = Suite.Aes256Gcm, string life = "recording") =>
        new VectorForge(suite, life).Begin().Write(chunks, every);

    /// <summary>The other life of a cloned writer: it goes on from here with the same keys.</summary>
    public VectorForge Clone()
    {
        VectorForge clone = (VectorForge)MemberwiseClone();
        clone._blocks = [.. _blocks.Select(block => (block.Type, (byte[])block.Body.Clone()))];
        return clone;
    }

    public VectorForge Begin()
    {
        First = Statement(StatementType.Checkpoint);
        return this;
    }

    public VectorForge Write(int chunks, int every = 64)
    {
        for (int i = 0; i < chunks; i++)
        {
            Add(Count, VectorPayload.UsualFrames(Count));
            if (Count % every == 0)
            {
                Checkpoint();
            }
        }

        return this;
    }

    /// <summary>Encrypts frames as the next chunk.</summary>
    public VectorForge Add(long tick, Frame[] frames, long empty = 0)
    {
        Frames += frames.Count(frame => frame.Kind is FrameKind.Audio or FrameKind.Event);
        GapMs += frames.Sum(frame => frame.GapDurationMs);
        return Add(VectorPayload.Bytes(tick, frames, empty));
    }

    /// <summary>Encrypts a payload as the next chunk.</summary>
    public VectorForge Add(byte[] payload, byte[]? zeros = null)
    {
        _blocks.Add((ContainerFormat.Chunk, SealMessage(ChunkKey(Count), payload, zeros)));
        return this;
    }

    /// <summary>Changes a chunk after it was signed.</summary>
    public VectorForge Edit(int chunk, Action<byte[]> edit)
    {
        edit(Chunks[chunk]);
        return this;
    }

    public VectorForge Checkpoint() => Add(ContainerFormat.Statement, Statement(StatementType.Checkpoint));

    public VectorForge Seal(int reason = 1, byte[]? closing = null)
    {
        byte[] stored = SealMessage(ClosingKey, Pad(closing ?? ClosingMessage(reason), 1024));
        Add(ContainerFormat.ClosingRecord, stored);
        return Add(ContainerFormat.Statement, Statement(StatementType.Seal, reason: reason, closing: SHA256.HashData(stored)));
    }

    public VectorForge Recover(int live) => Add(ContainerFormat.Statement, Statement(StatementType.Recovery, live: live, reason: 16));

    public VectorForge Add(byte type, byte[] body)
    {
        _blocks.Add((type, body));
        return this;
    }

    /// <summary>A statement about the chunks so far; whatever is given takes the place of what would be right.</summary>
    public byte[] Statement(
        StatementType type, int? count = null, int? live = null, byte[]? root = null, int reason = 0, byte[]? closing = null, byte[]? opening = null,
        CoreId? coreId = null, ulong? time = null, VectorSigner? signer = null)
    {
        byte[] bytes = new byte[Format.StatementSize];
        int counted = count ?? Count;
        "zkc1 statement"u8.CopyTo(bytes);
        bytes[14] = (byte)type;
        (coreId ?? CoreId).CopyTo(bytes.AsSpan(15));
        (opening ?? OpeningHash).CopyTo(bytes, 47);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(79), counted);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(83), live ?? counted);
        (root ?? Root(counted)).CopyTo(bytes, 87);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(119), time ?? (BegunMs + ((ulong)Count * 1000)));
        bytes[127] = (byte)reason;
        closing?.CopyTo(bytes, 128);
        return Sign(bytes, signer ?? (type == StatementType.Recovery ? Gateway : Signing));
    }

    public static byte[] Sign(byte[] statement, VectorSigner signer)
    {
        signer.Sign(statement[..160]).CopyTo(statement, 160);
        return statement;
    }

    public byte[] Root(int count)
    {
        byte[] leaves = new byte[count * 32], root = new byte[32];
        for (int i = 0; i < count; i++)
        {
            MerkleTree.LeafHash(Chunks[i], leaves.AsSpan(i * 32, 32));
        }

        MerkleTree.Root(leaves, root);
        return root;
    }

    /// <summary>Replaces the opening record. Its statements must come after it.</summary>
    public VectorForge SetOpening(byte[] message) => SetOpeningPadded(Pad(message, 4096));

    public VectorForge SetOpeningPadded(byte[] padded)
    {
        OpeningRecord = SealMessage(OpeningKey, padded);
        return this;
    }

    /// <summary>Seal of section 3 with a nonce that is random only in appearance.</summary>
    public byte[] SealMessage(byte[] key, byte[] message, byte[]? zeros = null)
    {
        byte[] nonce = SHA256.HashData([.. "zkc1 vectors nonce"u8, .. key, .. message])[..Format.NonceSize(Suite)];
        byte[] plaintext = [.. zeros ?? new byte[32], .. message];
        byte[] ciphertext = new byte[plaintext.Length], tag = new byte[Format.TagSize(Suite)];
        Aead.Encrypt(Suite, key, nonce, plaintext, ciphertext, tag);
        return [.. nonce, .. ciphertext, .. tag];
    }

    public byte[] ChunkKey(int chunk) => NodeKey(Format.TreeDepth, chunk);

    public byte[] NodeKey(int level, int index)
    {
        byte[] node = TreeRoot, children = new byte[128];
        for (int l = 0; l < level; l++)
        {
            KeySchedule.Children(node, l, children);
            int digit = (index >> (2 * (level - l - 1))) & 3;
            node = children[(digit * 32)..((digit + 1) * 32)];
        }

        return node;
    }

    /// <summary>The bytes of a <c>.zkc</c> file, with every block in the order in which it was added.</summary>
    public byte[] Container() =>
        [.. Header, .. OpeningRecord, .. First, .. _blocks.SelectMany(block => Block(block.Type, block.Body))];

    public static byte[] Block(byte type, byte[] body, int? length = null)
    {
        byte[] head = new byte[5];
        head[0] = type;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), length ?? body.Length);
        return [.. head, .. body];
    }

    public static byte[] Pad(byte[] message, int size)
    {
        byte[] padded = new byte[size];
        BinaryPrimitives.WriteUInt16BigEndian(padded, (ushort)message.Length);
        message.CopyTo(padded, 2);
        return padded;
    }

    /// <summary>Call id "call-1", one leg "caller" of PCMA.</summary>
    public static byte[] OpeningMessage() => VectorProto.Opening("call-1", BegunMs, [VectorProto.Leg("caller", (8, "PCMA", 8000, 1))]);

    public byte[] ClosingMessage(int reason) => VectorProto.Closing(BegunMs + ((ulong)Count * 1000), reason, (ulong)Frames, 0, (ulong)GapMs);

    private byte[] Key(KeyOf derive)
    {
        byte[] key = new byte[32];
        derive(_prk, CoreId, key);
        return key;
    }

    private delegate void KeyOf(ReadOnlySpan<byte> prk, CoreId id, Span<byte> key);
}
