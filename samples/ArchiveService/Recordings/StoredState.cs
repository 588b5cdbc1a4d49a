using Google.Protobuf;
using ZeroKnowledge.Calls;

namespace ArchiveService.Recordings;

/// <summary>
/// Where a recording stands, as the committer sees it: what is durable, and what the running commit adds. About 2 KB, whatever the recording's length.
/// Only the committer's thread touches it.
/// </summary>
internal sealed class StoredState
{
    private readonly List<byte[]> _pending = [];

    public StoredState(ulong number, SubjectId writer, RecordingHeader header, byte[] openingHash, Statement newestLive, MerklePeaks livePeaks)
    {
        Number = number;
        Writer = writer;
        Header = header;
        OpeningHash = openingHash;
        NewestLive = newestLive;
        LivePeaks = livePeaks.ToArray();
        Peaks = livePeaks;
        PendingFrom = livePeaks.Count;
    }

    /// <summary>Under which its records are kept.</summary>
    public ulong Number { get; }

    /// <summary>Who began it, and alone may append to it.</summary>
    public SubjectId Writer { get; }

    public RecordingHeader Header { get; }

    public byte[] OpeningHash { get; }

    /// <summary>The tree over all chunks, provisional ones included.</summary>
    public MerklePeaks Peaks { get; private set; }

    /// <summary>Number of chunks, provisional ones included.</summary>
    public int Count => Peaks.Count;

    /// <summary>The live statement of the highest count; the seal, if there is one.</summary>
    public Statement NewestLive { get; private set; }

    /// <summary>The tree's peaks at <see cref="LiveCount"/>: a replacement goes on from there.</summary>
    public byte[] LivePeaks { get; private set; }

    /// <summary>Chunks from here on are provisional.</summary>
    public int LiveCount => NewestLive.ChunkCount;

    public bool IsSealed { get; set; }

    public bool IsForked => Conflict is not null;

    /// <summary>The live statement that conflicts with <see cref="NewestLive"/>: two writer lives. Null if there is none.</summary>
    public Statement? Conflict { get; set; }

    /// <summary>Number of different recoveries that were stored.</summary>
    public int Recoveries { get; set; }

    /// <summary>The recovery, while there is only one and the chunks it attests are those that are stored.</summary>
    public Statement? Recovery { get; set; }

    /// <summary>The newest receipt, once sealed or recovered.</summary>
    public ByteString Receipt { get; set; } = ByteString.Empty;

    /// <summary>Bytes of the opening record and the chunks: what counts against the tenant's limit.</summary>
    public long Bytes => Header.StoredOpeningSize + ((long)Count * Header.StoredChunkSize);

    /// <summary>The row in the engine is older than this.</summary>
    public bool IsChanged { get; set; }

    /// <summary>The newest statement by the rules of docs/FORMAT.md, section 8.</summary>
    public Statement Newest => !IsSealed && Recovery is { } recovery && recovery.ChunkCount >= LiveCount ? recovery : NewestLive;

    /// <summary>Leaves from this index on are those of the running commit; the engine has those before.</summary>
    public int PendingFrom { get; private set; }

    /// <summary>Leaves of the running commit, from <see cref="PendingFrom"/> on.</summary>
    public IReadOnlyList<byte[]> Pending => _pending;

    public void Append(byte[] leaf)
    {
        Peaks.Append(leaf);
        _pending.Add(leaf);
    }

    /// <summary>Replaces the leaves from <paramref name="from"/> on; <paramref name="peaks"/> is the tree that results.</summary>
    public void Replace(int from, IEnumerable<byte[]> leaves, MerklePeaks peaks)
    {
        if (from <= PendingFrom)
        {
            PendingFrom = from;
            _pending.Clear();
        }
        else
        {
            _pending.RemoveRange(from - PendingFrom, _pending.Count - (from - PendingFrom));
        }

        _pending.AddRange(leaves);
        Peaks = peaks;
    }

    public void Sign(Statement live, MerklePeaks peaks)
    {
        NewestLive = live;
        LivePeaks = peaks.ToArray();
        IsChanged = true;
    }

    /// <summary>The running commit is durable.</summary>
    public void Committed()
    {
        _pending.Clear();
        PendingFrom = Count;
        IsChanged = false;
    }
}
