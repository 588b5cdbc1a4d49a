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
    private const int MemberHead = 1 + Format.HashSize + 2 + Recipient.TagSize;

    public static int XWingSize => HeadSize + Recipient.TagSize + Hpke.WrappedSize;

    /// <summary>An envelope with such a stanza falls to a quantum computer.</summary>
    public bool IsClassical => Kind == StanzaKind.P256 || (Kind == StanzaKind.Group && Members().Any(kind => kind == StanzaKind.P256));

    public static string? Check(StanzaKind kind, ReadOnlySpan<byte> body) => kind switch
    {
        StanzaKind.XWing => body.Length == Hpke.WrappedSize ? null : "an X-Wing stanza has the wrong length",
        StanzaKind.P256 => body.Length == P256Wrapped ? null : "a P-256 stanza has the wrong length",
        StanzaKind.Group => CheckGroup(body),
        _ => "a stanza is of an unknown kind",
    };

    private static string? CheckGroup(ReadOnlySpan<byte> body)
    {
        const string wrong = "a group stanza is malformed";
        if (body.Length < GroupHead || body[1] < 2 || body[2] < body[1] || body[2] > 16)
        {
            return wrong;
        }

        int count = body[2];
        body = body[GroupHead..];
        for (int x = 1; x <= count; x++)
        {
            int size = body.Length < MemberHead ? 0 : MemberSize(body);
            if (size == 0 || body.Length < size || body[0] != x)
            {
                return wrong;
            }

            body = body[size..];
        }

        return body.IsEmpty ? null : wrong;
    }

    private static int MemberSize(ReadOnlySpan<byte> member) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(member[(1 + Format.HashSize)..]) switch
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
            kinds.Add((StanzaKind)System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(rest.Span[(1 + Format.HashSize)..]));
        }

        return kinds;
    }
}
