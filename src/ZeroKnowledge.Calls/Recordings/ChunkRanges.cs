namespace ZeroKnowledge.Calls;

/// <summary>Sets of chunks as ranges that ascend and do not touch.</summary>
internal static class ChunkRanges
{
    /// <summary>The chunks below nodes that ascend.</summary>
    public static List<ChunkRange> Of(IEnumerable<KeyNode> nodes) => Union(nodes.Select(node => new ChunkRange(node.First, node.End)));

    /// <summary>The chunks of ranges in any order, which may overlap.</summary>
    public static List<ChunkRange> Union(IEnumerable<ChunkRange> ranges)
    {
        List<ChunkRange> union = [];
        foreach (ChunkRange range in ranges.OrderBy(range => range.First))
        {
            if (union.Count > 0 && range.First <= union[^1].End)
            {
                union[^1] = union[^1] with { End = Math.Max(union[^1].End, range.End) };
            }
            else
            {
                union.Add(range);
            }
        }

        return union;
    }

    /// <summary>The chunks of <paramref name="from"/> that are not in <paramref name="taken"/>; both ascend and do not touch.</summary>
    public static List<ChunkRange> Subtract(IReadOnlyList<ChunkRange> from, IReadOnlyList<ChunkRange> taken)
    {
        List<ChunkRange> rest = [];
        int next = 0;
        foreach (ChunkRange range in from)
        {
            int first = range.First;
            while (next < taken.Count && taken[next].End <= first)
            {
                next++;
            }

            for (int i = next; i < taken.Count && taken[i].First < range.End; i++)
            {
                if (taken[i].First > first)
                {
                    rest.Add(new ChunkRange(first, taken[i].First));
                }

                first = taken[i].End;
            }

            if (first < range.End)
            {
                rest.Add(range with { First = first });
            }
        }

        return rest;
    }
}
