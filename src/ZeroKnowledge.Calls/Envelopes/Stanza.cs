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
    private const int P256Wrapped = 65 + Format.KeySize + 16;
    private const int GroupHead = 3;
    private const int MaxMembers = 16;
    private const int MemberHead = 1 + Format.HashSize + 2 + Recipient.TagSize;

    private static ReadOnlySpan<byte> GroupLabel => "zkc1 group"u8;

    public static int XWingSize => HeadSize + Recipient.TagSize + Hpke.WrappedSize;

    /// <summary>An envelope with such a stanza falls to a quantum computer.</summary>
    public bool IsClassical => Kind == StanzaKind.P256 || (Kind == StanzaKind.Group && Members().Any(kind => kind == StanzaKind.P256));

    /// <returns>What is wrong with the structure, or null.</returns>
    public string? Check() => Kind switch
    {
        StanzaKind.XWing => Body.Length == Hpke.WrappedSize ? null : "an X-Wing stanza has the wrong length",
        StanzaKind.P256 => Body.Length == P256Wrapped ? null : "a P-256 stanza has the wrong length",
        StanzaKind.Group => CheckGroup(Tag.Span, Body.Span),
        _ => "a stanza is of an unknown kind",
    };

    private static string? CheckGroup(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> body)
    {
        const string wrong = "a group stanza is malformed";
        if (body.Length < GroupHead || body[1] < 2 || body[2] < body[1] || body[2] > MaxMembers)
        {
            return wrong;
        }

        int count = body[2];
        Span<byte> named = stackalloc byte[GroupLabel.Length + 2 + (MaxMembers * Recipient.TagSize)];
        GroupLabel.CopyTo(named);
        body[1..GroupHead].CopyTo(named[GroupLabel.Length..]);
        int end = GroupLabel.Length + 2;
        body = body[GroupHead..];
        for (int x = 1; x <= count; x++)
        {
            int size = body.Length < MemberHead ? 0 : MemberSize(body);
            if (size == 0 || body.Length < size || body[0] != x)
            {
                return wrong;
            }

            body.Slice(MemberHead - Recipient.TagSize, Recipient.TagSize).CopyTo(named[end..]);
            end += Recipient.TagSize;
            body = body[size..];
        }

        Span<byte> expected = stackalloc byte[Format.HashSize];
        SHA256.HashData(named[..end], expected);
        return !body.IsEmpty ? wrong
            : tag.SequenceEqual(expected[..Recipient.TagSize]) ? null
            : "a group's tag is not that of its members";
    }

    private static int MemberSize(ReadOnlySpan<byte> member) =>
        BinaryPrimitives.ReadUInt16BigEndian(member[(1 + Format.HashSize)..]) switch
        {
            (ushort)StanzaKind.XWing => MemberHead + Hpke.WrappedSize,
            (ushort)StanzaKind.P256 => MemberHead + P256Wrapped,
            _ => 0,
        };

    private List<StanzaKind> Members()
    {
        List<StanzaKind> kinds = [];
        for (ReadOnlyMemory<byte> rest = Body[GroupHead..]; !rest.IsEmpty; rest = rest[MemberSize(rest.Span)..])
        {
            kinds.Add((StanzaKind)BinaryPrimitives.ReadUInt16BigEndian(rest.Span[(1 + Format.HashSize)..]));
        }

        return kinds;
    }
}
