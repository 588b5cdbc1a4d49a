using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>
/// An owner's signed permission to read some chunks of one recording, and their keys, wrapped to the grantee (docs/FORMAT.md, section 11). At most 262,144
/// bytes; immutable and thread-safe. It holds no key of any other chunk. Parsing checks the structure; trust, signature and keys are checked when it is opened.
/// </summary>
public sealed class Grant
{
    private const int HeaderAt = 8 + 2 + CoreId.Size;
    private const int FirstAt = HeaderAt + Format.HeaderSize;
    private const int FlagsAt = FirstAt + 8;
    private const int EvidenceAt = FlagsAt + 1;
    private const byte MetadataFlag = 1;
    private const byte LiveFlag = 2;

    private readonly byte[] _bytes;
    private readonly GrantLayout _at;

    private Grant(byte[] bytes, RecordingHeader header, Statement? statement, GrantLayout at)
    {
        _bytes = bytes;
        _at = at;
        Header = header;
        Statement = statement;
    }

    /// <summary>The recording.</summary>
    public CoreId CoreId => Header.CoreId;

    /// <summary>The recording's header; whether its gateway is trusted is judged when the grant is opened.</summary>
    public RecordingHeader Header { get; }

    /// <summary>The chunks, at least one.</summary>
    public ChunkRange Range => new(BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(FirstAt)), BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(FirstAt + 4)));

    /// <summary>Whether it opens the opening and the closing record too.</summary>
    public bool HasMetadataKeys => (_bytes[FlagsAt] & MetadataFlag) != 0;

    /// <summary>Whether it was made for chunks that no statement covered.</summary>
    public bool IsLive => (_bytes[FlagsAt] & LiveFlag) != 0;

    /// <summary>The newest statement when the grant was made, under which the chunks are proven; null if it is live.</summary>
    public Statement? Statement { get; }

    /// <summary>What the grantee may use it for, at most 1,024 bytes of UTF-8: a request.</summary>
    public string Purpose => Encoding.UTF8.GetString(_bytes.AsSpan(_at.Purpose, _at.Time - _at.Purpose));

    /// <summary>When it was made, ms since 1970.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(_at.Time));

    /// <summary>When it was made; a time beyond the year 9999 is shown as its end.</summary>
    public DateTimeOffset Time => UnixTime.FromMs(TimeMs);

    /// <summary>After which time the grantee is asked not to use it; null for none. A request.</summary>
    public DateTimeOffset? NotAfter => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(_at.Time + 8)) is var ms && ms > 0 ? UnixTime.FromMs(ms) : null;

    /// <summary>The owner that signed.</summary>
    public VerifyKey OwnerKey => new(_bytes.AsSpan(_at.Time + 16, VerifyKey.Size));

    /// <summary>How many recipients it is wrapped to: 1 to 32.</summary>
    public int RecipientCount => _at.Stanzas.Count;

    /// <summary>True if a recipient's key is classical (P-256): a quantum computer would open what is granted.</summary>
    public bool IsClassical => _at.Stanzas.Any(stanza => stanza.IsClassical);

    internal static ReadOnlySpan<byte> Magic => "ZKCGRT1\0"u8;

    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Hashes of the range proof under <see cref="Statement"/>.</summary>
    internal ReadOnlySpan<byte> Proof => IsLive ? [] : _bytes.AsSpan(EvidenceAt + Format.StatementSize + 1, _at.Purpose - 2 - (EvidenceAt + Format.StatementSize + 1));

    internal IReadOnlyList<Stanza> Stanzas => _at.Stanzas;

    internal ReadOnlySpan<byte> Body => _bytes.AsSpan(_at.Body);

    /// <summary>All bytes before the body's length, which the body is bound to.</summary>
    internal ReadOnlySpan<byte> Head => _bytes.AsSpan(0, _at.Time + 16 + VerifyKey.Size);

    private static ReadOnlySpan<byte> SignatureLabel => "zkc1 grant"u8;

    /// <summary>Reads a grant file, <c>.zkgrant</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is not a grant; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Grant Load(string path) =>
        TryParse(BoundedFile.Read(path, Format.MaxGrant), out Grant? grant, out string? error) ? grant : throw new FormatException($"{path}: {error}");

    /// <summary>Writes the grant file; replaced if it exists. Only its recipients can use it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path) => File.WriteAllBytes(path, _bytes);

    /// <summary>A new array with the grant's bytes.</summary>
    public byte[] ToArray() => [.. _bytes];

    /// <summary>Whether the owner key is trusted at the grant's time, and signed it.</summary>
    /// <param name="trust">The trust list.</param>
    public bool Verify(TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        return trust.IsTrusted(TrustedKeyKind.Owner, OwnerKey, TimeMs)
            && Ed25519.Verify(OwnerKey.Span, [.. SignatureLabel, .. _bytes.AsSpan(..^Format.SignatureSize)], _bytes.AsSpan(^Format.SignatureSize..));
    }

    /// <summary>Checks the structure, the header's certificate and that all parts are of one recording. Never throws for hostile bytes.</summary>
    /// <param name="bytes">Exactly the bytes of one grant.</param>
    /// <param name="grant">The grant, or null.</param>
    /// <param name="error">What is wrong, or null.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Grant? grant, [NotNullWhen(false)] out string? error)
    {
        grant = null;
        if (bytes.Length is < EvidenceAt or > Format.MaxGrant || !bytes.StartsWith(Magic))
        {
            error = $"This is not a grant: it does not begin with ZKCGRT1, or has more than {Format.MaxGrant} bytes.";
            return false;
        }

        if (!RecordingHeader.TryParse(bytes.Slice(HeaderAt, Format.HeaderSize), out RecordingHeader? header, out error))
        {
            return false;
        }

        error = HeadFault(bytes, header);
        Statement? statement = null;
        int at = EvidenceAt;
        if (error is null && (bytes[FlagsAt] & LiveFlag) == 0)
        {
            error = EvidenceFault(bytes, header, out statement, out at);
        }

        if (error is not null)
        {
            return false;
        }

        byte[] copy = bytes.ToArray();
        error = GrantLayout.TryRead(copy, at, out GrantLayout? layout);
        grant = error is null ? new Grant(copy, header, statement, layout!) : null;
        return error is null;
    }

    /// <summary>Writes everything before the body's length.</summary>
    internal static byte[] WriteHead(RecordingHeader header, ChunkRange range, Statement? statement, ReadOnlySpan<byte> proof, GrantOptions options, VerifyKey owner)
    {
        byte[] purpose = Encoding.UTF8.GetBytes(options.Purpose);
        if (purpose.Length > Format.MaxText)
        {
            throw new ArgumentException($"The purpose of a grant has at most {Format.MaxText} bytes of UTF-8, not {purpose.Length}.", nameof(options));
        }

        byte[] numbers = new byte[8 + 2 + 16];
        BinaryPrimitives.WriteInt32BigEndian(numbers, range.First);
        BinaryPrimitives.WriteInt32BigEndian(numbers.AsSpan(4), range.End);
        BinaryPrimitives.WriteUInt16BigEndian(numbers.AsSpan(8), (ushort)purpose.Length);
        BinaryPrimitives.WriteUInt64BigEndian(numbers.AsSpan(10), UnixTime.ToMs(options.TimeProvider.GetUtcNow()));
        BinaryPrimitives.WriteUInt64BigEndian(numbers.AsSpan(18), options.NotAfter is { } end ? UnixTime.ToMs(end) : 0);
        byte flags = (byte)((options.WithMetadata ? MetadataFlag : 0) | (statement is null ? LiveFlag : 0));
        byte[] evidence = statement is null ? [] : [.. statement.Bytes, (byte)(proof.Length / Format.HashSize), .. proof];
        return
        [
            .. Magic, 0, (byte)header.Suite, .. header.CoreId.Span, .. header.ToArray(), .. numbers.AsSpan(0, 8), flags, .. evidence,
            .. numbers.AsSpan(8, 2), .. purpose, .. numbers.AsSpan(10), .. owner.Span,
        ];
    }

    /// <summary>Signs the whole, and reads it again.</summary>
    internal static Grant Sign(ReadOnlySpan<byte> unsigned, OwnerKey owner)
    {
        byte[] bytes = [.. unsigned, .. new byte[Format.SignatureSize]];
        owner.SignChecked([.. SignatureLabel, .. unsigned], bytes.AsSpan(unsigned.Length));
        return TryParse(bytes, out Grant? grant, out string? error) ? grant : throw new ArgumentException(error);
    }

    private static string? HeadFault(ReadOnlySpan<byte> bytes, RecordingHeader header)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(bytes[FirstAt..]), end = BinaryPrimitives.ReadUInt32BigEndian(bytes[(FirstAt + 4)..]);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]) != (ushort)header.Suite || !bytes.Slice(10, CoreId.Size).SequenceEqual(header.CoreId.Span)
                ? "The grant's suite or core id is not that of its header."
            : first >= end || end > Format.MaxChunks ? $"The grant's range {first} to {end} is empty or too high."
            : (bytes[FlagsAt] & ~(MetadataFlag | LiveFlag)) != 0 ? "A reserved flag of the grant is set."
            : null;
    }

    private static string? EvidenceFault(ReadOnlySpan<byte> bytes, RecordingHeader header, out Statement? statement, out int end)
    {
        statement = null;
        end = EvidenceAt + Format.StatementSize + 1;
        if (bytes.Length < end)
        {
            return "The grant is cut short.";
        }

        if (!Calls.Statement.TryParse(bytes.Slice(EvidenceAt, Format.StatementSize), out statement, out string? error))
        {
            return error;
        }

        int first = BinaryPrimitives.ReadInt32BigEndian(bytes[FirstAt..]), last = BinaryPrimitives.ReadInt32BigEndian(bytes[(FirstAt + 4)..]);
        int hashes = bytes[end - 1];
        end += hashes * Format.HashSize;
        return statement.CoreId != header.CoreId ? $"The grant's statement is of recording {statement.CoreId}, not {header.CoreId}."
            : last > statement.ChunkCount ? $"The grant's range ends at {last}, and its statement counts {statement.ChunkCount} chunks."
            : hashes != RangeProof.Count(statement.ChunkCount, first, last) ? "The number of hashes of the grant's proof is not that of its range."
            : bytes.Length < end ? "The grant is cut short."
            : null;
    }
}
