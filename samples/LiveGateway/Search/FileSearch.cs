namespace LiveGateway.Search;

/// <summary>A needle that was found.</summary>
internal sealed record Hit(string File, long Offset, NeedleKind Kind, string What);

/// <summary>Searches files, from their first byte to their last.</summary>
internal sealed class FileSearch(NeedleSet needles)
{
    private const int BlockSize = 4 << 20;
    private const int MaxHits = 100_000;

    private readonly List<Hit> _hits = [];

    public IReadOnlyList<Hit> Hits => _hits;

    public int Files { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Hits of a kind, as different needles.</summary>
    public int Found(NeedleKind kind) => _hits.Where(hit => hit.Kind == kind).Select(hit => hit.What).Distinct().Count();

    public void AddFolder(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            AddFile(file);
        }
    }

    public void AddFile(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        int overlap = Math.Max(needles.Longest - 1, 0);
        byte[] block = new byte[(int)Math.Min(BlockSize, file.Length) + overlap];
        long position = 0;
        int kept = 0;
        while (true)
        {
            int read = file.ReadAtLeast(block.AsSpan(kept), block.Length - kept, throwOnEndOfStream: false);
            int length = kept + read;
            bool isLast = length < block.Length;

            // A needle that begins in the overlap is found with the next block, which it may reach into.
            int starts = isLast ? length : length - overlap;
            long from = position;
            needles.Search(block.AsSpan(0, length), starts, (offset, kind, what) => Found(path, from + offset, kind, what));
            Bytes += read;
            if (isLast)
            {
                break;
            }

            position += starts;
            kept = overlap;
            block.AsSpan(starts, overlap).CopyTo(block);
        }

        Files++;
    }

    private void Found(string path, long offset, NeedleKind kind, string what)
    {
        if (_hits.Count < MaxHits)
        {
            _hits.Add(new Hit(path, offset, kind, what));
        }
    }
}
