using System.Globalization;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The files of one kind in a spool folder: one is written, the others are kept as long as something in them is needed. Used by the spool's thread only,
/// except where a member says so.
/// </summary>
internal sealed class SpoolLog : IDisposable
{
    private readonly string _folder;
    private readonly string _kind;
    private readonly int _segmentSize;
    private readonly List<SpoolSegment> _closed = [];
    private SpoolSegment? _active;
    private long _last;
    private long _bytes;

    public SpoolLog(string folder, string kind, int segmentSize)
    {
        _folder = folder;
        _kind = kind;
        _segmentSize = segmentSize;
        foreach (string path in Directory.EnumerateFiles(folder, kind + "-*").Order(StringComparer.Ordinal))
        {
            if (long.TryParse(Path.GetFileName(path.AsSpan())[(kind.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                _closed.Add(SpoolSegment.Open(path, number));
                _last = Math.Max(_last, number);
            }
        }

        _bytes = _closed.Sum(segment => (long)segment.Length);
    }

    public int SegmentSize => _segmentSize;

    /// <summary>The files that are no longer written, from the oldest on.</summary>
    public IReadOnlyList<SpoolSegment> Closed => _closed;

    /// <summary>Bytes of all files. Thread-safe.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The file to write to now; a new one when the last one is full.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public SpoolSegment Active(bool sync)
    {
        if (_active is { } full && full.Length >= _segmentSize)
        {
            Roll();
        }

        if (_active is null)
        {
            SpoolSegment made = SpoolSegment.Create(_folder, _kind, ++_last);
            try
            {
                if (sync)
                {
                    FolderSync.Sync(_folder);
                }
            }
            catch
            {
                made.Delete();
                throw;
            }

            _active = made;
        }

        return _active;
    }

    /// <exception cref="IOException">Nothing of it counts as written.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> parts, int size, bool sync)
    {
        SpoolSegment segment = Active(sync);
        segment.Append(parts, size);
        Interlocked.Add(ref _bytes, size);
        if (!sync)
        {
            return;
        }

        try
        {
            segment.Sync();
        }
        catch
        {
            // What a sync that failed has left on the disk is not known: the next attempt is in a new file.
            Rewind(size);
            Roll();
            throw;
        }
    }

    /// <summary>Takes back what was appended last: it will be written again.</summary>
    public void Rewind(int size)
    {
        _active!.Rewind(size);
        Interlocked.Add(ref _bytes, -size);
    }

    /// <summary>Gives back what a write that failed has taken of a full disk.</summary>
    public void Trim()
    {
        try
        {
            _active?.Cut(0);
        }
        catch (IOException)
        {
            // The next write is at the same place anyway.
        }
    }

    /// <summary>The file that is written gets no more.</summary>
    public void Roll()
    {
        if (_active is { } active)
        {
            _closed.Add(active);
            _active = null;
        }
    }

    /// <summary>Rolls if everything in the file that is written is given up: under pressure its room is wanted.</summary>
    public void RollIfDead()
    {
        if (_active is { Length: > 0, Live: 0 })
        {
            Roll();
        }
    }

    /// <summary>The closed files in which no chunk is needed any more.</summary>
    public IReadOnlyList<SpoolSegment> Dead() => _closed.FindAll(segment => Volatile.Read(ref segment.Live) == 0);

    public void Delete(SpoolSegment segment)
    {
        _closed.Remove(segment);
        Interlocked.Add(ref _bytes, -segment.Length);
        segment.Delete();
    }

    public void Cut(SpoolSegment segment, int bytes)
    {
        segment.Cut(bytes);
        Interlocked.Add(ref _bytes, -bytes);
    }

    public void Dispose()
    {
        _closed.ForEach(segment => segment.Dispose());
        _active?.Dispose();
    }
}
