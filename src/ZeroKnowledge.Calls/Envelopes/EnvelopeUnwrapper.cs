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
            if (stanza.NamesAlone(identity.Recipient) && identity.TryUnwrap(info, stanza.Body.Span, envelopeKey))
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
        byte[] context = new byte[ShareContext.Size], wrapped = new byte[KeyShares.WrappedSize];
        Span<byte> share = stackalloc byte[Format.KeySize];
        try
        {
            ShareContext.Write(context, envelope.CoreId, envelope.Version, group.Group, member.X);
            if (!TryOwnShare(context, member, identity, share))
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

    private static bool TryOwnShare(ReadOnlySpan<byte> context, in GroupMember member, Identity identity, Span<byte> share) =>
        member.Kind == identity.Recipient.Kind && member.Tag.Span.SequenceEqual(identity.Recipient.Tag) && identity.TryUnwrap(context, member.Wrapped.Span, share);

    /// <summary>The share that was dealt to a member, if this identity is that member's or the combiner to whom it was handed over.</summary>
    /// <returns>Null if nobody handed one over; false if none of those is the one that was dealt.</returns>
    private static bool? TryDealtShare(ReadOnlySpan<byte> context, in GroupMember member, Identity identity, IReadOnlyList<KeyShares> files, Span<byte> share)
    {
        bool? found = null;
        if (TryOwnShare(context, member, identity, share))
        {
            found = IsDealt(context, member, share);
        }

        // All files are looked at: whoever writes one can put a share of his own making under another member's number, and it must not hide the one that was dealt.
        for (int i = 0; i < files.Count && found != true; i++)
        {
            if (files[i].TryFind(context, out ReadOnlySpan<byte> wrapped) && identity.TryUnwrap(context, wrapped, share))
            {
                found = IsDealt(context, member, share);
            }
        }

        return found;
    }

    /// <summary>Whether a share is the one that was dealt to this member.</summary>
    private static bool IsDealt(ReadOnlySpan<byte> context, in GroupMember member, ReadOnlySpan<byte> share)
    {
        Span<byte> hash = stackalloc byte[Format.HashSize];
        ShareContext.Hash(context, share, hash);
        return CryptographicOperations.FixedTimeEquals(hash, member.ShareHash.Span);
    }

    private static bool TryCombine(
        KeyEnvelope envelope, Stanza group, Identity identity, IReadOnlyList<KeyShares> files, Span<byte> envelopeKey, List<string> remarks)
    {
        int threshold = group.Threshold, count = 0;
        Span<byte> xs = stackalloc byte[threshold];
        Span<byte> shares = stackalloc byte[threshold * Format.KeySize];
        Span<byte> context = stackalloc byte[ShareContext.Size];
        try
        {
            foreach (GroupMember member in group.Members())
            {
                if (count == threshold)
                {
                    break;
                }

                Span<byte> share = shares.Slice(count * Format.KeySize, Format.KeySize);
                ShareContext.Write(context, envelope.CoreId, envelope.Version, group.Group, member.X);
                bool? dealt = TryDealtShare(context, member, identity, files, share);
                if (dealt == true)
                {
                    xs[count++] = (byte)member.X;
                }
                else if (dealt == false)
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
