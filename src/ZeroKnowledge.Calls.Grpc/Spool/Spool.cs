using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The gateway's queue of ciphertext on disk (docs/SPOOL.md): everything is here before it is sent, and stays until the archives have it. One thread writes
/// what all calls bring, many records at once. Thread-safe.
/// </summary>
internal sealed class Spool : IDisposable
{
    // What waits for the disk is in memory.
    private const long MaxInFlight = 256L << 20;

    private readonly SpoolFolder _folder;
    private readonly SpoolWriter _writer;
    private readonly ISpoolSink _sink;
    private readonly long _capacity;
    private readonly int _archives;
    private long _reserved;
    private long _live;
    private long _lastNumber;
    private int _refused;

    /// <param name="folder">Made if it is not there. Belongs to one recorder at a time.</param>
    /// <param name="capacity">The bound of the files' bytes.</param>
    /// <param name="durability">What written means.</param>
    /// <param name="archives">How many archives get everything.</param>
    /// <param name="events">Is told what was written, and what goes wrong.</param>
    /// <param name="sink">Takes everything in the place of the files: to measure without a disk.</param>
    /// <exception cref="IOException">The folder cannot be used, or another recorder uses it.</exception>
    public Spool(string folder, long capacity, Durability durability, int archives, ISpoolEvents events, ISpoolSink? sink = null)
    {
        _capacity = capacity;
        _archives = archives;
        _folder = new SpoolFolder(folder);
        try
        {
            _writer = new SpoolWriter(_folder.Path, capacity, durability == Durability.Power, this, events);
            Found = SpoolScan.Run(_writer.Chunks, _writer.Journal, archives, events);
        }
        catch
        {
            _writer?.Dispose();
            _folder.Dispose();
            throw;
        }

        _sink = sink ?? _writer;
        _lastNumber = Found.LastNumber;
        _live = Found.Recordings.Sum(found => found.LiveBytes);
        Envelopes = new EnvelopeFiles(_folder.Path);
        _writer.Adopt(Found.Recordings.Select(found => found.Recording));
    }

    /// <summary>What an earlier life left.</summary>
    public SpoolFindings Found { get; }

    public EnvelopeFiles Envelopes { get; }

    /// <summary>Bytes of chunks that some archive lacks.</summary>
    public long Bytes => Interlocked.Read(ref _live) + Interlocked.Read(ref _reserved);

    /// <summary>Something is on its way into the files.</summary>
    public bool IsBusy => _writer.IsBusy;

    /// <summary>Bytes of chunks in the files that some archive lacks.</summary>
    public long LiveBytes => Interlocked.Read(ref _live);

    /// <summary>Bytes of the files.</summary>
    public long DiskBytes => _writer.Bytes;

    /// <summary>The last chunk that asked found no room.</summary>
    public bool IsFull => Volatile.Read(ref _refused) != 0;

    /// <summary>Why nothing can be written at present, or null.</summary>
    public string? Fault => _writer.Fault;

    /// <summary>The files, for a sink that only looks at what passes.</summary>
    public ISpoolSink Files => _writer;

    /// <summary>Tells calls of one id apart from others: HMAC-SHA-256 under a key of this folder.</summary>
    public byte[] MarkOf(string callId) => HMACSHA256.HashData(_folder.IndexKey, Encoding.UTF8.GetBytes(callId));

    public void Start() => _writer.Start();

    /// <summary>Takes room for a chunk. What ends a recording is let in above the bound, so that ended calls do not wait in memory.</summary>
    public bool TryReserve(int bytes, bool ending = false)
    {
        int size = SizeOf(bytes);
        long reserved = Interlocked.Add(ref _reserved, size);
        bool fits = reserved <= MaxInFlight && (ending || reserved + DiskBytes <= _capacity) && _writer.Fault is null;
        Volatile.Write(ref _refused, fits ? 0 : 1);
        if (!fits)
        {
            Interlocked.Add(ref _reserved, -size);
            _writer.MakeRoom();
        }

        return fits;
    }

    /// <summary>Room that was taken is not used.</summary>
    public void Unreserve(int bytes) => Interlocked.Add(ref _reserved, -SizeOf(bytes));

    /// <summary>Completes when everything that was handed over before is written.</summary>
    public Task WhenWritten()
    {
        TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _sink.Add(new SpoolItem(SpoolRecordType.None, null, null, null, written));
        return written.Task;
    }

    /// <summary>A recording that is set up. Nothing of it is sent before its first chunk.</summary>
    public SpooledRecording Begin(RecordingLife? life, RecordingStart start, string callId)
    {
        SpooledRecording recording = new(Interlocked.Increment(ref _lastNumber), start.Header, MarkOf(callId), life, _archives);
        recording.NoteSigned(start.Checkpoint.ToArray());
        byte[] body = [.. recording.Mark, .. start.Header.ToArray(), .. start.Checkpoint.ToArray(), .. start.OpeningRecord];
        _sink.Add(new SpoolItem(SpoolRecordType.Begin, recording, null, body));
        return recording;
    }

    /// <summary>Takes over a chunk for which room was reserved.</summary>
    public void Append(SpooledRecording recording, ChunkBuffer chunk) => _sink.Add(new SpoolItem(SpoolRecordType.Chunk, recording, chunk, null));

    public void End(SpooledRecording recording, byte[] closingRecord, byte[] seal) =>
        _sink.Add(new SpoolItem(SpoolRecordType.End, recording, null, [.. seal, .. closingRecord]));

    public void Recover(SpooledRecording recording, Statement recovery) =>
        _sink.Add(new SpoolItem(SpoolRecordType.Recovery, recording, null, recovery.ToArray()));

    /// <summary>Nothing of it is needed any more.</summary>
    public void Done(SpooledRecording recording) => _sink.Add(new SpoolItem(SpoolRecordType.Done, recording, null, []));

    /// <summary>An archive has more of it, or is through with it.</summary>
    /// <returns>True if every archive is through.</returns>
    public bool Release(SpooledRecording recording)
    {
        (long freed, bool isOver) = recording.Release();
        if (freed > 0)
        {
            Interlocked.Add(ref _live, -freed);
            _writer.Freed();
        }

        return isOver;
    }

    /// <summary>Writes what is waiting, and ends. What a full disk does not take by then is lost.</summary>
    /// <returns>How many records were lost.</returns>
    public int Stop() => _writer.Stop();

    public void Dispose()
    {
        _writer.Dispose();
        _folder.Dispose();
    }

    /// <summary>From the spool's thread: chunks are in the files.</summary>
    public void Written(long chunkBytes, int chunks)
    {
        Interlocked.Add(ref _live, chunkBytes);
        Interlocked.Add(ref _reserved, -(chunkBytes + (chunks * (long)SpoolJournal.LeafSize)));
    }

    private static int SizeOf(int stored) => SpoolRecord.HeadSize + 4 + stored + SpoolJournal.LeafSize;
}
