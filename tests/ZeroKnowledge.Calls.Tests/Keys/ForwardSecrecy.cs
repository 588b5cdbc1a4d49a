namespace ZeroKnowledge.Calls.Tests;

internal static class ForwardSecrecy
{
    /// <summary>
    /// Takes every 32 bytes that stand anywhere in a memory for a node of every level, expands it along the paths of the first chunks, and
    /// says whether one of the wanted keys comes out.
    /// </summary>
    public static bool AnyWindowLeadsTo(ReadOnlySpan<byte> memory, HashSet<string> wanted, int chunks)
    {
        for (int at = 0; at <= memory.Length - 32; at++)
        {
            ReadOnlySpan<byte> window = memory.Slice(at, 32);
            if (window.IndexOfAnyExcept((byte)0) < 0)
            {
                continue;
            }

            for (int level = 0; level <= Format.TreeDepth; level++)
            {
                if (LeadsTo(window, level, 0, wanted, chunks))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // Only children above one of the first chunks: index counts from the window's own first leaf.
    private static bool LeadsTo(ReadOnlySpan<byte> node, int level, int index, HashSet<string> wanted, int chunks)
    {
        if (level == Format.TreeDepth)
        {
            return wanted.Contains(Convert.ToHexString(node));
        }

        Span<byte> children = stackalloc byte[128];
        KeySchedule.Children(node, level, children);
        for (int digit = 0; digit < 4; digit++)
        {
            int child = (4 * index) + digit;
            if (child << (2 * (Format.TreeDepth - level - 1)) < chunks && LeadsTo(children.Slice(32 * digit, 32), level + 1, child, wanted, chunks))
            {
                return true;
            }
        }

        return false;
    }
}
