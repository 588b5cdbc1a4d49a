using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls;

/// <summary>
/// The secret of one recording, wrapped to the customer's recipients (docs/FORMAT.md, section 9). Kept in the register, never sent to an
/// archive. At most 262,144 bytes; immutable and thread-safe. Parsing checks the structure only: the keys inside are checked when it is opened.
/// </summary>
public sealed class KeyEnvelope
{
    private const int FixedHead = 8 + 2 + 4 + CoreId.Size + 2;
    private const int MacSize = 32;

    private readonly byte[] _bytes;

    private KeyEnvelope(byte[] bytes, Suite suite, uint version, CoreId coreId, IReadOnlyList<Stanza> stanzas, Range body)
    {
        _bytes = bytes;
        Suite = suite;
        Version = version;
        CoreId = coreId;
        Stanzas = stanzas;
        Body = bytes.AsMemory(body);
    }

    internal static ReadOnlySpan<byte> Magic => "ZKCENV1\0"u8;

    /// <summary>The suite, which must be that of the header.</summary>
    public Suite Suite { get; }

    /// <summary>From 1; each rotation or erasure adds 1.</summary>
    public uint Version { get; }

    /// <summary>The recording that this envelope opens.</summary>
    public CoreId CoreId { get; }

    /// <summary>How many recipients, a group counting as one: 1 to 32.</summary>
    public int RecipientCount => Stanzas.Count;

    /// <summary>True if a recipient's key is classical (P-256): then the recording is not protected against a quantum computer.</summary>
    public bool IsClassical => Stanzas.Any(stanza => stanza.IsClassical);

    internal IReadOnlyList<Stanza> Stanzas { get; }

    internal ReadOnlyMemory<byte> Body { get; }

    internal ReadOnlySpan<byte> Span => _bytes;

    internal ReadOnlySpan<byte> Authenticated => _bytes.AsSpan(0, _bytes.Length - MacSize);

    internal ReadOnlySpan<byte> Mac => _bytes.AsSpan(_bytes.Length - MacSize);

    /// <summary>Reads an envelope file, <c>.zkenv</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is not a key envelope; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static KeyEnvelope Load(string path) =>
        TryParse(BoundedFile.Read(path, Format.MaxEnvelope), out KeyEnvelope? envelope, out string? error) ? envelope : throw new FormatException($"{path}: {error}");

    /// <summary>The bytes, as they stand in a register or in a <c>.zkenv</c> file.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>Whether this recipient is among those who open the envelope alone; a hint of 8 bytes, not a proof.</summary>
    /// <param name="recipient">The recipient to look for.</param>
    public bool Names(Recipient recipient)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        return Stanzas.Any(stanza => stanza.NamesAlone(recipient));
    }

    /// <summary>Reads an envelope. Never throws for hostile bytes.</summary>
    /// <param name="bytes">Exactly the bytes of one envelope.</param>
    /// <param name="envelope">The envelope, or null.</param>
    /// <param name="error">What is wrong, or null.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out KeyEnvelope? envelope, [NotNullWhen(false)] out string? error)
    {
        envelope = null;
        if (bytes.Length is < FixedHead + 4 + MacSize or > Format.MaxEnvelope)
        {
            error = $"a key envelope has {FixedHead + 4 + MacSize} to {Format.MaxEnvelope} bytes, not {bytes.Length}";
            return false;
        }

        Suite suite = (Suite)BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]);
        uint version = BinaryPrimitives.ReadUInt32BigEndian(bytes[10..]);
        int count = BinaryPrimitives.ReadUInt16BigEndian(bytes[(FixedHead - 2)..]);
        if (!bytes.StartsWith(Magic) || !Format.IsKnown(suite) || version == 0 || count is 0 or > Format.MaxStanzas)
        {
            error = "the key envelope's magic, suite, version or number of recipients is wrong";
            return false;
        }

        byte[] copy = bytes.ToArray();
        error = StanzaList.TryRead(copy, FixedHead, count, copy.Length - 4 - MacSize, out List<Stanza> stanzas, out int position);
        if (error is not null)
        {
            return false;
        }

        uint body = BinaryPrimitives.ReadUInt32BigEndian(bytes[position..]);
        position += 4;
        if (body != (uint)(bytes.Length - MacSize - position))
        {
            error = "the length of the key envelope's body is wrong";
            return false;
        }

        envelope = new KeyEnvelope(copy, suite, version, new CoreId(bytes.Slice(14, CoreId.Size)), stanzas, position..(bytes.Length - MacSize));
        return true;
    }
}
