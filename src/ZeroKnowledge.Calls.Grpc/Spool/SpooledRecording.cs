using System.IO.Hashing;
using Google.Protobuf;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// What the spool has of one recording: where its records are, and how far each archive has them. The spool's thread adds, uploads read and release.
/// Every member takes the recording's own lock. Thread-safe.
/// </summary>
internal sealed class SpooledRecording
{
    // Places of chunks that are gone are kept until there are so many of them: then the list stays as small as it is.
    private const int MostDead = 8;

    /// <summary>Archives that have all of it. Changed atomically, as the next two.</summary>
    public int Receipts;

    /// <summary>Archives that will never have all of it.</summary>
    public int Refusals;

    /// <summary>1 when every archive is through with it.</summary>
    public int IsSettled;

    private readonly Lock _gate = new();
    private readonly List<SpoolLocation> _chunks = [];
    private readonly List<(int Count, SpoolLocation Location)> _checkpoints = [];
    private readonly ArchiveUpload[] _uploads;
    private SpoolLocation _begin;
    private SpoolLocation _end;
    private SpoolLocation _recovery;
    private int _listFrom;
    private int _first;
    // At one chunk a second, a call of three minutes has signed four statements.
    private readonly List<ulong> _signed = new(4);
    private int _covered;
    private int? _total;

    public SpooledRecording(long number, RecordingHeader header, ReadOnlySpan<byte> mark, RecordingLife? life, int archives)
    {
        Number = number;
        Header = header;
        Mark = mark.ToArray();
        Life = life;
        CoreIdBytes = ByteString.CopyFrom(header.CoreId.Span);
        _uploads = new ArchiveUpload[archives];
        for (int i = 0; i < archives; i++)
        {
            _uploads[i] = new ArchiveUpload(this);
        }
    }

    /// <summary>Its name in the spool's files.</summary>
    public long Number { get; }

    public RecordingHeader Header { get; }

    public CoreId CoreId => Header.CoreId;

    public ByteString CoreIdBytes { get; }

    /// <summary>Tells calls of one id apart from others, and says the id to nobody.</summary>
    public byte[] Mark { get; }

    /// <summary>Null if an earlier life of this process wrote it.</summary>
    public RecordingLife? Life { get; }

    public IReadOnlyList<ArchiveUpload> Uploads => _uploads;

    /// <summary>The oldest chunk that is still here.</summary>
    public int First
    {
        get
        {
            lock (_gate)
            {
                return _first;
            }
        }
    }

