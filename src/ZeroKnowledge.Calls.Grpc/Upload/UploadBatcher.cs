using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Puts what a recording has to send into a message. Used by one stream.</summary>
internal sealed class UploadBatcher(Action<ArchiveUpload, int> damaged, Action<ArchiveUpload, string> refused, Func<long> clock)
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
        if (!TryRead(batch, () => recording.Chunk(index), out Memory<byte> body))
        {
            if (index < recording.First)
            {
                // Given up meanwhile, because this archive has said that it has it.
                upload.NextChunk = recording.First;
                return true;
            }

            damaged(upload, index);
            return false;
        }

        batch.Add(recording).Chunk = new Chunk { Index = (uint)index, Data = UploadBatch.Wrap(body[4..]) };
        upload.NextChunk++;
        upload.HighestSent = Math.Max(upload.HighestSent, upload.NextChunk);
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

    // The oldest live statement that the archive lacks, with the chunks it covers: so many as one message has room for.
    private bool TryReplace(UploadBatch batch, ArchiveUpload upload, SpooledRecording recording)
    {
        int first = Math.Max(recording.First, upload.DurableStatements);
        (int count, SpoolLocation signed) = recording.CheckpointAfter(first);
        bool isSeal = count == 0 && !recording.End.IsNone;
        if (isSeal)
        {
            (count, signed) = (recording.Count, recording.End);
        }

        if (count <= first)
        {
            if (recording.Life is null)
            {
                // What an earlier life left is not signed by anybody any more.
                upload.IsDifferent = false;
                refused(upload, "the archive has other bytes, which nobody signed, than the gateway that died had written");
            }

            // Else the pump signs a checkpoint with the next chunk.
            return false;
        }

        if (!TryCopy(() => signed, out byte[] statement))
        {
            damaged(upload, first);
            return false;
        }

        Replacement replacement = new()
        {
            First = (uint)first,
            Statement = UploadBatch.Wrap(isSeal ? statement.AsMemory(0, Statement.Size) : statement.AsMemory(SpoolJournal.MarkSize + RecordingHeader.Size, Statement.Size)),
        };
        for (int i = first; i < count; i++)
        {
            int index = i;
            if (!TryCopy(() => recording.Chunk(index), out byte[] chunk))
            {
                damaged(upload, i);
                return false;
            }

            replacement.Chunks.Add(UploadBatch.Wrap(chunk.AsMemory(4)));
        }

        batch.Add(recording).Replacement = replacement;
        batch.Close();
        upload.IsDifferent = false;
        upload.NextChunk = count;
        upload.HighestSent = Math.Max(upload.HighestSent, count);
        upload.SentStatement = isSeal ? upload.SentStatement : count;
        return true;
    }

    private static bool TryCopy(Func<SpoolLocation> find, out byte[] body)
    {
        for (int i = 0; i < Lookups; i++)
        {
            SpoolLocation location = find();
            byte[] record = new byte[location.Size];
            if (!location.IsNone && location.Segment.TryRead(location, record))
            {
                body = record[SpoolRecord.HeadSize..];
                return true;
            }
        }

        body = [];
        return false;
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
