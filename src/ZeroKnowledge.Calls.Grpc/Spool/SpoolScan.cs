using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Reads what an earlier life left in a spool. The order of records says nothing, since some were written anew.</summary>
internal sealed class SpoolScan(int archives)
{
    private readonly Dictionary<long, ScannedRecording> _found = [];
    private readonly HashSet<long> _done = [];
    private readonly Dictionary<long, int> _released = [];
    private long _last;

    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SpoolFindings Run(SpoolLog chunks, SpoolLog journal, int archives, ISpoolEvents events)
    {
        SpoolScan scan = new(archives);
        CutTails(journal, events, scan.TakeHead);
        scan.Apply();
        CutTails(chunks, events, scan.TakeChunk);
        foreach (ScannedRecording found in scan._found.Values)
        {
            found.ChunksAreRead();
        }

        // Once more: what names a recording may have been written anew, behind what is said of it.
        foreach (SpoolSegment segment in journal.Closed)
        {
            segment.Scan(scan.TakeRest);
        }

        return new SpoolFindings([.. scan._found.Values.OrderBy(found => found.Recording.Number).Select(found => found.Finish())], scan._last);
    }

    public static bool TryReadCheckpoint(
        ReadOnlySpan<byte> body, [NotNullWhen(true)] out RecordingHeader? header, [NotNullWhen(true)] out Statement? statement, [NotNullWhen(true)] out MerklePeaks? peaks)
    {
        const int StatementAt = SpoolJournal.MarkSize + RecordingHeader.Size;
        const int PeaksAt = StatementAt + Statement.Size;
        header = null;
        statement = null;
        peaks = null;
        return body.Length > PeaksAt
            && RecordingHeader.TryParse(body[SpoolJournal.MarkSize..StatementAt], out header, out _)
            && Statement.TryParse(body[StatementAt..PeaksAt], out statement, out _)
            && MerklePeaks.TryParse(body[PeaksAt..], out peaks, out _)
            && statement.CoreId == header.CoreId && statement.ChunkCount == peaks.Count;
    }

    private static void CutTails(SpoolLog log, ISpoolEvents events, SpoolRecordReader reader)
    {
        foreach (SpoolSegment segment in log.Closed)
        {
            try
            {
                int rest = segment.Scan(reader);
                if (rest > 0)
                {
                    log.Cut(segment, rest);
                    events.Cut(segment.Path, rest);
                }
            }
            catch (IOException)
            {
                // A disk that cannot read this now may read it another time: it is left as it is.
                events.Cut(segment.Path, 0);
            }
        }
    }

    private void TakeHead(SpoolRecordType type, long number, ReadOnlySpan<byte> body, SpoolLocation location)
    {
        _last = Math.Max(_last, number);
        switch (type)
        {
            case SpoolRecordType.Done:
                _done.Add(number);
                _found.Remove(number);
                break;
            case SpoolRecordType.Released when body.Length == 4:
                _released[number] = Math.Max(_released.GetValueOrDefault(number), BinaryPrimitives.ReadInt32BigEndian(body));
                break;
            case SpoolRecordType.Begin when !_done.Contains(number) && TryReadBegin(body, out RecordingHeader? header, out Statement? first) && first.Verify(header):
                Of(number, header, body).Begin(location, first);
                break;
            case SpoolRecordType.Checkpoint when !_done.Contains(number)
                && TryReadCheckpoint(body, out RecordingHeader? header, out Statement? statement, out MerklePeaks? peaks) && statement.Verify(header):
                Of(number, header, body).Checkpoint(location, statement, peaks);
                break;
            default:
                break;
        }
    }

    private void Apply()
    {
        foreach ((long number, int first) in _released)
        {
            _found.GetValueOrDefault(number)?.Released(first);
        }
    }

    private void TakeRest(SpoolRecordType type, long number, ReadOnlySpan<byte> body, SpoolLocation location)
    {
        if (!_found.TryGetValue(number, out ScannedRecording? found))
        {
            return;
        }

        switch (type)
        {
            case SpoolRecordType.Leaf when body.Length == SpoolJournal.LeafSize - SpoolRecord.HeadSize:
                found.Leaf(BinaryPrimitives.ReadInt32BigEndian(body), body[4..]);
                break;
            case SpoolRecordType.End when body.Length == Statement.Size + found.Recording.Header.StoredClosingSize:
                found.End(location, body[..Statement.Size]);
                break;
            case SpoolRecordType.Recovery:
                found.Recovery(location, body);
                break;
            default:
                break;
        }
    }

    private void TakeChunk(SpoolRecordType type, long number, ReadOnlySpan<byte> body, SpoolLocation location)
    {
        _last = Math.Max(_last, number);
        if (type == SpoolRecordType.Chunk && body.Length > 4 && _found.TryGetValue(number, out ScannedRecording? found))
        {
            found.Chunk(location, BinaryPrimitives.ReadInt32BigEndian(body), body.Length - 4);
        }
    }

    private ScannedRecording Of(long number, RecordingHeader header, ReadOnlySpan<byte> body)
    {
        if (!_found.TryGetValue(number, out ScannedRecording? found))
        {
            found = new ScannedRecording(new SpooledRecording(number, header, body[..SpoolJournal.MarkSize], null, archives));
            _found.Add(number, found);
        }

        return found;
    }

    private static bool TryReadBegin(ReadOnlySpan<byte> body, [NotNullWhen(true)] out RecordingHeader? header, [NotNullWhen(true)] out Statement? first)
    {
        const int CheckpointAt = SpoolJournal.MarkSize + RecordingHeader.Size;
        const int OpeningAt = CheckpointAt + Statement.Size;
        header = null;
        first = null;
        return body.Length > OpeningAt
            && RecordingHeader.TryParse(body[SpoolJournal.MarkSize..CheckpointAt], out header, out _)
            && Statement.TryParse(body[CheckpointAt..OpeningAt], out first, out _)
            && body.Length - OpeningAt == header.StoredOpeningSize;
    }
}
