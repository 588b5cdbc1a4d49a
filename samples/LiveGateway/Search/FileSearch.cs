namespace LiveGateway.Search;

/// <summary>A needle that was found.</summary>
internal sealed record Hit(string File, long Offset, NeedleKind Kind, string What);

/// <summary>Searches files, from their first byte to their last.</summary>
internal sealed class FileSearch(NeedleSet needles, AudioIndex? audio = null)
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

        // What begins in a block may reach into the next one, and a match is followed backwards too: so each block keeps as much of the one before.
        int margin = Math.Max(needles.Longest, AudioIndex.PieceSize);
        byte[] block = new byte[(int)Math.Min(BlockSize, file.Length) + (2 * margin)];
        long position = 0;
        int kept = 0, from = 0;
        while (true)
        {
            int read = file.ReadAtLeast(block.AsSpan(kept), block.Length - kept, throwOnEndOfStream: false);
            Bytes += read;
            int length = kept + read;
            bool isLast = length < block.Length;
            int end = isLast ? length : length - margin;
            long start = position;
            needles.Search(block.AsSpan(0, length), from, end, (offset, kind, what) => Found(path, start + offset, kind, what));
            audio?.Search(block.AsSpan(0, length), from, end, (offset, what) => Found(path, start + offset, NeedleKind.Audio, what));
            if (isLast)
            {
                break;
            }

            block.AsSpan(end - margin).CopyTo(block);
            position += end - margin;
            (kept, from) = (2 * margin, margin);
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
