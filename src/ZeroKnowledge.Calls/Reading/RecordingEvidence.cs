using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// The parts of a recording that can be judged without its chunks: header, trust, statements, the hashes of the metadata records. Without a
/// trusted header there is no evidence, and nothing is released.
/// </summary>
internal sealed class RecordingEvidence
{
    private readonly List<string> _findings = [];

    private RecordingEvidence(RecordingParts parts) => Parts = parts;

    public RecordingParts Parts { get; }

    /// <summary>Null if the recording is not verified.</summary>
    public RecordingHeader? Header { get; private set; }

    public StatementSet? Statements { get; private set; }

    /// <summary>The opening record is the one that was signed.</summary>
    public bool OpeningIsSigned { get; private set; }

    /// <summary>The closing record is the one that the seal covers.</summary>
    public bool ClosingIsSigned { get; private set; }

    public bool RegisterChecked { get; private set; }

    /// <summary>The statement that counts of those that the source itself gave; null if none of them holds.</summary>
    public Statement? Offered { get; private set; }

    /// <summary>The live statement of the highest count all of whose chunks the source has: those before that count can be proven to be the writer's.</summary>
    public Statement? LiveBase => Header is null ? null
        : Statements!.Statements.Where(statement => statement.IsLive && statement.ChunkCount <= Parts.Chunks).MaxBy(statement => statement.ChunkCount);

    /// <summary>A record that a statement covers is not what was signed. One that is missing together with chunks is not altered, but cut off.</summary>
    public bool MetadataIsAltered => !Parts.HasNoRecords
        && ((!OpeningIsSigned && Statements!.Newest is not null)
            || (!ClosingIsSigned && Statements!.Seal is { } seal && !(Parts.ClosingRecord.IsEmpty && seal.ChunkCount > Parts.Chunks)));

    public IEnumerable<string> Findings => Statements is { } statements ? _findings.Concat(statements.Findings) : _findings;

    /// <param name="parts">From a source.</param>
    /// <param name="expected">The core id asked for, where there is one.</param>
    /// <param name="trust">The pinned keys.</param>
    /// <param name="row">The register's row of <paramref name="expected"/>, or null.</param>
    /// <param name="grant">The grant that the reader has, or null.</param>
    public static RecordingEvidence Judge(RecordingParts parts, CoreId? expected, TrustList trust, RegisteredRecording? row, Grant? grant = null)
    {
        RecordingEvidence evidence = new(parts);
        if (parts.Finding is { } finding)
        {
            evidence._findings.Add($"The source is not whole: {finding}.");
        }

        if (parts.Chunks is < 0 or > Format.MaxChunks)
        {
            evidence._findings.Add($"The source says it has {parts.Chunks} chunks; a recording has at most {Format.MaxChunks}.");
        }
        else if (!RecordingHeader.TryParse(parts.Header.Span, out RecordingHeader? header, out string? error))
        {
            evidence._findings.Add(error);
        }
        else if (expected is { } id && header.CoreId != id)
        {
            evidence._findings.Add($"The header is that of recording {header.CoreId}, not of {id}, which was asked for.");
        }
        else if (!header.IsTrusted(trust))
        {
            evidence._findings.Add($"The gateway key {header.GatewayKey.ToString(TrustedKeyKind.Gateway)} is not on the trust list, or was not valid at {header.Begun:u}.");
        }
        else
        {
            evidence.Header = header;
            evidence.Collect(header, trust, row, grant);
        }

        return evidence;
    }

    /// <summary>The reader gives up: a key envelope that does not belong makes the recording unverified.</summary>
    public void Refuse(string finding)
    {
        _findings.Add(finding);
        Header = null;
    }

    /// <summary>Something that changes no state.</summary>
    public void Note(string finding) => _findings.Add(finding);

    private void Collect(RecordingHeader header, TrustList trust, RegisteredRecording? row, Grant? grant)
    {
        Statements = new StatementSet(header, trust);
        foreach (ReadOnlyMemory<byte> statement in Parts.Statements)
        {
            Statements.Add(statement.Span);
        }

        Statement? offered = Offered = Statements.Newest;
        if (row is not null)
        {
            RegisterChecked = true;
            foreach (Statement statement in row.Statements)
            {
                Statements.Add(statement.Bytes);
            }

            // A recovery that was held back shows in its type alone where it counts no more than the source's own statement.
            if (Statements.Newest is { } newest
                && (newest.ChunkCount != (offered?.ChunkCount ?? -1) || (newest.Type == StatementType.Recovery && offered?.Type != StatementType.Recovery)))
            {
                _findings.Add($"The register knows a {newest} that the source does not have.");
            }
            else if (Statements.Seal is not null && offered?.Type != StatementType.Seal)
            {
                _findings.Add("The register knows the seal; the source does not have it.");
            }
        }

        if (grant is not null && !grant.Verify(trust))
        {
            Refuse($"The grant is not signed by an owner on the trust list: {grant.OwnerKey.ToString(TrustedKeyKind.Owner)}.");
            return;
        }

        if (grant?.Statement is { } granted && !Statements.Add(granted.Bytes))
        {
            Refuse("The statement of the grant is not one of this recording's writer or gateway.");
            return;
        }

        if (Parts.HasNoRecords)
        {
            return;
        }

        Span<byte> hash = stackalloc byte[Format.HashSize], closingHash = stackalloc byte[Format.HashSize];
        SHA256.HashData(Parts.OpeningRecord.Span, hash);
        OpeningIsSigned = Statements.Newest is { } newestOfAll && newestOfAll.OpeningHash.SequenceEqual(hash);
        bool closingIsSigned = Statements.Seal is not null;
        SHA256.HashData(Parts.ClosingRecord.Span, closingHash);
        foreach (Statement live in Statements.Statements.Where(statement => statement.IsLive))
        {
            // Of two that name different records, which one is right nobody can tell.
            OpeningIsSigned &= live.OpeningHash.SequenceEqual(hash);
            closingIsSigned &= live.Type != StatementType.Seal || live.ClosingHash.SequenceEqual(closingHash);
        }

        ClosingIsSigned = closingIsSigned;
        if (!OpeningIsSigned)
        {
            _findings.Add(Statements.Newest is null ? "No statement of the writer is there: nothing is signed." : "The opening record is not the one that was signed.");
        }

        if (!ClosingIsSigned && (Statements.Seal is not null || !Parts.ClosingRecord.IsEmpty))
        {
            _findings.Add(Parts.ClosingRecord.IsEmpty ? "The closing record is missing." : "The closing record is not the one that the seal covers.");
        }
    }
}
