using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Judges one recording of the register by what the archive gives of it. Thread-safe.</summary>
internal sealed class RecordingAuditor(CallArchive.CallArchiveClient client, PatientCaller caller, AuditedArchive archive, AuditOptions options)
{
    // More would not be read by anybody, and a hostile archive could fill the report with it.
    private const int MaxDetails = 20;

    public async Task<AuditedRecording> JudgeAsync(RegisteredRecording row, CancellationToken cancellationToken)
    {
        CoreId id = row.Header.CoreId;
        DateTimeOffset now = options.TimeProvider.GetUtcNow();
        ArchiveSource source = new(client, caller, id);
        try
        {
            RecordingParts parts = await source.GetPartsAsync(cancellationToken).ConfigureAwait(false);
            return Judge(row, parts, source.Receipts, now);
        }
        catch (ArchiveException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return Absent(row, now);
        }
        catch (ArchiveException e) when (e.StatusCode is not (StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.Unimplemented))
        {
            // One that is always "unavailable" is as good as missing: it does not end the audit, and is not passed over.
            return Finding(row, AuditVerdict.Unavailable, 0, null, [e.Message]);
        }
    }

    private AuditedRecording Judge(RegisteredRecording row, RecordingParts parts, IReadOnlyList<ReadOnlyMemory<byte>> storedReceipts, DateTimeOffset now)
    {
        RegisteredRecording demanded = Settled(row, now);
        RecordingEvidence evidence = RecordingEvidence.Judge(parts, row.Header.CoreId, options.Trust, demanded);
        if (evidence is not { Header: not null, Statements: { Newest: { } newest } statements })
        {
            return Finding(row, AuditVerdict.NotVerified, parts.Chunks, null, evidence.Findings);
        }

        // What the register knows with all that is so new that it is not demanded yet.
        Statement? known = demanded.Statements.Count == row.Statements.Count ? newest : Newest(row);
        ReceiptCheck receipts = new(row, storedReceipts, archive, options.Trust);
        receipts.Compare(statements);
        List<string> details = [.. receipts.Faults, .. evidence.Findings];
        AuditVerdict verdict = AuditVerdict.None;
        if (statements.IsForked)
        {
            verdict = AuditVerdict.Forked;
        }
        else if (OwnDeletion(row) is { } deletion)
        {
            verdict = AuditVerdict.Undeleted;
            details.Insert(0, $"The archive signed on {deletion.Time:u} that it deleted it.");
        }
        else if (receipts.Faults.Count > 0)
        {
            verdict = AuditVerdict.WrongReceipt;
        }
        else if (IsOlder(evidence.Offered, newest) || IsBehind(receipts, evidence, row, details))
        {
            verdict = AuditVerdict.RolledBack;
        }
        else if (newest.ChunkCount > parts.Chunks)
        {
            verdict = AuditVerdict.Truncated;
            details.Insert(0, $"A {newest} is known, and the archive says it has {parts.Chunks}.");
        }
        else if (evidence.MetadataIsAltered || (statements.Seal is { } seal && parts.Chunks > seal.ChunkCount))
        {
            verdict = AuditVerdict.Corrupt;
        }
        else if (row.Envelope is null)
        {
            verdict = IsErased(row) ? AuditVerdict.Erased : AuditVerdict.NoKey;
        }
        else
        {
            verdict = IsOlder(evidence.Offered, known) ? AuditVerdict.Pending
                : newest.Type == StatementType.Seal ? AuditVerdict.Complete
                : newest.Type == StatementType.Recovery ? AuditVerdict.Recovered
                : AuditVerdict.Open;
        }

        if (verdict < AuditVerdict.Missing && row.Envelope is not null && options.Recipients?.Strangers(row.Envelope) is { Count: > 0 } strangers)
        {
            verdict = AuditVerdict.ForeignRecipient;
            details.InsertRange(0, strangers);
        }

        return Finding(row, verdict, parts.Chunks, known, details) with { Exposure = Exposure(row, verdict, evidence, known, now) };
    }

