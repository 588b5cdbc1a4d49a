using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Copies the chunks that are needed out of files in which most are not: one recording that an archive refuses would otherwise keep every file since.
/// Used by the spool's thread.
/// </summary>
internal sealed class SpoolChunkCleaner(SpoolLog log, bool sync)
{
    private const int SlackSegments = 4;

    private readonly byte[] _record = GC.AllocateUninitializedArray<byte>(SpoolRecord.HeadSize + SpoolRecord.MaxBody);
    private readonly ReadOnlyMemory<byte>[] _parts = new ReadOnlyMemory<byte>[1];
    private readonly HashSet<SpoolSegment> _damaged = [];

    /// <param name="live">Bytes of the chunks that are needed.</param>
    /// <param name="mark">Says in the journal which chunks are given up.</param>
    /// <param name="find">The recording of a number, or null if it is done.</param>
    /// <exception cref="IOException">A file could not be read or written; nothing is lost.</exception>
    public void Clean(long live, Action mark, Func<long, SpooledRecording?> find)
    {
        // More than half of what the files have is given up: each byte that is copied stands for another one.
        while (log.Bytes > (2 * live) + (SlackSegments * (long)log.SegmentSize) && Sparsest() is { } sparse)
        {
            if (TryMove(sparse, find))
            {
                mark();
                log.Delete(sparse);
            }
            else
            {
                _damaged.Add(sparse);
            }
        }
    }

    // With every file that goes, more bytes go than are copied: so it ends, whatever is damaged, and however sizes differ.
    private SpoolSegment? Sparsest() =>
        log.Closed.Where(file => file.Live > 0 && file.Live < file.Length / 2 && !_damaged.Contains(file)).MinBy(file => file.Live / (double)file.Length);

    /// <returns>False if not all of it can be read: then it stays as it is.</returns>
    private bool TryMove(SpoolSegment sparse, Func<long, SpooledRecording?> find) => sparse.Scan((_, number, body, location) =>
    {
        int index = BinaryPrimitives.ReadInt32BigEndian(body);
        if (find(number) is not { } recording || recording.Chunk(index) != location)
        {
            return;
        }

        SpoolSegment to = log.Active(sync);
        body.CopyTo(_record.AsSpan(SpoolRecord.HeadSize));
        SpoolRecord.WriteHead(_record, SpoolRecordType.Chunk, number, to.Number, body);
        SpoolLocation moved = location with { Segment = to, Offset = to.Length };
        _parts[0] = _record.AsMemory(0, location.Size);
        log.Append(_parts, location.Size, sync);
        recording.MoveChunk(index, location, moved);
    }) == 0;
}
