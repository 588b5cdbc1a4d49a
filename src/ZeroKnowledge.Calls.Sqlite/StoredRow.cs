using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>
/// A row as the file has it. Somebody may have edited the file: every field is parsed again, and must agree with the others. Signatures of statements
/// are not checked again here; whoever judges the recording does that.
/// </summary>
internal sealed class StoredRow
{
    /// <summary>What the constructor reads, in this order.</summary>
    public const string Columns = "id, core_id, recording_id, begun, header, envelope_version, envelope_size";

    private readonly string _path;
    private readonly string _name;

    /// <exception cref="RegisterException">The row does not hold together.</exception>
    public StoredRow(string path, SqliteDataReader reader)
    {
        _path = path;
        byte[] coreId = Blob(reader, 1);
        _name = Convert.ToHexStringLower(coreId);
        Id = Number(reader, 0);
        if (!RecordingHeader.TryParse(Blob(reader, 4), out RecordingHeader? header, out string? error))
        {
            throw Damaged(error);
        }

        Header = header;
        Version = Number(reader, 5);
        EnvelopeSize = Number(reader, 6);
        Require(header.CoreId.ToArray().AsSpan().SequenceEqual(coreId), $"its header is that of recording {header.CoreId}.");
        Require(header.RecordingId.ToArray().AsSpan().SequenceEqual(Blob(reader, 2)), "its column recording_id is not what the header says.");
        Require(Number(reader, 3) == Begun(header), "its column begun is not what the header says.");
        Require(Version is >= 1 and <= uint.MaxValue && EnvelopeSize >= 0, "its columns envelope_version and envelope_size are out of range.");
    }

    public long Id { get; }

    public RecordingHeader Header { get; }

    public CoreId CoreId => Header.CoreId;

    /// <summary>Of the envelope, or of its erasure.</summary>
    public long Version { get; }

    public long EnvelopeSize { get; }

    public bool IsErased => EnvelopeSize == 0;

    /// <summary>The column <c>begun</c>: SQLite has no integers beyond 2^63 - 1, a header has.</summary>
    public static long Begun(RecordingHeader header) => (long)Math.Min(header.BegunMs, long.MaxValue);

    /// <summary>Completes the row with its envelope and its evidence.</summary>
    /// <param name="envelope">The column <c>padded</c>, and no row if it is erased.</param>
    /// <param name="evidence">The columns <c>kind</c> and <c>bytes</c>.</param>
    /// <param name="hold">The column <c>reason</c>, and no row if there is no hold.</param>
    /// <exception cref="RegisterException">The row does not hold together.</exception>
    public RegisteredRecording Complete(SqliteDataReader envelope, SqliteDataReader evidence, SqliteDataReader hold)
    {
        KeyEnvelope? key = Envelope(envelope);
        List<Statement> statements = [];
        List<Receipt> receipts = [];
        List<ErasureCertificate> erasures = [];
        while (evidence.Read())
        {
            byte[] bytes = Blob(evidence, 1);
            CoreId of = (EvidenceKind)Number(evidence, 0) switch
            {
                EvidenceKind.Statement => Add(statements, Statement.TryParse(bytes, out Statement? statement, out string? error), statement, error).CoreId,
                EvidenceKind.Receipt => Add(receipts, Receipt.TryParse(bytes, out Receipt? receipt, out string? error), receipt, error).CoreId,
                EvidenceKind.Erasure => Add(erasures, ErasureCertificate.TryParse(bytes, out ErasureCertificate? erasure, out string? error), erasure, error).CoreId,
                _ => throw Damaged("it has evidence of an unknown kind."),
            };
            Require(of == CoreId, $"it has evidence of recording {of}.");
        }

        Require(!IsErased || erasures.Count > 0, "it has no key envelope, and no erasure certificate that says why.");
        return new RegisteredRecording
        {
            Header = Header,
            Envelope = key,
            Statements = statements,
            Receipts = receipts,
            Erasures = erasures,
            Hold = hold.Read() ? hold.GetValue(0) as string ?? string.Empty : null,
        };
    }

    private KeyEnvelope? Envelope(SqliteDataReader reader)
    {
        bool there = reader.Read();
        Require(there != IsErased, there ? "it is erased, but a key envelope is there." : "its key envelope is missing.");
        if (!there)
        {
            return null;
        }

        if (!KeyEnvelope.TryParse(EnvelopeLayout.Unpad(Blob(reader, 0), EnvelopeSize), out KeyEnvelope? envelope, out string? error))
        {
            throw Damaged(error);
        }

        Require(envelope.CoreId == CoreId && envelope.Suite == Header.Suite, $"its key envelope is that of recording {envelope.CoreId}, suite {envelope.Suite}.");
        Require(envelope.Version == Version, $"its key envelope has version {envelope.Version}, where {Version} is the current one.");
        return envelope;
    }

    private T Add<T>(List<T> list, bool parsed, T? item, string? error)
        where T : class
    {
        Require(parsed, error ?? "");
        list.Add(item!);
        return item!;
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw Damaged(otherwise);
        }
    }

    private RegisterException Damaged(string what) =>
        new($"The register {_path} is damaged, or was edited. Recording {_name}: {what} Restore the register from a copy, and run later erasures again.");

    private static byte[] Blob(SqliteDataReader reader, int column) => reader.GetValue(column) as byte[] ?? [];

    private static long Number(SqliteDataReader reader, int column) => reader.GetValue(column) is long number ? number : -1;
}
