using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>Makes rows of a register as a gateway and an owner make them: every signature is right.</summary>
internal sealed class RegisterRows : IDisposable
{
    public static readonly DateTimeOffset Begun = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    private readonly List<RecordingWriter> _writers = [];
    private readonly Identity[] _identities = [Identity.Generate(), Identity.Generate()];

    public RegisterRows() => Recipients = Calls.Recipients.Of(_identities[0].Recipient, _identities[1].Recipient);

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public OwnerKey Owner { get; } = OwnerKey.Generate();

    public ArchiveKey Archive { get; } = ArchiveKey.Generate();

    public Recipients Recipients { get; set; }

    public RegisteredRecording Row(DateTimeOffset? begun = null, Suite suite = Suite.Aes256Gcm, RecordingId? id = null)
    {
        RegisteredRecording row = Begin(out RecordingWriter writer, begun, suite, id);
        writer.Dispose();
        return row;
    }

    public RegisteredRecording[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => Row(Begun.AddSeconds(i)))];

    /// <summary>A row, and the writer that can go on signing for it.</summary>
    public RegisteredRecording Begin(out RecordingWriter writer, DateTimeOffset? begun = null, Suite suite = Suite.Aes256Gcm, RecordingId? id = null)
    {
        RecordingPolicy policy = new() { Recipients = Recipients, Gateway = Gateway, Suite = suite, AllowSingleRecipient = true };
        CallMetadata metadata = new() { CallId = "call", Legs = [] };
        writer = RecordingWriter.Begin(
            policy, metadata, id ?? new RecordingId(RandomNumberGenerator.GetBytes(16)), begun ?? Begun, default, SecretSlabs.Shared, out RecordingStart start);
        lock (_writers)
        {
            _writers.Add(writer);
        }

        return start.ToRegister();
    }

    /// <summary>A row whose header claims a time that no calendar has.</summary>
    public RegisteredRecording RowAt(ulong begunMs)
    {
        byte[] prefix = new byte[RecordingHeader.PrefixSize];
        RecordingHeader.WritePrefix(prefix, Suite.Aes256Gcm, 1_000, 8_192, new RecordingId(RandomNumberGenerator.GetBytes(16)), begunMs, default);
        RecordingHeader header = RecordingHeader.Build(prefix, RandomNumberGenerator.GetBytes(32), Gateway.PublicKey, Gateway);
        return new() { Header = header, Envelope = Envelope(header, 1) };
    }

    /// <summary>A checkpoint after one more chunk.</summary>
    public static Statement Checkpoint(RecordingWriter writer)
    {
        writer.EncryptChunk(new byte[writer.StoredChunkSize]);
        byte[] bytes = new byte[Statement.Size];
        writer.WriteCheckpoint(Begun, bytes);
        return Parsed(bytes);
    }

    public static Statement Parsed(byte[] bytes) =>
        Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new InvalidOperationException(error);

    /// <summary>The same statement with one bit of its signature changed.</summary>
    public static Statement Forged(Statement statement)
    {
        byte[] bytes = statement.ToArray();
        bytes[^1] ^= 1;
        return Parsed(bytes);
    }

    /// <summary>An envelope as a rotation writes it. The register does not hold its keys, so they are random.</summary>
    public KeyEnvelope Envelope(RegisteredRecording row, uint version, Suite? suite = null) => Envelope(row.Header, version, suite);

    private KeyEnvelope Envelope(RecordingHeader header, uint version, Suite? suite = null)
    {
        byte[] bytes = EnvelopeWriter.Write(
            suite ?? header.Suite, version, header.CoreId, EnvelopeForm.Whole, RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32), Recipients);
        return KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);
    }

    public ErasureCertificate Erasure(RegisteredRecording row, uint version) => ErasureCertificate.Create(
        Owner, row.Header.CoreId, version, true, [new ChunkRange(0, 1 << 24)], Begun.AddDays(1), "Backups of the register hold copies until they expire.");

    public Receipt Receipt(Statement statement) => Calls.Receipt.Create(Archive, statement, Begun.AddHours(1));

    public static RegisteredRecording With(
        RegisteredRecording row, KeyEnvelope? envelope = null, Statement[]? statements = null, Receipt[]? receipts = null, ErasureCertificate[]? erasures = null) => new()
        {
            Header = row.Header,
            Envelope = envelope ?? row.Envelope,
            Statements = statements ?? row.Statements,
            Receipts = receipts ?? row.Receipts,
            Erasures = erasures ?? row.Erasures,
        };

    public static RegisteredRecording Erased(RegisteredRecording row, params ErasureCertificate[] erasures) =>
        new() { Header = row.Header, Envelope = null, Statements = row.Statements, Receipts = row.Receipts, Erasures = erasures };

    public static void AssertSame(RegisteredRecording expected, RegisteredRecording? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Header.ToArray(), actual.Header.ToArray());
        Assert.Equal(expected.Envelope?.ToArray(), actual.Envelope?.ToArray());
        Assert.Equal(expected.Statements.Select(s => s.ToArray()), actual.Statements.Select(s => s.ToArray()));
        Assert.Equal(expected.Receipts.Select(r => r.ToArray()), actual.Receipts.Select(r => r.ToArray()));
        Assert.Equal(expected.Erasures.Select(e => e.ToArray()), actual.Erasures.Select(e => e.ToArray()));
    }

    public void Dispose()
    {
        _writers.ForEach(writer => writer.Dispose());
        Array.ForEach(_identities, identity => identity.Dispose());
        Gateway.Dispose();
        Owner.Dispose();
        Archive.Dispose();
    }
}
