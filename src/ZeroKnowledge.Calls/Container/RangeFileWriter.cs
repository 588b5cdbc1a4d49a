using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

/// <summary>Writes the file of a range (docs/FORMAT.md, section 12): grant, records if it opens them, and the chunks.</summary>
internal static class RangeFileWriter
{
    public static async Task WriteAsync(Recording recording, Grant grant, Stream stream, CancellationToken cancellationToken)
    {
        RecordingParts parts = recording.Evidence.Parts;
        bool isSealed = grant.Statement!.Type == StatementType.Seal;
        await stream.WriteAsync(RangeFileSource.Magic, cancellationToken).ConfigureAwait(false);
        await WriteAsync(stream, grant.ToArray(), cancellationToken).ConfigureAwait(false);
        await WriteAsync(stream, grant.HasMetadataKeys ? parts.OpeningRecord : default, cancellationToken).ConfigureAwait(false);
        await WriteAsync(stream, grant.HasMetadataKeys && isSealed ? parts.ClosingRecord : default, cancellationToken).ConfigureAwait(false);
        for (int first = grant.Range.First; first < grant.Range.End; first += ChunkBatch.Size)
        {
            int end = Math.Min(first + ChunkBatch.Size, grant.Range.End);
            foreach (ReadOnlyMemory<byte> chunk in (await recording.ReadAsync(first, end, 0, cancellationToken).ConfigureAwait(false)).Chunks)
            {
                await stream.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask WriteAsync(Stream stream, ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        await stream.WriteAsync(length, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
    }
}
