using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// What an archive's answers mean for the recordings of one stream. An archive may lie: it is believed that it has a chunk, until it says otherwise; that a
/// recording has ended or was deleted is believed with a proof only.
/// </summary>
internal sealed class UploadAnswers(RecordingLifecycle recorder, UploadQueue queue, TrustList? trust, string archive)
{
    private const long RefusedRetryMs = 30_000;
    private const long LimitRetryMs = 5_000;
    private const long RateRetryMs = 250;

    // An honest archive and an honest spool agree after one.
    private const int MaxRepeats = 8;
    private const int MaxProof = 4;
    private const int MaxFailedReads = 3;

    public void Apply(ArchiveUpload upload, Progress progress)
    {
        int chunks = (int)Math.Min(progress.DurableChunks, Format.MaxChunks);
        int statements = (int)Math.Min(progress.DurableStatements, Format.MaxChunks);
        switch (progress.Status)
        {
            case Status.Durable:
                Durable(upload, progress, chunks, statements);
                break;
            case Status.Unknown:
                Unknown(upload, progress);
                break;
            case Status.OutOfOrder:
                SendFrom(upload, chunks, statements, progress);
                break;
            case Status.Different:
                Different(upload);
                break;
            case Status.Forked when IsFork(upload.Recording, progress):
                RecorderLog.Forked(recorder.Logger, upload.Recording.CoreId);
                Over(upload, new ArchiveException($"Recording {upload.Recording.CoreId} was signed by another life of this gateway."), link: true);
                break;
            case Status.Deleted when IsDeletion(upload.Recording, progress):
                RecorderLog.Deleted(recorder.Logger, upload.Recording.CoreId, archive);
                Over(upload, new ArchiveException($"Recording {upload.Recording.CoreId} was deleted in the archive {archive}."), link: false);
                break;
            case Status.LimitRate:
                queue.Park(upload, recorder.NowMs + RateRetryMs);
                break;
            default:
                // Without a proof it is this archive's fault alone: keep everything, tell, and try again.
                Refused(upload, progress.Status.ToString(), progress.Message, IsLimit(progress.Status) ? LimitRetryMs : RefusedRetryMs);
                break;
        }
    }

    /// <summary>A chunk that the archive lacks cannot be read from the spool. A disk may fail once and not again.</summary>
    public void Damaged(ArchiveUpload upload, int chunk)
    {
        if (++upload.FailedReads < MaxFailedReads)
        {
            Refused(upload, "spool", $"chunk {chunk} could not be read from the spool.", LimitRetryMs);
            return;
        }

        RecorderLog.SpoolDamaged(recorder.Logger, upload.Recording.CoreId, chunk);
        Over(upload, new ArchiveException($"Recording {upload.Recording.CoreId}: chunk {chunk} cannot be read from the spool any more."), link: true);
    }

    public void Refused(ArchiveUpload upload, string why) => Refused(upload, "kept", why, RefusedRetryMs);

    /// <summary>What was sent of it is not answered, while others are.</summary>
    public void Silent(ArchiveUpload upload) => Refused(upload, "silence", "it did not answer", RefusedRetryMs);

    private void Durable(ArchiveUpload upload, Progress progress, int chunks, int statements)
    {
        SpooledRecording recording = upload.Recording;
        lock (upload.Gate)
        {
            // What an earlier life sent, and a power cut took from this spool, the archive may have beyond it.
            bool beyond = recording.Life is null && upload.AwaitsAnswer;
            chunks = chunks <= (upload.AwaitsAnswer ? recording.Count : upload.HighestSent) ? chunks : beyond ? recording.Count : -1;
        }

        if (chunks < 0)
        {
            Refused(upload, "lie", "it says that it has more chunks than it was given.", RefusedRetryMs);
            return;
        }

        if (progress.Sealed || !progress.Receipt.IsEmpty)
        {
            Finish(upload, progress);
            return;
        }

        if (!TryAdvance(upload, chunks, statements))
        {
            Lost(upload, chunks);
        }
        else if (recording.Life is null && recording.End.IsNone && statements > recording.Count && progress.DurableChunks >= statements)
        {
            // A power cut took from this spool what the writer had signed and the archive has: there is nothing to add.
            RecorderLog.ArchiveHasMore(recorder.Logger, recording.CoreId, archive, statements, recording.Count);
            queue.Remove(upload);
            recorder.Settle(recording);
        }
    }

    /// <returns>False if the archive has less than it had acknowledged, and it is gone here.</returns>
    private bool TryAdvance(ArchiveUpload upload, int chunks, int statements)
    {
        SpooledRecording recording = upload.Recording;
        lock (upload.Gate)
        {
            if (upload.AwaitsAnswer)
            {
                upload.AwaitsAnswer = false;
                upload.EndSent = false;
                upload.NextChunk = chunks;
                upload.HighestSent = Math.Max(upload.HighestSent, chunks);
                upload.SentStatement = Math.Min(statements, recording.NewestCheckpoint.Count);
                // It may have less than it had: what is still here is not given up then.
                upload.DurableChunks = Math.Min(upload.DurableChunks, chunks);
                upload.DurableStatements = Math.Min(upload.DurableStatements, upload.SentStatement);
                if (chunks < recording.First)
                {
                    return false;
                }
            }

            upload.Repeats = chunks > upload.DurableChunks ? 0 : upload.Repeats;
            upload.DurableChunks = Math.Max(chunks, upload.DurableChunks);
            upload.DurableStatements = Math.Max(Math.Min(statements, upload.SentStatement), upload.DurableStatements);
            bool all = upload.DurableChunks >= upload.NextChunk && upload.DurableStatements >= upload.SentStatement && !upload.EndSent;
            upload.UnansweredSinceMs = all ? -1 : recorder.NowMs;
        }

        recorder.Spool.Release(recording);
        queue.Ready(upload);
        return true;
    }

