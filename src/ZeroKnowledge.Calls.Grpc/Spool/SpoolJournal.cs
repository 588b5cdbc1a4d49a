using System.Buffers;
using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The journal records that one pass of the spool's thread writes, and where each of them will be (docs/SPOOL.md).</summary>
internal sealed class SpoolJournal
{
    public const int MarkSize = 32;
    public const int LeafSize = SpoolRecord.HeadSize + 4 + MerkleTree.HashSize;
    public const int MaxPeaks = 4 + (25 * MerkleTree.HashSize);
    public const int LargestCheckpoint = SpoolRecord.HeadSize + MarkSize + RecordingHeader.Size + Statement.Size + MaxPeaks;

    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);
    private readonly ReadOnlyMemory<byte>[] _parts = new ReadOnlyMemory<byte>[1];
    private SpoolSegment _segment = null!;

    public int Size => _bytes.WrittenCount;

    /// <summary>Begins anew: what follows will be written behind what this segment has.</summary>
    public void Start(SpoolSegment segment)
    {
        _segment = segment;
        _bytes.ResetWrittenCount();
    }

    public SpoolLocation Add(SpoolRecordType type, long recording, ReadOnlySpan<byte> body)
    {
        Span<byte> record = _bytes.GetSpan(SpoolRecord.HeadSize + body.Length)[..(SpoolRecord.HeadSize + body.Length)];
        body.CopyTo(record[SpoolRecord.HeadSize..]);
        return Finish(type, recording, record);
    }

    public void AddLeaf(long recording, int index, ReadOnlySpan<byte> leaf)
    {
        Span<byte> record = _bytes.GetSpan(LeafSize)[..LeafSize];
        BinaryPrimitives.WriteInt32BigEndian(record[SpoolRecord.HeadSize..], index);
        leaf.CopyTo(record[(SpoolRecord.HeadSize + 4)..]);
        Finish(SpoolRecordType.Leaf, recording, record);
    }

    public SpoolLocation AddCheckpoint(SpooledRecording recording, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> peaks)
    {
        int size = SpoolRecord.HeadSize + MarkSize + RecordingHeader.Size + Statement.Size + peaks.Length;
        Span<byte> record = _bytes.GetSpan(size)[..size];
        Span<byte> body = record[SpoolRecord.HeadSize..];
        recording.Mark.CopyTo(body);
        recording.Header.CopyTo(body[MarkSize..]);
        statement.CopyTo(body[(MarkSize + RecordingHeader.Size)..]);
        peaks.CopyTo(body[(MarkSize + RecordingHeader.Size + Statement.Size)..]);
        return Finish(SpoolRecordType.Checkpoint, recording.Number, record);
    }

    /// <exception cref="IOException">Nothing of it counts as written.</exception>
    public void Write(SpoolLog log, bool sync)
    {
        if (Size > 0)
        {
            _parts[0] = _bytes.WrittenMemory;
            log.Append(_parts, Size, sync);
        }
    }

    private SpoolLocation Finish(SpoolRecordType type, long recording, Span<byte> record)
    {
        SpoolRecord.WriteHead(record, type, recording, _segment.Number, record[SpoolRecord.HeadSize..]);
        SpoolLocation location = new(_segment, _segment.Length + _bytes.WrittenCount, record.Length - SpoolRecord.HeadSize);
        _bytes.Advance(record.Length);
        return location;
    }
}
