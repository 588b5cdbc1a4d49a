using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Writes a key envelope part by part; whatever is set takes the place of what would be right, and the MAC covers it.</summary>
internal sealed class VectorEnvelope(VectorForge recording)
{
    public byte[] Magic { get; init; } = "ZKCENV1\0"u8.ToArray();

    public int Suite { get; init; } = (int)recording.Suite;

    public uint Version { get; init; } = 1;

    public byte[] CoreId { get; init; } = recording.CoreId.ToArray();

    public int? StanzaCount { get; init; }

    /// <summary>Default: the active recipient.</summary>
    public IReadOnlyList<byte[]>? Stanzas { get; init; }

    /// <summary>core id ‖ form ‖ contents.</summary>
    public byte[] Body { get; init; } = [.. recording.CoreId.ToArray(), 1, .. recording.Secret];

    public byte[]? Zeros { get; init; }

    public int? BodyLength { get; init; }

    /// <summary>Changes the encrypted body, under a MAC that is right.</summary>
    public Action<byte[]>? Sealed { get; init; }

    /// <summary>The key from which the MAC key is derived.</summary>
    public byte[] Control { get; init; } = recording.Control;

    public byte[] EnvelopeKey { get; } = VectorKeys.Secret("envelope key of " + recording.CoreId);

    public byte[] Info => [.. "zkc1 envelope"u8, .. recording.CoreId.ToArray()];

    public byte[] ToArray()
    {
        IReadOnlyList<byte[]> stanzas = Stanzas ?? [XWing(VectorKeys.Active)];
        byte[] body = recording.SealMessage(EnvelopeKey, Body, Zeros);
        Sealed?.Invoke(body);
        byte[] envelope =
        [
            .. Magic, .. U16(Suite), .. U32(Version), .. CoreId, .. U16(StanzaCount ?? stanzas.Count), .. stanzas.SelectMany(stanza => stanza),
            .. U32((uint)(BodyLength ?? body.Length)), .. body,
        ];
        byte[] macKey = new byte[32];
        KeySchedule.EnvelopeMacKey(Control, recording.CoreId, macKey);
        return [.. envelope, .. HMACSHA256.HashData(macKey, envelope)];
    }

    /// <param name="reader">Whom it is wrapped to.</param>
    /// <param name="key">What is wrapped; default: the envelope key.</param>
    /// <param name="info">Default: that of an envelope.</param>
    public byte[] XWing(VectorReader reader, byte[]? key = null, byte[]? info = null) => Stanza(1, reader.Tag, reader.Wrap(info ?? Info, key ?? EnvelopeKey));

    /// <param name="card">Whom it is wrapped to.</param>
    /// <param name="enc">Takes the place of the sender's point.</param>
    /// <param name="agreed">What is agreed on in the place of what the sender's point gives.</param>
    /// <param name="info">Default: that of an envelope.</param>
    public byte[] P256(VectorCard card, Func<byte[], byte[]>? enc = null, byte[]? agreed = null, byte[]? info = null) => Stanza(2, card.Tag, card.Wrap(info ?? Info, EnvelopeKey, enc, agreed));

    /// <summary>A stanza that nobody can open: the format of a P-256 recipient.</summary>
    public static byte[] P256() => Stanza(2, VectorKeys.Secret("P-256")[..8], [4, .. SHA512.HashData("x and y"u8), .. new byte[48]]);

    public static byte[] Stanza(int kind, byte[] tag, byte[] rest, int? length = null) =>
        [.. U16(kind), .. U32((uint)(length ?? (tag.Length + rest.Length))), .. tag, .. rest];

    /// <summary>The active, the recovery recipient and a stranger, two of whom open the envelope.</summary>
    /// <param name="edit">Changes what follows the tag: group, k, n, members.</param>
    /// <param name="tag">Takes the place of the group's tag.</param>
    public byte[] Group(Action<byte[]>? edit = null, byte[]? tag = null)
    {
        VectorReader[] members = [VectorKeys.Active, VectorKeys.Recovery, VectorKeys.Stranger];
        List<byte> rest = [0, 2, 3];
        for (byte x = 1; x <= 3; x++)
        {
            byte[] share = Share(x), context = Context(x);
            rest.AddRange([x, .. SHA256.HashData([.. context, .. share]), 0, 1, .. members[x - 1].Tag, .. members[x - 1].Wrap(context, share)]);
        }

        byte[] bytes = [.. rest];
        edit?.Invoke(bytes);
        return Stanza(3, tag ?? SHA256.HashData([.. "zkc1 group"u8, 2, 3, .. members.SelectMany(member => member.Tag)])[..8], bytes);
    }

    /// <summary>A file of shares of that group for a combiner: under each x a share, which need not be the one that was dealt.</summary>
    public byte[] Shares(VectorReader combiner, params (byte X, byte[] Share)[] shares) =>
    [
        .. "ZKCSHR1\0"u8, .. U32((uint)shares.Length),
        .. shares.SelectMany(share => (byte[])[.. Context(share.X)[10..], .. combiner.Wrap(Context(share.X), share.Share)]),
    ];

    /// <summary>A line through the secret at 0.</summary>
    public byte[] Share(byte x) => [.. EnvelopeKey.Zip(VectorKeys.Secret("slope"), (secret, a) => (byte)(secret ^ Times(a, x)))];

    public byte[] PartErased(params (int Level, int Index)[] nodes) => PartErased(nodes.Length, nodes);

    public byte[] PartErased(int count, params (int Level, int Index)[] nodes) =>
    [
        .. recording.CoreId.ToArray(), 2, .. recording.Control, .. recording.OpeningKey, .. recording.ClosingKey, .. U16(count),
        .. nodes.SelectMany(node => (byte[])[(byte)node.Level, .. U32((uint)node.Index), .. Key(node.Level, node.Index)]),
    ];

    private byte[] Context(byte x) => [.. "zkc1 share"u8, .. recording.CoreId.ToArray(), .. U32(Version), 0, x];

    // A node that is not in the tree has no key.
    private byte[] Key(int level, int index) => level <= 12 ? recording.NodeKey(level, index) : new byte[32];

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

    // x^8 + x^4 + x^3 + x + 1
    private static byte Times(int a, int b)
    {
        int product = 0;
        for (; b != 0; b >>= 1)
        {
            product ^= (b & 1) != 0 ? a : 0;
            a = (a << 1) ^ ((a & 0x80) != 0 ? 0x11b : 0);
        }

        return (byte)product;
    }
}
