using ArchiveService.Storage;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Recordings;

/// <summary>The Merkle tree of a recording as its leaf hashes are stored.</summary>
internal static class StoredTree
{
    /// <summary>Number of stored chunks: leaf hashes have no gaps.</summary>
    public static int Count(Engine engine, ulong number, Snapshot? snapshot = null)
    {
        using Scan scan = engine.Scan(engine.Leaves, Key.Number(number), Key.Indexed(number, MerklePeaks.MaxCount), snapshot);
        return scan.Last() ? checked((int)Key.IndexOf(scan.Key) + 1) : 0;
    }

    /// <summary>Appends the stored leaves from <paramref name="peaks"/>' count up to <paramref name="end"/>.</summary>
    /// <exception cref="InvalidDataException">A leaf is missing.</exception>
    public static void Extend(Engine engine, ulong number, MerklePeaks peaks, int end) =>
        Append(engine, number, peaks, peaks.Count, end);

    /// <summary>Appends the stored leaves from <paramref name="first"/> up to <paramref name="end"/>.</summary>
    /// <exception cref="InvalidDataException">A leaf is missing.</exception>
    public static void Append(Engine engine, ulong number, MerklePeaks peaks, int first, int end, Snapshot? snapshot = null)
    {
        if (first >= end)
        {
            return;
        }

        int next = first;
        using Scan scan = engine.Scan(engine.Leaves, Key.Indexed(number, (uint)first), Key.Indexed(number, (uint)end), snapshot);
        while (scan.Next() && Key.IndexOf(scan.Key) == next)
        {
            peaks.Append(scan.Value);
            next++;
        }

        if (next != end)
        {
            throw new InvalidDataException($"The hash of chunk {next} is missing in the archive.");
        }
    }
}
