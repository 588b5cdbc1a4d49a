using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Opens key envelopes, in the order of checks of docs/FORMAT.md, section 9.</summary>
internal static class EnvelopeReader
{
    private const int NodeSize = 1 + 4 + Format.KeySize;

    /// <summary>Opens an envelope with an identity. The header's certificate and gateway were checked before.</summary>
    /// <exception cref="TamperedException">Envelope and header do not belong together, or one was altered.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients'.</exception>
    public static RecordingKeys Open(KeyEnvelope envelope, RecordingHeader header, Identity identity)
    {
        CoreId id = header.CoreId;
        if (envelope.Suite != header.Suite || envelope.CoreId != id)
        {
            throw new TamperedException(id, null, "the key envelope is that of another recording.");
        }

        Span<byte> envelopeKey = stackalloc byte[Format.KeySize];
        byte[] body = new byte[Math.Max(0, envelope.Body.Length - Format.Overhead(envelope.Suite))];
        try
        {
            if (!TryUnwrap(envelope, identity, envelopeKey))
            {
                throw new NoMatchingKeyException(
                    $"None of the {envelope.RecipientCount} recipients of this recording matches the given identity.");
            }

            if (!Sealing.TryOpen(envelope.Suite, envelopeKey, envelope.Body.Span, body)
                || body.Length < CoreId.Size + 1 || !body.AsSpan(0, CoreId.Size).SequenceEqual(id.Span))
            {
                throw new TamperedException(id, null, "the key envelope's body was altered.");
            }

            return Read(envelope, header, (EnvelopeForm)body[CoreId.Size], body.AsSpan(CoreId.Size + 1));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(envelopeKey);
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private static bool TryUnwrap(KeyEnvelope envelope, Identity identity, Span<byte> envelopeKey)
    {
        Span<byte> info = stackalloc byte[EnvelopeInfo.Size];
        EnvelopeInfo.Write(info, envelope.CoreId);
        foreach (Stanza stanza in envelope.Stanzas)
        {
            if (stanza.Kind == StanzaKind.XWing && stanza.Tag.Span.SequenceEqual(identity.Recipient.Tag)
                && identity.TryUnwrap(info, stanza.Body.Span, envelopeKey))
            {
                return true;
            }
        }

        return false;
    }

    private static RecordingKeys Read(KeyEnvelope envelope, RecordingHeader header, EnvelopeForm form, ReadOnlySpan<byte> contents)
    {
        Span<byte> control = stackalloc byte[Format.KeySize];
        Span<byte> prk = stackalloc byte[Format.KeySize];
        try
        {
            switch (form)
            {
                case EnvelopeForm.Whole when contents.Length == Format.KeySize:
                    KeySchedule.Extract(contents, prk);
                    KeySchedule.Control(prk, header.Prefix, control);
                    break;
                case EnvelopeForm.PartErased when contents.Length > (3 * Format.KeySize) + 2:
                case EnvelopeForm.AllErased when contents.Length == Format.KeySize:
                    contents[..Format.KeySize].CopyTo(control);
                    break;
                default:
                    throw Altered(header, "body");
            }

            CheckControl(envelope, header, control);
            return form switch
            {
                EnvelopeForm.Whole => RecordingKeys.Whole(prk, header.CoreId),
                EnvelopeForm.PartErased => ReadPart(header, contents[Format.KeySize..]),
                _ => RecordingKeys.None(),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(control);
            CryptographicOperations.ZeroMemory(prk);
        }
    }

    private static void CheckControl(KeyEnvelope envelope, RecordingHeader header, ReadOnlySpan<byte> control)
    {
        Span<byte> expected = stackalloc byte[Format.HashSize];
        KeySchedule.Commitment(control, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, header.Commitment))
        {
            throw new TamperedException(header.CoreId, null, "the key envelope's key is not the one the header commits to.");
        }

        Span<byte> macKey = stackalloc byte[Format.KeySize];
        KeySchedule.EnvelopeMacKey(control, header.CoreId, macKey);
        HMACSHA256.HashData(macKey, envelope.Authenticated, expected);
        CryptographicOperations.ZeroMemory(macKey);
        if (!CryptographicOperations.FixedTimeEquals(expected, envelope.Mac))
        {
            throw Altered(header, "MAC");
        }
    }

    private static RecordingKeys ReadPart(RecordingHeader header, ReadOnlySpan<byte> contents)
    {
        ReadOnlySpan<byte> opening = contents[..Format.KeySize], closing = contents.Slice(Format.KeySize, Format.KeySize);
        int count = BinaryPrimitives.ReadUInt16BigEndian(contents[(2 * Format.KeySize)..]);
        ReadOnlySpan<byte> rest = contents[((2 * Format.KeySize) + 2)..];
        if (count is 0 or > Format.MaxNodes || rest.Length != count * NodeSize)
        {
            throw Altered(header, "list of nodes");
        }

        KeyNode[] nodes = new KeyNode[count];
        byte[] keys = new byte[count * Format.KeySize];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> node = rest.Slice(i * NodeSize, NodeSize);
            nodes[i] = new KeyNode(node[0], unchecked((int)BinaryPrimitives.ReadUInt32BigEndian(node[1..])));
            node[5..].CopyTo(keys.AsSpan(i * Format.KeySize));
        }

        try
        {
            return KeyNode.IsMinimal(nodes)
                ? RecordingKeys.Part(EnvelopeForm.PartErased, nodes, keys, opening, closing)
                : throw Altered(header, "list of nodes");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    private static TamperedException Altered(RecordingHeader header, string part) =>
        new(header.CoreId, null, $"the key envelope's {part} was altered.");
}
