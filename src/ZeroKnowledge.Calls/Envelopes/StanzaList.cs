using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

/// <summary>The stanzas of an envelope or a grant, read and written.</summary>
internal static class StanzaList
{
    /// <param name="bytes">The whole structure; the stanzas keep parts of it.</param>
    /// <param name="position">Where the first stanza begins.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="limit">Where the last one must have ended.</param>
    /// <param name="stanzas">The stanzas.</param>
    /// <param name="end">Where they ended.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? TryRead(ReadOnlyMemory<byte> bytes, int position, int count, int limit, out List<Stanza> stanzas, out int end)
    {
        stanzas = new List<Stanza>(count);
        end = position;
        int groups = 0;
        for (int i = 0; i < count; i++)
        {
            if (limit - end < Stanza.HeadSize + Recipient.TagSize)
            {
                return "a stanza is cut short";
            }

            StanzaKind kind = (StanzaKind)BinaryPrimitives.ReadUInt16BigEndian(bytes.Span[end..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[(end + 2)..]);
            end += Stanza.HeadSize;
            if (length < Recipient.TagSize || length > (uint)(limit - end))
            {
                return "a stanza is cut short";
            }

            Stanza stanza = new(kind, bytes.Slice(end, Recipient.TagSize), bytes.Slice(end + Recipient.TagSize, (int)length - Recipient.TagSize));
            if (stanza.Check() is { } wrong)
            {
                return wrong;
            }

            if (kind == StanzaKind.Group && stanza.Body.Span[0] != groups++)
            {
                return "a group stanza has the wrong number";
            }

            stanzas.Add(stanza);
            end += (int)length;
        }

        return null;
    }

    /// <summary>Writes one X-Wing stanza with the key wrapped to the recipient; gives its size.</summary>
    public static int WriteXWing(Span<byte> destination, Recipient recipient, ReadOnlySpan<byte> info, ReadOnlySpan<byte> key)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)StanzaKind.XWing);
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], Recipient.TagSize + Hpke.WrappedSize);
        recipient.Tag.CopyTo(destination[Stanza.HeadSize..]);
        Span<byte> wrapped = destination.Slice(Stanza.HeadSize + Recipient.TagSize, Hpke.WrappedSize);
        return Hpke.TryWrap(recipient.PublicKey, info, key, wrapped)
            ? Stanza.XWingSize
            : throw new CallRecordingException("A recipient's public key cannot be used.");
    }
}
