using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// Keeps the journal small: when most of it is no longer needed, the records of the oldest file that are needed still are written anew, and the file goes.
/// Each byte that is copied stands for another one that was given up, so the work is a share of what was written. Used by the spool's thread.
/// </summary>
internal sealed class SpoolCleaner(SpoolLog log, bool sync, ISpoolEvents events)
{
    private readonly Dictionary<long, SpooledRecording> _alive = [];
    private readonly SpoolJournal _kept = new();
    private readonly List<(SpoolRecordType Type, SpooledRecording Recording, int Count, SpoolLocation Location)> _moved = [];
    private readonly HashSet<SpoolSegment> _damaged = [];
    private readonly List<(SpooledRecording Recording, int First)> _marks = [];
    private long _seen;

    public void Adopt(IEnumerable<SpooledRecording> recordings)
    {
        foreach (SpooledRecording recording in recordings)
        {
            _alive.Add(recording.Number, recording);
        }
    }

    public void Begun(SpooledRecording recording, SpoolLocation location)
    {
        recording.SetBegin(location);
        _alive[recording.Number] = recording;
    }

    public void Done(SpooledRecording recording) => _alive.Remove(recording.Number);

    public SpooledRecording? Find(long number) => _alive.GetValueOrDefault(number);

    /// <summary>Says in the journal which chunks are given up, before the files that have them go: a chunk that is missing without this is damage.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Mark()
    {
        Span<byte> body = stackalloc byte[4];
        _kept.Start(log.Active(sync));
        _marks.Clear();
        foreach (SpooledRecording recording in _alive.Values)
        {
            int first = recording.First;
            if (first != recording.Marked)
            {
                BinaryPrimitives.WriteInt32BigEndian(body, first);
                _kept.Add(SpoolRecordType.Released, recording.Number, body);
                _marks.Add((recording, first));
            }
        }

        _kept.Write(log, sync);
        foreach ((SpooledRecording recording, int first) in _marks)
        {
            recording.Marked = first;
        }
    }

    /// <param name="pressed">Room is wanted: also the file that is written is looked at, and less waste is borne.</param>
    /// <exception cref="IOException">A file could not be read or written; nothing is lost.</exception>
    public void Clean(bool pressed)
    {
        // The sum is over all recordings: only when there is a file more than last time.
        if (!pressed && (log.Closed.Count == 0 || log.Closed[^1].Number == _seen))
        {
            return;
        }

        if (pressed && IsWorth(pressed))
        {
            log.Roll();
        }

        _seen = log.Closed.Count == 0 ? 0 : log.Closed[^1].Number;
        while (log.Closed.FirstOrDefault(segment => !_damaged.Contains(segment)) is { } oldest && oldest.Number <= _seen && IsWorth(pressed))
        {
            if (TryRewrite(oldest))
            {
                log.Delete(oldest);
            }
            else
            {
                // Not all of it could be read, so it stays: another start may read more.
                _damaged.Add(oldest);
                events.Cut(oldest.Path, 0);
            }
        }
    }

    private bool IsWorth(bool pressed)
    {
        long needed = _alive.Values.Sum(recording => recording.NeededJournal);
        return log.Bytes > (pressed ? needed + (needed / 4) + (log.SegmentSize / 4) : (2 * needed) + (2 * log.SegmentSize));
    }

    private bool TryRewrite(SpoolSegment segment)
    {
        _kept.Start(log.Active(sync));
        _moved.Clear();
        int unread = segment.Scan((type, number, body, _) =>
        {
            if (_alive.TryGetValue(number, out SpooledRecording? recording) && IsNeeded(type, recording, body, out int count))
            {
                _moved.Add((type, recording, count, _kept.Add(type, number, body)));
            }
        });
        if (unread > 0)
        {
            return false;
        }

        _kept.Write(log, sync);
        foreach ((SpoolRecordType type, SpooledRecording recording, int count, SpoolLocation location) in _moved)
        {
            switch (type)
            {
                case SpoolRecordType.Begin when !recording.Begin.IsNone:
                    recording.SetBegin(location);
                    break;
                case SpoolRecordType.Checkpoint when count >= recording.Covered:
                    recording.SetCheckpoint(count, location);
                    break;
                case SpoolRecordType.End:
                    recording.SetEnd(location);
                    break;
                case SpoolRecordType.Recovery:
                    recording.SetRecovery(location);
                    break;
                default:
                    break;
            }
        }

        return true;
    }

    private static bool IsNeeded(SpoolRecordType type, SpooledRecording recording, ReadOnlySpan<byte> body, out int count)
    {
        count = 0;
        switch (type)
        {
            case SpoolRecordType.Begin:
                return !recording.Begin.IsNone;
            case SpoolRecordType.Leaf:
                return BinaryPrimitives.ReadInt32BigEndian(body) >= recording.Covered;
            case SpoolRecordType.Released:
                return BinaryPrimitives.ReadInt32BigEndian(body) == recording.Marked;
            case SpoolRecordType.Checkpoint:
                return SpoolScan.TryReadCheckpoint(body, out _, out Statement? checkpoint, out _) && (count = checkpoint.ChunkCount) >= recording.Covered;
            default:
                return type is SpoolRecordType.End or SpoolRecordType.Recovery;
        }
    }
}
