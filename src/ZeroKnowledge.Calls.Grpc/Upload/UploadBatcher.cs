using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Puts what a recording has to send into a message. Under the lock of the recording's queue.</summary>
internal sealed class UploadBatcher(RegisterQueue register)
{
    private const int MaxRecords = 256;
    private const int MaxBytes = 1 << 20;

    public static bool IsFull(UploadRequest request, int bytes) => request.Records.Count >= MaxRecords || bytes >= MaxBytes;

    /// <returns>True if the message was full before all was in it.</returns>
    public bool Fill(UploadRequest request, SpooledRecording recording, ref int bytes)
    {
        if (recording.NeedsQuery)
        {
            recording.NeedsQuery = false;
            recording.AwaitsAnswer = true;
            request.Records.Add(new Record { CoreId = recording.CoreIdBytes, Query = new Query() });
            return false;
        }

        if (!recording.BeginSent)
        {
            recording.BeginSent = true;
            bytes += recording.Begin.CalculateSize();
            request.Records.Add(new Record { CoreId = recording.CoreIdBytes, Begin = recording.Begin });
        }

        if (recording.IsDifferent && !TryReplace(request, recording, ref bytes))
        {
            // The pump signs a checkpoint with the next chunk.
            return false;
        }

        for (; recording.Sending is { } chunk; recording.Sending = chunk.Next)
        {
            if (IsFull(request, bytes))
            {
                return true;
            }

            // The buffer is given back only when the archive has answered, so it is still when the message is written.
            request.Records.Add(new Record
            {
                CoreId = recording.CoreIdBytes,
                Chunk = new Chunk { Index = (uint)chunk.Index, Data = UnsafeByteOperations.UnsafeWrap(chunk.Stored) },
            });
            bytes += chunk.StoredSize;
            if (chunk.HasStatement)
            {
                Register(recording, chunk);
                request.Records.Add(new Record { CoreId = recording.CoreIdBytes, Statement = UnsafeByteOperations.UnsafeWrap(chunk.StatementBytes) });
            }
        }

        if (recording.End is { } end && !recording.EndSent)
        {
            recording.EndSent = true;
            register.AddStatement(recording.CoreId, end.Seal.Span);
            request.Records.Add(new Record { CoreId = recording.CoreIdBytes, End = end });
        }

        return false;
    }

    private void Register(SpooledRecording recording, ChunkBuffer chunk)
    {
        if (recording.RegisteredCount <= chunk.Index)
        {
            recording.RegisteredCount = chunk.Index + 1;
            register.AddStatement(recording.CoreId, chunk.StatementBytes.Span);
        }
    }

    // The newest live statement, with the chunks it covers that the archive does not have as ours.
    private bool TryReplace(UploadRequest request, SpooledRecording recording, ref int bytes)
    {
        ChunkBuffer? last = null;
        for (ChunkBuffer? chunk = recording.Head; chunk is not null; chunk = chunk.Next)
        {
            last = chunk.HasStatement ? chunk : last;
        }

        ByteString? statement = recording.End?.Seal ?? (last is null ? null : UnsafeByteOperations.UnsafeWrap(last.StatementBytes));
        if (statement is null || recording.Head is not { } head)
        {
            return false;
        }

        if (recording.End is null)
        {
            Register(recording, last!);
        }

        ChunkBuffer? after = recording.End is null ? last!.Next : null;
        Replacement replacement = new() { Statement = statement, First = (uint)head.Index };
        for (ChunkBuffer? chunk = head; chunk != after; chunk = chunk!.Next)
        {
            replacement.Chunks.Add(UnsafeByteOperations.UnsafeWrap(chunk!.Stored));
            bytes += chunk.StoredSize;
        }

        recording.IsDifferent = false;
        recording.Sending = after;
        request.Records.Add(new Record { CoreId = recording.CoreIdBytes, Replacement = replacement });
        return true;
    }
}
