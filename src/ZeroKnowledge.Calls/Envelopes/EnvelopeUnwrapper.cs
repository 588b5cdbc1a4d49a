using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Gets the envelope key: from the stanza of the identity, or from enough shares of a group.</summary>
internal static class EnvelopeUnwrapper
{
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', and there are not enough good shares.</exception>
    public static void Unwrap(KeyEnvelope envelope, Identity identity, IReadOnlyList<KeyShares> shares, Span<byte> envelopeKey, ICollection<string>? findings)
    {
        Span<byte> info = stackalloc byte[EnvelopeInfo.Size];
        EnvelopeInfo.Write(info, envelope.CoreId);
        foreach (Stanza stanza in envelope.Stanzas)
        {
            if (stanza.Kind == StanzaKind.XWing && stanza.Tag.Span.SequenceEqual(identity.Recipient.Tag)
                && identity.TryUnwrap(info, stanza.Body.Span, envelopeKey))
            {
                return;
            }
        }

        List<string> remarks = [];
        foreach (Stanza group in envelope.Stanzas.Where(stanza => stanza.Kind == StanzaKind.Group))
        {
            if (TryCombine(envelope, group, identity, shares, envelopeKey, remarks))
            {
                remarks.ForEach(remark => findings?.Add(remark));
                return;
            }
        }

        throw new NoMatchingKeyException(string.Join(
            ' ', [$"None of the {envelope.RecipientCount} recipients of this recording matches the given identity.", .. remarks]));
    }

    /// <summary>As a member of groups: its shares of this envelope, each with its context and wrapped to the combiner.</summary>
    public static IEnumerable<(byte[] Context, byte[] Wrapped)> HandOver(KeyEnvelope envelope, Identity identity, Recipient combiner)
    {
        foreach (Stanza group in envelope.Stanzas.Where(stanza => stanza.Kind == StanzaKind.Group))
        {
            foreach (GroupMember member in group.Members())
            {
                if (Rewrap(envelope, group, member, identity, combiner) is { } share)
                {
                    yield return share;
                }
            }
        }
    }

    private static (byte[] Context, byte[] Wrapped)? Rewrap(KeyEnvelope envelope, Stanza group, in GroupMember member, Identity identity, Recipient combiner)
    {
        byte[] context = new byte[ShareContext.Size], wrapped = new byte[Hpke.WrappedSize];
        Span<byte> share = stackalloc byte[Format.KeySize];
        try
        {
            ShareContext.Write(context, envelope.CoreId, envelope.Version, group.Group, member.X);
            if (!TryShare(envelope, group, member, identity, [], share))
            {
                return null;
            }

            StanzaList.Wrap(combiner, context, share, wrapped);
            return (context, wrapped);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(share);
        }
    }

    /// <summary>The share of a member, if this identity is that member's or the combiner to whom it was handed over; not compared with its hash.</summary>
    private static bool TryShare(KeyEnvelope envelope, Stanza group, in GroupMember member, Identity identity, IReadOnlyList<KeyShares> shares, Span<byte> share)
    {
        Span<byte> context = stackalloc byte[ShareContext.Size];
        ShareContext.Write(context, envelope.CoreId, envelope.Version, group.Group, member.X);
        if (member.Kind == StanzaKind.XWing && member.Tag.Span.SequenceEqual(identity.Recipient.Tag) && identity.TryUnwrap(context, member.Wrapped.Span, share))
        {
            return true;
        }

        foreach (KeyShares file in shares)
        {
            if (file.TryFind(context, out ReadOnlySpan<byte> wrapped) && identity.TryUnwrap(context, wrapped, share))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a share is the one that was dealt to this member.</summary>
    private static bool IsDealt(KeyEnvelope envelope, Stanza group, in GroupMember member, ReadOnlySpan<byte> share)
    {
        Span<byte> context = stackalloc byte[ShareContext.Size];
        Span<byte> hash = stackalloc byte[Format.HashSize];
        ShareContext.Write(context, envelope.CoreId, envelope.Version, group.Group, member.X);
        ShareContext.Hash(context, share, hash);
        return CryptographicOperations.FixedTimeEquals(hash, member.ShareHash.Span);
    }

    private static bool TryCombine(
        KeyEnvelope envelope, Stanza group, Identity identity, IReadOnlyList<KeyShares> files, Span<byte> envelopeKey, List<string> remarks)
    {
        int threshold = group.Threshold, count = 0;
        Span<byte> xs = stackalloc byte[threshold];
        Span<byte> shares = stackalloc byte[threshold * Format.KeySize];
        try
        {
            foreach (GroupMember member in group.Members())
            {
                Span<byte> share = shares[(Math.Min(count, threshold - 1) * Format.KeySize)..][..Format.KeySize];
                if (count == threshold || !TryShare(envelope, group, member, identity, files, share))
                {
                    continue;
                }

                if (IsDealt(envelope, group, member, share))
                {
                    xs[count++] = (byte)member.X;
                }
                else
                {
                    remarks.Add($"Group {group.Group}: the share of member {member.X}, recipient tag {Convert.ToHexStringLower(member.Tag.Span)}, is not the one that was dealt.");
                }
            }

            if (count == threshold)
            {
                Shamir.Combine(xs, shares, envelopeKey);
                return true;
            }

            if (count > 0 || remarks.Count > 0)
            {
                remarks.Add($"Group {group.Group} has {count} of the {threshold} shares that it needs.");
            }

            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shares);
        }
    }
}
