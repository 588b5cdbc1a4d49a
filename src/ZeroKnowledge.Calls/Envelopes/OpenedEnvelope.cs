using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// What the body of a verified envelope holds: all that the next version of it can be made of. It can be wrapped to others, and made to hold less; nothing
/// makes it hold more. Used by one thread at a time; disposal wipes it.
/// </summary>
internal sealed class OpenedEnvelope : IDisposable
{
    /// <summary>Of form 2, what stands before the nodes: control, opening key, closing key, node count.</summary>
    public const int PartHead = (3 * Format.KeySize) + 2;

    private readonly RecordingHeader _header;
    private readonly SecretBytes _control;
    private readonly SecretBytes _contents;

    /// <param name="header">Trusted.</param>
    /// <param name="version">Of the envelope.</param>
    /// <param name="form">Checked by the reader, as the contents are.</param>
    /// <param name="control">32 bytes, which the header commits to.</param>
    /// <param name="contents">What follows the form.</param>
    public OpenedEnvelope(RecordingHeader header, uint version, EnvelopeForm form, ReadOnlySpan<byte> control, ReadOnlySpan<byte> contents)
    {
        _header = header;
        Version = version;
        Form = form;
        _control = new SecretBytes(control);
        _contents = new SecretBytes(contents);
    }

    public uint Version { get; }

    public EnvelopeForm Form { get; }

    /// <summary>The keys that chunks and records are opened with; the caller disposes of them.</summary>
    public RecordingKeys ToKeys()
    {
        ReadOnlySpan<byte> contents = _contents.Span;
        if (Form == EnvelopeForm.AllErased)
        {
            return RecordingKeys.None();
        }

        if (Form == EnvelopeForm.PartErased)
        {
            KeyNode[] nodes = KeyNode.ReadAll(contents[PartHead..], out byte[] keys);
            RecordingKeys part = RecordingKeys.Part(
                Form, nodes, keys, contents.Slice(Format.KeySize, Format.KeySize), contents.Slice(2 * Format.KeySize, Format.KeySize));
            CryptographicOperations.ZeroMemory(keys);
            return part;
        }

        Span<byte> prk = stackalloc byte[Format.KeySize];
        KeySchedule.Extract(contents, prk);
        RecordingKeys whole = RecordingKeys.Whole(prk, _header.CoreId);
        CryptographicOperations.ZeroMemory(prk);
        return whole;
    }

    /// <summary>The next version, wrapped to these recipients, of the same contents.</summary>
    /// <exception cref="CallRecordingException">There is no next version.</exception>
    public KeyEnvelope Rewrap(Recipients recipients) => Next(Form, _contents.Span, recipients);

    /// <summary>The next version, without the keys of these chunks; the metadata keys stay.</summary>
    /// <param name="erased">Ascending, not touching.</param>
    /// <param name="recipients">Whom it is wrapped to.</param>
    /// <exception cref="CallRecordingException">What remains has more than 4,096 nodes, or there is no next version.</exception>
    public KeyEnvelope Without(IReadOnlyList<ChunkRange> erased, Recipients recipients)
    {
        if (Form == EnvelopeForm.AllErased)
        {
            throw new InvalidOperationException("Everything is erased already: a later version never has a smaller form.");
        }

        using RecordingKeys keys = ToKeys();
        KeyNode[] nodes = [.. ChunkRanges.Subtract(ChunkRanges.Of(keys.Nodes), erased).SelectMany(range => KeyNode.Cover(range.First, range.End))];
        if (nodes.Length > Format.MaxNodes)
        {
            throw new CallRecordingException(
                $"Recording {_header.CoreId}: what remains after this erasure would need {nodes.Length} keys, and an envelope holds {Format.MaxNodes}. Erase fewer and longer ranges, or the whole recording.");
        }

        using SecretBytes secret = new(PartHead + (nodes.Length * KeyNode.Size));
        Span<byte> contents = secret.Span;
        _control.Span.CopyTo(contents);
        keys.OpeningKey.CopyTo(contents[Format.KeySize..]);
        keys.ClosingKey.CopyTo(contents[(2 * Format.KeySize)..]);
        BinaryPrimitives.WriteUInt16BigEndian(contents[(3 * Format.KeySize)..], (ushort)nodes.Length);
        Span<byte> rest = contents[PartHead..];
        foreach (KeyNode node in nodes)
        {
            node.Write(rest);
            _ = keys.TryNodeKey(node, rest.Slice(KeyNode.NameSize, Format.KeySize));
            rest = rest[KeyNode.Size..];
        }

        return Next(EnvelopeForm.PartErased, contents, recipients);
    }

    public void Dispose()
    {
        _control.Dispose();
        _contents.Dispose();
    }

    public override string ToString() => nameof(OpenedEnvelope);

    /// <summary>Whether bytes after the form, as many as <see cref="PartHead"/> at the least, are the contents of an envelope of form 2.</summary>
    public static bool IsPart(ReadOnlySpan<byte> contents)
    {
        int count = BinaryPrimitives.ReadUInt16BigEndian(contents[(3 * Format.KeySize)..]);
        if (count > Format.MaxNodes || contents.Length - PartHead != count * KeyNode.Size)
        {
            return false;
        }

        KeyNode[] nodes = KeyNode.ReadAll(contents[PartHead..], out byte[] keys);
        CryptographicOperations.ZeroMemory(keys);
        return KeyNode.IsMinimal(nodes);
    }

    private KeyEnvelope Next(EnvelopeForm form, ReadOnlySpan<byte> contents, Recipients recipients)
    {
        if (Version == uint.MaxValue)
        {
            throw new CallRecordingException($"Recording {_header.CoreId}: the envelope has the last version there is.");
        }

        byte[] bytes = EnvelopeWriter.Write(_header.Suite, Version + 1, _header.CoreId, form, contents, _control.Span, recipients);
        return KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);
    }
}