    private AuditedRecording Absent(RegisteredRecording row, DateTimeOffset now)
    {
        ReceiptCheck receipts = new(row, [], archive, options.Trust);
        if (OwnDeletion(row) is { } deletion)
        {
            return receipts.Owed is { } stored && stored.ChunkCount > deletion.ChunksDeleted
                ? Finding(row, AuditVerdict.Missing, 0, null, [$"The archive signed that it stored {stored.ChunkCount} chunks, and that it deleted {deletion.ChunksDeleted}."])
                : Finding(row, AuditVerdict.Deleted, 0, null, []);
        }

        if (row.Envelope is null)
        {
            return IsErased(row)
                ? Finding(row, AuditVerdict.Erased, 0, null, ["The archive no longer has it."])
                : Finding(row, AuditVerdict.NoKey, 0, null, ["The archive does not have it either."]);
        }

        Statement? newest = Newest(row);
        if (receipts.Owed is null && IsFresh(row.Header.Begun, now))
        {
            return Finding(row, AuditVerdict.Pending, 0, newest, []) with { Exposure = Exposure(row, AuditVerdict.Pending, null, newest, now) };
        }

        List<string> details = [.. receipts.Faults];
        details.Add(receipts.Owed is { } owed
            ? $"The archive signed on {owed.Time:u} that it stored {owed.ChunkCount} chunks of it."
            : "The archive never signed that it has it: it may still be in a gateway's spool.");
        if (options.Deletions?.Certificates(row.Header.CoreId).Any(certificate => certificate.Verify(options.Trust)) == true)
        {
            details.Add("Another archive signed that it deleted it; this one did not.");
        }

        return Finding(row, AuditVerdict.Missing, 0, newest, details) with { Exposure = Exposure(row, AuditVerdict.Missing, null, newest, now) };
    }

    private static AuditedRecording Finding(RegisteredRecording row, AuditVerdict verdict, int chunks, Statement? known, IEnumerable<string> details) => new()
    {
        CoreId = row.Header.CoreId,
        Verdict = verdict,
        Header = row.Header,
        Chunks = chunks,
        Signed = known?.ChunkCount ?? 0,
        Details = [.. details.Take(MaxDetails)],
    };

    // The register learns of a statement when it is sent, and so a little before the archive does.
    private RegisteredRecording Settled(RegisteredRecording row, DateTimeOffset now) => new()
    {
        Header = row.Header,
        Envelope = row.Envelope,
        Statements = [.. row.Statements.Where(statement => !IsFresh(statement.Time, now))],
        Receipts = row.Receipts,
        Erasures = row.Erasures,
    };

    // A time far ahead is a wrong clock, and no reason to wait.
    private bool IsFresh(DateTimeOffset time, DateTimeOffset now) => (now - time).Duration() < options.Settle;

    private static bool IsOlder(Statement? offered, Statement? newest) => newest is not null
        && (offered is null || offered.ChunkCount < newest.ChunkCount || Rank(offered.Type) < Rank(newest.Type));

    private static int Rank(StatementType type) => type switch
    {
        StatementType.Seal => 3,
        StatementType.Recovery => 2,
        _ => 1,
    };

    // A receipt binds at once: the archive had it.
    private static bool IsBehind(ReceiptCheck receipts, RecordingEvidence evidence, RegisteredRecording row, List<string> details)
    {
        if (receipts.Owed is { } owed && owed.ChunkCount > (evidence.Offered?.ChunkCount ?? -1))
        {
            details.Insert(0, $"The archive signed on {owed.Time:u} that it stored {owed.ChunkCount} chunks.");
            return true;
        }

        if (receipts.Forgotten(evidence.Statements!.Statements.Concat(row.Statements)) is { } forgotten)
        {
            details.Insert(0, $"The archive signed on {forgotten.Time:u} a receipt for a newer statement than any that is known.");
            return true;
        }

        return false;
    }

    private DeletionCertificate? OwnDeletion(RegisteredRecording row) => options.Deletions?.Certificates(row.Header.CoreId)
        .Where(certificate => archive.Has(certificate.ArchiveKey) && certificate.Verify(options.Trust)).MaxBy(certificate => certificate.ChunksDeleted);

    private bool IsErased(RegisteredRecording row) => row.Erasures.Any(certificate => certificate.Verify(options.Trust));

    private Statement? Newest(RegisteredRecording row)
    {
        StatementSet statements = new(row.Header, options.Trust);
        foreach (Statement statement in row.Statements)
        {
            statements.Add(statement.Bytes);
        }

        return statements.Newest;
    }

    // The newest statement all of whose chunks the archive says it has.
    private static Statement? Covered(RecordingEvidence evidence) => evidence.Statements!.Statements
        .Where(statement => statement.ChunkCount <= evidence.Parts.Chunks).MaxBy(statement => statement.ChunkCount);

    private static TimeSpan? Exposure(RegisteredRecording row, AuditVerdict verdict, RecordingEvidence? evidence, Statement? known, DateTimeOffset now)
    {
        if (verdict is AuditVerdict.Erased or AuditVerdict.NoKey or AuditVerdict.Undeleted)
        {
            return null;
        }

        bool isEnded = known is { Type: StatementType.Seal or StatementType.Recovery };
        DateTimeOffset end = isEnded ? known!.Time : now;
        DateTimeOffset durable = evidence is null ? row.Header.Begun
            : isEnded && evidence.Parts.Chunks >= known!.ChunkCount ? end
            : Covered(evidence)?.Time ?? row.Header.Begun;
        return end > durable ? end - durable : TimeSpan.Zero;
    }
}
