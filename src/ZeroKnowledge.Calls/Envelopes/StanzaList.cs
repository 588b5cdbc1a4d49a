using System.Buffers.Binary;
using System.Security.Cryptography;

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

    /// <summary>Writes a group stanza: shares made anew, one wrapped to each member; gives its size.</summary>
    public static int WriteGroup(Span<byte> destination, RecipientGroup group, int number, CoreId coreId, uint version, ReadOnlySpan<byte> key)
    {
        int count = group.Members.Count, size = Stanza.SizeFor(group);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)StanzaKind.Group);
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)(size - Stanza.HeadSize));
        group.Tag.CopyTo(destination[Stanza.HeadSize..]);
        Span<byte> rest = destination[(Stanza.HeadSize + Recipient.TagSize)..size];
        (rest[0], rest[1], rest[2]) = ((byte)number, (byte)group.Threshold, (byte)count);
        rest = rest[3..];

        Span<byte> shares = stackalloc byte[count * Format.KeySize];
        Span<byte> context = stackalloc byte[ShareContext.Size];
        try
        {
            Shamir.Split(key, group.Threshold, count, shares);
            for (int x = 1; x <= count; x++)
            {
                ReadOnlySpan<byte> share = shares.Slice((x - 1) * Format.KeySize, Format.KeySize);
                Recipient member = group.Members[x - 1];
                ShareContext.Write(context, coreId, version, number, x);
                rest[0] = (byte)x;
                ShareContext.Hash(context, share, rest.Slice(1, Format.HashSize));
                rest = rest[(1 + Format.HashSize)..];
                BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)member.Kind);
                member.Tag.CopyTo(rest[2..]);
                rest = rest[(2 + Recipient.TagSize)..];
                int wrapped = Kem.WrappedSize(member.Kind);
                Wrap(member, context, share, rest[..wrapped]);
                rest = rest[wrapped..];
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shares);
        }

        return size;
    }

    /// <summary>Writes a single recipient's stanza with the key wrapped to it; gives its size.</summary>
    public static int WriteSingle(Span<byte> destination, Recipient recipient, ReadOnlySpan<byte> info, ReadOnlySpan<byte> key)
    {
        int size = Stanza.SizeFor(recipient);
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)recipient.Kind);
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)(size - Stanza.HeadSize));
        recipient.Tag.CopyTo(destination[Stanza.HeadSize..]);
        Wrap(recipient, info, key, destination[(Stanza.HeadSize + Recipient.TagSize)..size]);
        return size;
    }

    /// <summary>Wraps a key or a share to a recipient.</summary>
    public static void Wrap(Recipient recipient, ReadOnlySpan<byte> info, ReadOnlySpan<byte> key, Span<byte> wrapped)
    {
        if (!Hpke.TryWrap(recipient.Kind, recipient.PublicKey, info, key, wrapped))
        {
            throw new CallRecordingException("A recipient's public key cannot be used.");
        }
    }
}
