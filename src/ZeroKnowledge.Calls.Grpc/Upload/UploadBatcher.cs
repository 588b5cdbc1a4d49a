using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Puts what a recording has to send into a message. Used by one stream.</summary>
internal sealed class UploadBatcher(Action<ArchiveUpload, int> damaged, Func<long> clock)
{
    // A record may move while it is looked up, once for every file that is cleaned.
    private const int Lookups = 3;

    /// <returns>True if the message was full before all was in it.</returns>
    public bool Fill(UploadBatch batch, ArchiveUpload upload)
    {
        while (!batch.IsFull)
        {
            lock (upload.Gate)
            {
                int before = batch.Request.Records.Count;
                bool more = !upload.IsOver && Step(batch, upload, upload.Recording);
                if (batch.Request.Records.Count > before && upload.UnansweredSinceMs < 0)
                {
                    upload.UnansweredSinceMs = clock();
                }

                if (!more)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <returns>False if there is nothing more to send at present.</returns>
    private bool Step(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        if (upload.NeedsQuery)
        {
            upload.NeedsQuery = false;
            upload.AwaitsAnswer = true;
            batch.Add(recording).Query = new Query();
            return false;
        }

        if (upload.AwaitsAnswer)
        {
            return false;
        }

        if (!upload.BeginSent)
        {
            return TryBegin(batch, upload, recording);
        }

        if (upload.IsDifferent)
        {
            return TryReplace(batch, upload, recording);
        }

        (int count, SpoolLocation checkpoint) = recording.CheckpointAfter(upload.SentStatement);
        if (count > 0 && count <= upload.NextChunk)
        {
            return TryCheckpoint(batch, upload, recording, count, checkpoint);
        }

        return upload.NextChunk < recording.Count ? TryChunk(batch, upload, recording) : TryEnd(batch, upload, recording);
    }

    private bool TryBegin(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        if (!TryRead(batch, () => recording.Begin, out Memory<byte> body))
        {
            damaged(upload, 0);
            return false;
        }

        const int CheckpointAt = SpoolJournal.MarkSize + RecordingHeader.Size;
        const int OpeningAt = CheckpointAt + Statement.Size;
        batch.Add(recording).Begin = new Begin
        {
            Header = UploadBatch.Wrap(body[SpoolJournal.MarkSize..CheckpointAt]),
            Checkpoint = UploadBatch.Wrap(body[CheckpointAt..OpeningAt]),
            OpeningRecord = UploadBatch.Wrap(body[OpeningAt..]),
        };
        upload.BeginSent = true;
        return true;
    }

    private static bool TryCheckpoint(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording, int count, SpoolLocation location)
    {
        upload.SentStatement = count;
        const int StatementAt = SpoolJournal.MarkSize + RecordingHeader.Size;
        // One that cannot be read is covered by the next one.
        if (TryRead(batch, () => recording.CheckpointAfter(count - 1) is var (found, at) && found == count ? at : location, out Memory<byte> body))
        {
            batch.Add(recording).Statement = UploadBatch.Wrap(body.Slice(StatementAt, Statement.Size));
        }

        return true;
    }

    private bool TryChunk(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        int index = upload.NextChunk;
        if (index < recording.First)
        {
            // The archive had it before it asked for it again.
            upload.NextChunk = recording.First;
            return true;
        }

        if (!batch.TryRead(recording.Chunk(index), out Memory<byte> body))
        {
            damaged(upload, index);
            return false;
        }

        batch.Add(recording).Chunk = new Chunk { Index = (uint)index, Data = UploadBatch.Wrap(body[4..]) };
        upload.NextChunk++;
        return true;
    }

    private bool TryEnd(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        if (upload.EndSent || (recording.End.IsNone && recording.Recovery.IsNone))
        {
            return false;
        }

        bool isSealed = !recording.End.IsNone;
        if (recording.IsDamaged || !TryRead(batch, () => isSealed ? recording.End : recording.Recovery, out Memory<byte> body))
        {
            damaged(upload, upload.NextChunk);
            return false;
        }

        upload.EndSent = true;
        if (isSealed)
        {
            batch.Add(recording).End = new End { Seal = UploadBatch.Wrap(body[..Statement.Size]), ClosingRecord = UploadBatch.Wrap(body[Statement.Size..]) };
        }
        else
        {
            batch.Add(recording).Statement = UploadBatch.Wrap(body);
        }

        return false;
    }

    // The newest live statement, with the chunks it covers that the archive may not have as ours. Copied, since they are more than a message usually has.
    private bool TryReplace(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        SpoolLocation seal = recording.End;
        (int count, SpoolLocation checkpoint) = recording.NewestCheckpoint;
        int first = recording.First;
        if (!seal.IsNone)
        {
            count = recording.Count;
        }

        if (count <= first || !TryCopy(seal.IsNone ? checkpoint : seal, out byte[] statement))
        {
            // The pump signs a checkpoint with the next chunk. What an earlier life left is not signed by anybody any more.
            return false;
        }

        Replacement replacement = new()
        {
            First = (uint)first,
            Statement = UploadBatch.Wrap(seal.IsNone ? statement.AsMemory(SpoolJournal.MarkSize + RecordingHeader.Size, Statement.Size) : statement.AsMemory(0, Statement.Size)),
        };
        for (int i = first; i < count; i++)
        {
            if (!TryCopy(recording.Chunk(i), out byte[] chunk))
            {
                damaged(upload, i);
                return false;
            }

            replacement.Chunks.Add(UploadBatch.Wrap(chunk.AsMemory(4)));
        }

        batch.Add(recording).Replacement = replacement;
        upload.IsDifferent = false;
        upload.NextChunk = count;
        upload.SentStatement = seal.IsNone ? count : upload.SentStatement;
        return true;
    }

    private static bool TryCopy(SpoolLocation location, out byte[] body)
    {
        body = [];
        byte[] record = new byte[location.Size];
        if (location.IsNone || !location.Segment.TryRead(location, record))
        {
            return false;
        }

        body = record[SpoolRecord.HeadSize..];
        return true;
    }

    private static bool TryRead(UploadBatch batch, Func<SpoolLocation> find, out Memory<byte> body)
    {
        for (int i = 0; i < Lookups; i++)
        {
            if (batch.TryRead(find(), out body))
            {
                return true;
            }
        }

        body = default;
        return false;
    }
}
