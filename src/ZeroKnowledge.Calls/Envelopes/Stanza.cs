using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

internal enum StanzaKind : ushort
{
    None = 0,
    XWing = 1,
    P256 = 2,
    Group = 3,
}

/// <summary>One recipient's part of an envelope or a grant: the wrapped key, and a tag that hints at whose it is.</summary>
/// <param name="Kind">Which kind of recipient.</param>
/// <param name="Tag">8 bytes.</param>
/// <param name="Body">What follows the tag.</param>
internal sealed record Stanza(StanzaKind Kind, ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Body)
{
    public const int HeadSize = 6;
    private const int GroupHead = 3;
    private const int MemberHead = 1 + Format.HashSize + 2 + Recipient.TagSize;

    private static ReadOnlySpan<byte> GroupLabel => "zkc1 group"u8;

    /// <summary>The size of a single recipient's stanza.</summary>
    public static int SizeFor(Recipient recipient) => HeadSize + Recipient.TagSize + Kem.WrappedSize(recipient.Kind);

    /// <summary>The size of a group's stanza.</summary>
    public static int SizeFor(RecipientGroup group) =>
        HeadSize + Recipient.TagSize + GroupHead + group.Members.Sum(member => MemberHead + Kem.WrappedSize(member.Kind));

    /// <summary>An envelope with such a stanza falls to a quantum computer.</summary>
    public bool IsClassical => Kind == StanzaKind.P256 || (Kind == StanzaKind.Group && Members().Any(member => member.Kind == StanzaKind.P256));

    /// <returns>What is wrong with the structure, or null.</returns>
    public string? Check() => Kind switch
    {
        StanzaKind.XWing => Body.Length == Kem.WrappedSize(Kind) ? null : "an X-Wing stanza has the wrong length",
        StanzaKind.P256 => Body.Length == Kem.WrappedSize(Kind) ? null : "a P-256 stanza has the wrong length",
        StanzaKind.Group => CheckGroup(Tag.Span, Body.Span),
        _ => "a stanza is of an unknown kind",
    };

    private static string? CheckGroup(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> body)
    {
        const string wrong = "a group stanza is malformed";
        if (body.Length < GroupHead || body[1] < Shamir.MinThreshold || body[2] < body[1] || body[2] > Shamir.MaxShares)
        {
            return wrong;
        }

        int threshold = body[1], count = body[2];
        Span<byte> tags = stackalloc byte[count * Recipient.TagSize];
        body = body[GroupHead..];
        for (int x = 1; x <= count; x++)
        {
            int size = body.Length < MemberHead ? 0 : MemberSize(body);
            if (size == 0 || body.Length < size || body[0] != x)
            {
                return wrong;
            }

            body.Slice(MemberHead - Recipient.TagSize, Recipient.TagSize).CopyTo(tags[((x - 1) * Recipient.TagSize)..]);
            body = body[size..];
        }

        return !body.IsEmpty ? wrong
            : tag.SequenceEqual(GroupTag(threshold, tags)) ? null
            : "a group's tag is not that of its members";
    }

    private static int MemberSize(ReadOnlySpan<byte> member) =>
        (StanzaKind)BinaryPrimitives.ReadUInt16BigEndian(member[(1 + Format.HashSize)..]) is var kind and (StanzaKind.XWing or StanzaKind.P256)
            ? MemberHead + Kem.WrappedSize(kind)
            : 0;

    /// <summary>Whether it is wrapped to this recipient, alone or as a member of a group; by its tag.</summary>
    public bool Names(Recipient recipient) => Kind switch
    {
        StanzaKind.Group => Members().Any(member => member.Kind == recipient.Kind && member.Tag.Span.SequenceEqual(recipient.Tag)),
        _ => NamesAlone(recipient),
    };

    /// <summary>Whether it is wrapped to this recipient alone; by its tag.</summary>
    public bool NamesAlone(Recipient recipient) => Kind == recipient.Kind && Tag.Span.SequenceEqual(recipient.Tag);

    /// <summary>Of a group, which one it is in its envelope: from 0.</summary>
    public int Group => Body.Span[0];

    /// <summary>Of a group, how many shares give the key.</summary>
    public int Threshold => Body.Span[1];

    /// <summary>The members of a group whose structure was checked.</summary>
    public List<GroupMember> Members()
    {
        List<GroupMember> members = [];
        for (ReadOnlyMemory<byte> rest = Body[GroupHead..]; !rest.IsEmpty;)
        {
            int size = MemberSize(rest.Span);
            members.Add(new GroupMember(
                rest.Span[0],
                rest.Slice(1, Format.HashSize),
                (StanzaKind)BinaryPrimitives.ReadUInt16BigEndian(rest.Span[(1 + Format.HashSize)..]),
                rest.Slice(MemberHead - Recipient.TagSize, Recipient.TagSize),
                rest[MemberHead..size]));
            rest = rest[size..];
        }

        return members;
    }

    /// <summary>What names a group: a hash over k, n and its members' tags.</summary>
    public static byte[] GroupTag(int threshold, ReadOnlySpan<byte> tags) =>
        SHA256.HashData([.. GroupLabel, (byte)threshold, (byte)(tags.Length / Recipient.TagSize), .. tags])[..Recipient.TagSize];
}