    /// <summary>Chunks that were ever written.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _listFrom + _chunks.Count;
            }
        }
    }

    /// <summary>Chunks that the seal or the recovery counts and that are not here although they should be: the file that had them is damaged.</summary>
    public bool IsDamaged
    {
        get
        {
            lock (_gate)
            {
                return _total is { } total && total > _listFrom + _chunks.Count;
            }
        }
    }

    /// <summary>The oldest chunk that is still here, as the journal says. Used by the spool's thread.</summary>
    public int Marked { get; set; }

    /// <summary>The count of the newest checkpoint that every archive has: leaf hashes from it on are kept.</summary>
    public int Covered
    {
        get
        {
            lock (_gate)
            {
                return _covered;
            }
        }
    }

    public SpoolLocation Begin
    {
        get
        {
            lock (_gate)
            {
                return _begin;
            }
        }
    }

    /// <summary>The seal with the closing record.</summary>
    public SpoolLocation End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    public SpoolLocation Recovery
    {
        get
        {
            lock (_gate)
            {
                return _recovery;
            }
        }
    }

    /// <summary>The bytes of the journal that are still needed, about.</summary>
    public long NeededJournal
    {
        get
        {
            lock (_gate)
            {
                return _begin.Size + _end.Size + _recovery.Size
                    + ((_listFrom + _chunks.Count - _covered) * (long)SpoolJournal.LeafSize)
                    + (_checkpoints.Count * (long)SpoolJournal.LargestCheckpoint);
            }
        }
    }

    /// <summary>Where a chunk is, or nothing if it is not yet there, or was given up.</summary>
    public SpoolLocation Chunk(int index)
    {
        lock (_gate)
        {
            return index >= _first && index - _listFrom < _chunks.Count ? _chunks[index - _listFrom] : default;
        }
    }

    /// <summary>The oldest checkpoint over more than so many chunks.</summary>
    public (int Count, SpoolLocation Location) CheckpointAfter(int count)
    {
        lock (_gate)
        {
            return _checkpoints.Find(checkpoint => checkpoint.Count > count);
        }
    }

    public (int Count, SpoolLocation Location) NewestCheckpoint
    {
        get
        {
            lock (_gate)
            {
                return _checkpoints.LastOrDefault();
            }
        }
    }

    /// <summary>This life of the recording has signed a live statement.</summary>
    public void NoteSigned(ReadOnlySpan<byte> statement)
    {
        lock (_gate)
        {
            _signed.Add(XxHash3.HashToUInt64(statement));
        }
    }

    public bool HasSigned(ReadOnlySpan<byte> statement)
    {
        lock (_gate)
        {
            return _signed.Contains(XxHash3.HashToUInt64(statement));
        }
    }

    public void SetBegin(SpoolLocation location) => Set(ref _begin, location);

    public void SetEnd(SpoolLocation location) => Set(ref _end, location);

    public void SetRecovery(SpoolLocation location) => Set(ref _recovery, location);

    public void AddChunk(SpoolLocation location)
    {
        lock (_gate)
        {
            _chunks.Add(location);
        }
    }

    /// <summary>A chunk was copied to another file.</summary>
    public void MoveChunk(int index, SpoolLocation from, SpoolLocation to)
    {
        lock (_gate)
        {
            int at = index - _listFrom;
            if (index >= _first && at < _chunks.Count && _chunks[at] == from)
            {
                _chunks[at] = to;
                Interlocked.Add(ref to.Segment.Live, to.Size);
                Interlocked.Add(ref from.Segment.Live, -from.Size);
            }
        }
    }

    /// <summary>From the recovery: the chunks that an earlier life left, of which the first ones are gone.</summary>
    public void StartAt(int first, int? total)
    {
        lock (_gate)
        {
            _listFrom = _first = Marked = first;
            _total = total;
        }
    }

    /// <summary>Adds a checkpoint, or says where one is now.</summary>
    public void SetCheckpoint(int count, SpoolLocation location)
    {
        lock (_gate)
        {
            int at = _checkpoints.FindIndex(checkpoint => checkpoint.Count >= count);
            if (at < 0)
            {
                _checkpoints.Add((count, location));
            }
            else if (_checkpoints[at].Count == count)
            {
                _checkpoints[at] = (count, location);
            }
            else
            {
                _checkpoints.Insert(at, (count, location));
            }
        }
    }

    /// <summary>Gives up what every archive has that still takes part.</summary>
    /// <returns>The bytes of chunks that were given up, and whether every archive is through with the recording.</returns>
    public (long Freed, bool IsOver) Release()
    {
        lock (_gate)
        {
            int chunks = int.MaxValue, covered = int.MaxValue;
            bool over = true;
            foreach (ArchiveUpload upload in _uploads)
            {
                if (!upload.IsOver)
                {
                    over = false;
                    chunks = Math.Min(chunks, upload.DurableChunks);
                    covered = Math.Min(covered, upload.DurableStatements);
                }
            }

            long freed = Free(chunks);
            // The newest of the durable ones stays: a recovery starts from its Merkle peaks.
            int durable = _checkpoints.FindLastIndex(checkpoint => checkpoint.Count <= covered);
            if (durable >= 0)
            {
                _covered = _checkpoints[durable].Count;
                _checkpoints.RemoveRange(0, durable);
                _begin = default;
            }

            return (freed, over);
        }
    }

    private long Free(int until)
    {
        long freed = 0;
        int end = Math.Min(until, _listFrom + _chunks.Count);
        for (; _first < end; _first++)
        {
            SpoolLocation location = _chunks[_first - _listFrom];
            Interlocked.Add(ref location.Segment.Live, -location.Size);
            freed += location.Size;
        }

        int dead = _first - _listFrom;
        if (dead > MostDead && dead > _chunks.Count / 2)
        {
            _chunks.RemoveRange(0, dead);
            _listFrom = _first;
        }

        return freed;
    }

    private void Set(ref SpoolLocation field, SpoolLocation location)
    {
        lock (_gate)
        {
            field = location;
        }
    }
}
