using System.Buffers.Binary;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>The secret part of a grant: core id ‖ SHA-256(head) ‖ node count u16 ‖ nodes ‖ [opening key ‖ closing key], sealed under a key of its own.</summary>
internal static class GrantKeys
{
    private const int NodesAt = CoreId.Size + Format.HashSize + 2;
    private const int InfoSize = 10 + CoreId.Size;

    /// <summary>Adds body and stanzas to the head of a grant, and has the owner sign.</summary>
    /// <param name="head">Of <see cref="Grant.WriteHead"/>.</param>
    /// <param name="header">The recording's.</param>
    /// <param name="range">What the head says.</param>
    /// <param name="keys">Have all of the range.</param>
    /// <param name="withMetadata">What the head says.</param>
    /// <param name="recipients">Without groups.</param>
    /// <param name="owner">Signs.</param>
    public static Grant Seal(byte[] head, RecordingHeader header, ChunkRange range, RecordingKeys keys, bool withMetadata, Recipients recipients, OwnerKey owner)
    {
        List<KeyNode> nodes = KeyNode.Cover(range.First, range.End);
        byte[] body = new byte[Format.Overhead(header.Suite) + NodesAt + (nodes.Count * KeyNode.Size) + (withMetadata ? 2 * Format.KeySize : 0)];
        byte[] stanzas = new byte[recipients.StanzaSize];
        Span<byte> info = stackalloc byte[InfoSize];
        Span<byte> grantKey = stackalloc byte[Format.KeySize];
        WriteInfo(info, header.CoreId);
        SystemRandom.Fill(grantKey);
        try
        {
            Span<byte> message = body.AsSpan(Sealing.MessageOffset(header.Suite));
            header.CoreId.CopyTo(message);
            SHA256.HashData(head, message.Slice(CoreId.Size, Format.HashSize));
            BinaryPrimitives.WriteUInt16BigEndian(message[(NodesAt - 2)..], (ushort)nodes.Count);
            message = message[NodesAt..];
            foreach (KeyNode node in nodes)
            {
                node.Write(message);
                if (!keys.TryNodeKey(node, message.Slice(KeyNode.NameSize, Format.KeySize)))
                {
                    throw new InvalidOperationException("A chunk of the range has no key.");
                }

                message = message[KeyNode.Size..];
            }

            if (withMetadata)
            {
                keys.OpeningKey.CopyTo(message);
                keys.ClosingKey.CopyTo(message[Format.KeySize..]);
            }

            Sealing.SealInPlace(header.Suite, grantKey, body);
            Span<byte> rest = stanzas;
            foreach (Recipient recipient in recipients)
            {
                rest = rest[StanzaList.WriteSingle(rest, recipient, info, grantKey)..];
            }

            byte[] length = new byte[4], count = new byte[2];
            BinaryPrimitives.WriteInt32BigEndian(length, body.Length);
            BinaryPrimitives.WriteUInt16BigEndian(count, (ushort)recipients.Count);
            return Grant.Sign([.. head, .. length, .. body, .. count, .. stanzas], owner);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(grantKey);
            // If it was not sealed, it is the keys in clear.
            CryptographicOperations.ZeroMemory(body);
        }
    }

    /// <summary>Opens a grant whose signature, header and statement were checked before.</summary>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients'.</exception>
    /// <exception cref="TamperedException">The body is not of this grant, or holds other keys than its range.</exception>
    public static RecordingKeys Open(Grant grant, Identity identity)
    {
        Suite suite = grant.Header.Suite;
        Span<byte> grantKey = stackalloc byte[Format.KeySize];
        byte[] body = new byte[Math.Max(0, grant.Body.Length - Format.Overhead(suite))];
        byte[] keys = [];
        try
        {
            Unwrap(grant, identity, grantKey);
            if (!Sealing.TryOpen(suite, grantKey, grant.Body, body) || body.Length < NodesAt
                || !body.AsSpan(0, CoreId.Size).SequenceEqual(grant.CoreId.Span)
                || !body.AsSpan(CoreId.Size, Format.HashSize).SequenceEqual(SHA256.HashData(grant.Head)))
            {
                throw new TamperedException(grant.CoreId, null, "the grant's body was altered, or is that of another grant.");
            }

            List<KeyNode> cover = KeyNode.Cover(grant.Range.First, grant.Range.End);
            int count = BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(NodesAt - 2)), metadata = grant.HasMetadataKeys ? 2 * Format.KeySize : 0;
            if (count != cover.Count || body.Length != NodesAt + (count * KeyNode.Size) + metadata)
            {
                throw WrongNodes(grant);
            }

            KeyNode[] nodes = KeyNode.ReadAll(body.AsSpan(NodesAt, count * KeyNode.Size), out keys);
            if (!cover.SequenceEqual(nodes))
            {
                throw WrongNodes(grant);
            }

            ReadOnlySpan<byte> records = body.AsSpan(body.Length - metadata);
            return RecordingKeys.Part(
                EnvelopeForm.PartErased, nodes, keys, metadata == 0 ? default : records[..Format.KeySize], metadata == 0 ? default : records[Format.KeySize..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(grantKey);
            CryptographicOperations.ZeroMemory(body);
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    private static void Unwrap(Grant grant, Identity identity, Span<byte> grantKey)
    {
        Span<byte> info = stackalloc byte[InfoSize];
        WriteInfo(info, grant.CoreId);
        foreach (Stanza stanza in grant.Stanzas)
        {
            if (stanza.NamesAlone(identity.Recipient) && identity.TryUnwrap(info, stanza.Body.Span, grantKey))
            {
                return;
            }
        }

        throw new NoMatchingKeyException($"None of the {grant.RecipientCount} recipients of this grant matches the given identity.");
    }

    private static void WriteInfo(Span<byte> info, CoreId coreId)
    {
        "zkc1 grant"u8.CopyTo(info);
        coreId.CopyTo(info[10..]);
    }

    private static TamperedException WrongNodes(Grant grant) =>
        new(grant.CoreId, null, "the grant's keys are not those of its range and nothing else.");
}