    private void Unknown(ArchiveUpload upload, Progress progress)
    {
        SpooledRecording recording = upload.Recording;
        bool whole;
        lock (upload.Gate)
        {
            whole = recording.First == 0 && !recording.Begin.IsNone;
            upload.BeginSent = !whole;
        }

        if (whole)
        {
            SendFrom(upload, 0, 0, progress);
        }
        else
        {
            Lost(upload, 0);
        }
    }

    // What was acknowledged before and is still here is sent once more, whatever the archive did with it.
    private void SendFrom(ArchiveUpload upload, int chunk, int statements, Progress progress)
    {
        bool whole;
        lock (upload.Gate)
        {
            upload.AwaitsAnswer = false;
            upload.EndSent = false;
            upload.SentStatement = Math.Min(statements, upload.SentStatement);
            upload.DurableChunks = Math.Min(upload.DurableChunks, chunk);
            upload.DurableStatements = Math.Min(upload.DurableStatements, upload.SentStatement);
            whole = chunk >= upload.Recording.First;
            // It says where it stands, and asks for nothing that it has.
            if (chunk > upload.NextChunk)
            {
                whole = true;
                chunk = upload.NextChunk;
            }

            upload.NextChunk = chunk;
            upload.UnansweredSinceMs = -1;
        }

        if (!whole)
        {
            Lost(upload, chunk);
        }
        else if (++upload.Repeats > MaxRepeats)
        {
            upload.Repeats = 0;
            Refused(upload, progress.Status.ToString(), progress.Message, RefusedRetryMs);
        }
        else
        {
            queue.Ready(upload);
        }
    }

    private void Different(ArchiveUpload upload)
    {
        RecorderLog.Different(recorder.Logger, upload.Recording.CoreId);
        bool again;
        lock (upload.Gate)
        {
            upload.AwaitsAnswer = false;
            upload.IsDifferent = true;
            upload.UnansweredSinceMs = -1;
            again = ++upload.Repeats <= MaxRepeats;
        }

        if (upload.Recording.Life is { } life)
        {
            life.WantsCheckpoint = true;
        }

        if (again)
        {
            queue.Ready(upload);
        }
        else
        {
            upload.Repeats = 0;
            Refused(upload, nameof(Status.Different), "it refuses what the writer signed", RefusedRetryMs);
        }
    }

    private void Finish(ArchiveUpload upload, Progress progress)
    {
        SpooledRecording recording = upload.Recording;
        string? fault = !Receipt.TryParse(progress.Receipt.Span, out Receipt? receipt, out string? error) ? error
            : receipt.CoreId != recording.CoreId ? "its receipt is of another recording"
            : trust is not null && !receipt.Verify(trust) ? "its receipt's key is not trusted, or its signature wrong"
            : RecordingLifecycle.FinalStatement(recording) is { } final ? receipt.Matches(final) || IsMore(recording, receipt) ? null : "its receipt is not over what was sent"
            : recording.Life is null ? null
            : "it says that a recording has ended that has not";
        if (fault is not null)
        {
            Refused(upload, "receipt", fault, RefusedRetryMs);
            return;
        }

        queue.Remove(upload);
        recorder.Stored(recording, receipt!);
    }

    // Kept and asked for again: it may have come up with the wrong disk, and come back with the right one.
    private void Lost(ArchiveUpload upload, int chunk)
    {
        SpooledRecording recording = upload.Recording;
        if (!upload.IsLost)
        {
            upload.IsLost = true;
            RecorderLog.ArchiveLost(recorder.Logger, recording.CoreId, archive, chunk);
            recorder.Lost(recording);
        }

        queue.Park(upload, recorder.NowMs + RefusedRetryMs);
    }

    /// <summary>The archive attests more than an earlier life's spool has, after a power cut: perhaps the seal.</summary>
    private static bool IsMore(SpooledRecording recording, Receipt receipt) =>
        recording.Life is null && recording.End.IsNone && receipt.ChunkCount >= recording.Count;

    private void Refused(ArchiveUpload upload, string status, string message, long retryMs)
    {
        if (queue.IsParked(upload))
        {
            return;
        }

        RecorderLog.Refused(recorder.Logger, upload.Recording.CoreId, archive, status, ArchiveException.Readable(message));
        recorder.Meter.Refusals.Add(1);
        queue.Park(upload, recorder.NowMs + retryMs);
    }

    private void Over(ArchiveUpload upload, ArchiveException why, bool link)
    {
        queue.Remove(upload);
        recorder.NotStored(upload.Recording, why, link);
    }

    private static bool IsLimit(Status status) => status is Status.Limit or Status.LimitRecordings or Status.LimitBytes or Status.LimitMessage;

    /// <summary>A live statement by the recording's own signing key that this life did not sign; or two that cannot be of one life, if an earlier one wrote it.</summary>
    private static bool IsFork(SpooledRecording recording, Progress progress)
    {
        StatementSet proof = new(recording.Header, TrustList.Of());
        bool foreign = false;
        foreach (ByteString statement in progress.Conflict.Take(MaxProof))
        {
            foreign |= proof.Add(statement.Span) && recording.Life is not null && !recording.HasSigned(statement.Span);
        }

        return foreign || proof.IsForked;
    }

    private bool IsDeletion(SpooledRecording recording, Progress progress) =>
        DeletionCertificate.TryParse(progress.Deletion.Span, out DeletionCertificate? certificate, out _)
        && certificate.CoreId == recording.CoreId && trust is not null && certificate.Verify(trust);
}
