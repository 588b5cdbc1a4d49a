using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Writes a grant part by part; whatever is set takes the place of what would be right, and body and signature cover it.</summary>
internal sealed class VectorGrant(VectorForge recording, int first, int end)
{
    public int Flags { get; init; }

    public byte[] CoreId { get; init; } = recording.CoreId.ToArray();

    /// <summary>None if it is live.</summary>
    public byte[] Statement { get; init; } = recording.Statements[^1];

    public byte[]? Proof { get; init; }

    public int? ProofCount { get; init; }

    public byte[] Purpose { get; init; } = Encoding.UTF8.GetBytes("für das Gericht");

    public ulong TimeMs { get; init; } = VectorForge.BegunMs + 86_400_000;

    public ulong NotAfterMs { get; init; }

    public VectorSigner Owner { get; init; } = VectorKeys.Owner;

    /// <summary>The hash that the body is bound to.</summary>
    public byte[]? HeadHash { get; init; }

    public IReadOnlyList<KeyNode>? Nodes { get; init; }

    public bool? MetadataKeys { get; init; }

    public IReadOnlyList<byte[]>? Stanzas { get; init; }

    public byte[] Info => [.. "zkc1 grant"u8, .. recording.CoreId.ToArray()];

    public byte[] GrantKey { get; } = VectorKeys.Secret($"grant key of {recording.CoreId} {first} {end}");

    public byte[] Head
    {
        get
        {
            bool live = (Flags & 2) != 0;
            byte[] proof = Proof ?? (live ? [] : RangeProof.Create(Leaves(), first, end));
            return
            [
                .. "ZKCGRT1\0"u8, .. U16((int)recording.Suite), .. CoreId, .. recording.Header, .. U32((uint)first), .. U32((uint)end), (byte)Flags,
                .. live ? [] : (byte[])[.. Statement, (byte)(ProofCount ?? (proof.Length / 32)), .. proof],
                .. U16(Purpose.Length), .. Purpose, .. U64(TimeMs), .. U64(NotAfterMs), .. Owner.PublicKey,
            ];
        }
    }

    public byte[] ToArray()
    {
        byte[] head = Head;
        IReadOnlyList<KeyNode> nodes = Nodes ?? KeyNode.Cover(first, end);
        byte[] body = recording.SealMessage(GrantKey,
        [
            .. recording.CoreId.ToArray(), .. HeadHash ?? SHA256.HashData(head), .. U16(nodes.Count),
            .. nodes.SelectMany(node => (byte[])[(byte)node.Level, .. U32((uint)node.Index), .. recording.NodeKey(node.Level, node.Index)]),
            .. MetadataKeys ?? ((Flags & 1) != 0) ? (byte[])[.. recording.OpeningKey, .. recording.ClosingKey] : [],
        ]);
        IReadOnlyList<byte[]> stanzas = Stanzas ?? [XWing(VectorKeys.Stranger)];
        byte[] unsigned = [.. head, .. U32((uint)body.Length), .. body, .. U16(stanzas.Count), .. stanzas.SelectMany(stanza => stanza)];
        return [.. unsigned, .. Owner.Sign([.. "zkc1 grant"u8, .. unsigned])];
    }

    public byte[] XWing(VectorReader reader, byte[]? info = null) => VectorEnvelope.Stanza(1, reader.Tag, reader.Wrap(info ?? Info, GrantKey));

    private byte[] Leaves()
    {
        byte[] leaves = new byte[recording.Count * 32];
        for (int i = 0; i < recording.Count; i++)
        {
            MerkleTree.LeafHash(recording.Chunks[i], leaves.AsSpan(i * 32, 32));
        }

        return leaves;
    }

    private static byte[] U16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
