namespace ZeroKnowledge.Calls.Tests;

/// <summary>All vectors by name. A part that is not given is the right one.</summary>
internal sealed class VectorBook
{
    private readonly SortedDictionary<string, VectorFile> _files = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, VectorFile> Files => _files;

    public static VectorBook Make()
    {
        VectorBook book = new();
        ValidVectors.Add(book);
        ReadingVectors.Add(book);
        KeyVectors.Add(book);
        HeaderVectors.Add(book);
        EnvelopeVectors.Add(book);
        P256Vectors.Add(book);
        CustodyVectors.Add(book);
        PayloadVectors.Add(book);
        ChunkVectors.Add(book);
        StatementVectors.Add(book);
        ConflictVectors.Add(book);
        MetadataVectors.Add(book);
        ContainerVectors.Add(book);
        GrantVectors.Add(book);
        return book;
    }

    /// <summary>A file of keys alone.</summary>
    public void AddKeys(string name, string section, string comment, string refused, string? trust = null, string? identity = null, string? passphrase = null) => _files.Add(name, new VectorFile
    {
        Comment = comment,
        Section = section,
        Trust = trust ?? VectorKeys.Trust,
        Identities = identity is null ? null : [identity],
        Passphrase = passphrase,
        Expected = new VectorOutcome { Refused = refused },
    });

    public void Add(
        string name, string section, string comment, VectorForge recording, VectorOutcome expected, VectorOutcome? verifier = null,
        byte[]? envelope = null, string? trust = null, VectorReader? identity = null, VectorLock? locked = null, string? coreId = null, IReadOnlyList<byte[]>? register = null,
        byte[]? header = null, bool parts = true, byte[]? container = null, string? identityText = null, byte[]? registerEnvelope = null, IReadOnlyList<byte[]>? shares = null)
    {
        _files.Add(name, new VectorFile
        {
            Comment = comment,
            Section = section,
            Trust = trust ?? VectorKeys.Trust,
            CoreId = coreId,
            Identities = [locked?.Text ?? identityText ?? (identity ?? VectorKeys.Active).Text],
            Passphrase = locked?.Passphrase,
            Envelope = Hex(envelope ?? new VectorEnvelope(recording).ToArray()),
            Header = parts ? Hex(header ?? recording.Header) : null,
            OpeningRecord = parts ? Hex(recording.OpeningRecord) : null,
            Statements = parts ? [.. recording.Statements.Select(Hex)] : null,
            Chunks = parts ? [.. recording.Chunks.Select(Hex)] : null,
            ClosingRecord = parts ? Hex(recording.ClosingRecord) : null,
            Container = container is null ? null : Hex(container),
            Register = register is null ? null : [.. register.Select(Hex)],
            RegisterEnvelope = registerEnvelope is null ? null : Hex(registerEnvelope),
            Shares = shares is null ? null : [.. shares.Select(Hex)],
            Expected = expected,
            Verifier = verifier ?? Outcome.ForVerifier(expected),
        });
    }

    /// <summary>A recording read with a grant, by the grantee.</summary>
    public void AddGrant(string name, string section, string comment, VectorForge recording, byte[] grant, VectorOutcome expected, VectorReader? identity = null, string? identityText = null) => _files.Add(name, new VectorFile
    {
        Comment = comment,
        Section = section,
        Trust = VectorKeys.TrustWithOwner,
        Identities = [identityText ?? (identity ?? VectorKeys.Stranger).Text],
        Grant = Hex(grant),
        Header = Hex(recording.Header),
        OpeningRecord = Hex(recording.OpeningRecord),
        Statements = [.. recording.Statements.Select(Hex)],
        Chunks = [.. recording.Chunks.Select(Hex)],
        ClosingRecord = Hex(recording.ClosingRecord),
        Expected = expected,
    });

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}

/// <summary>Outcomes as sections 13 and 14 of docs/FORMAT.md have them. Chunks have three audio frames each where nothing else is said.</summary>
internal static class Outcome
{
    private const int FramesPerChunk = 3;

    /// <summary>Sealed, and everything agrees.</summary>
    public static VectorOutcome Complete(int chunks, int? frames = null) => Of("Complete", chunks, chunks, chunks, "completed") with
    {
        Frames = frames ?? (chunks * FramesPerChunk),
        Finding = false,
        ClosingReleased = true,
    };

    public static VectorOutcome Open(int chunks, int verified, int signed, bool? finding = false) => Of("Open", chunks, verified, signed) with { Finding = finding };

    /// <summary>With a grant whose chunks are there.</summary>
    public static VectorOutcome Range(int chunks, int verified, int signed, string? reason = "completed", bool metadata = false) => Of("Range", chunks, verified, signed, reason) with
    {
        Finding = false,
        OpeningReleased = metadata,
        ClosingReleased = metadata && reason is not null,
    };

    public static VectorOutcome Recovered(int chunks, int signed) => Of("Recovered", chunks, chunks, signed);

    /// <summary>Sealed, with chunks that are not what they should be.</summary>
    public static VectorOutcome Corrupt(int chunks, int verified, params int[] corrupt) =>
        Of("Corrupt", chunks, verified, verified, "completed") with { Corrupt = corrupt, ClosingReleased = true };

    public static VectorOutcome Truncated(int chunks, int verified, int signed, string? reason = "completed") =>
        Of("Truncated", chunks, verified, signed, reason) with { ClosingReleased = reason is not null };

    public static VectorOutcome Forked(int chunks, int verified, int signed, string? reason = "completed") =>
        Of("Forked", chunks, verified, signed, reason) with { ClosingReleased = reason is not null };

    public static VectorOutcome NotVerified => new() { State = "NotVerified" };

    public static VectorOutcome Refused(string structure) => new() { Refused = structure, State = "NotVerified" };

    /// <summary>What is left to be said without a key for the chunks.</summary>
    public static VectorOutcome ForVerifier(VectorOutcome expected) => expected with
    {
        NoKey = null,
        Gaps = null,
        Frames = null,
        OpeningReleased = null,
        ClosingReleased = null,
        Opening = null,
        Closing = null,
        Content = null,
    };

    private static VectorOutcome Of(string state, int chunks, int verified, int signed, string? reason = null) => new()
    {
        State = state,
        Reason = reason,
        Chunks = chunks,
        Verified = verified,
        Signed = signed,
        Corrupt = [],
        RefusedStatements = [],
        NoKey = [],
        Frames = verified * FramesPerChunk,
        OpeningReleased = true,
        ClosingReleased = false,
    };
}
