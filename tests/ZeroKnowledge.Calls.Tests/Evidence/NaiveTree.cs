using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>RFC 9162, section 2.1.1, as it is written there: what the library's trees are compared with.</summary>
internal static class NaiveTree
{
    public static byte[] Root(ReadOnlySpan<byte> leafHashes)
    {
        int count = leafHashes.Length / 32;
        if (count == 0)
        {
            return SHA256.HashData([]);
        }

        if (count == 1)
        {
            return leafHashes.ToArray();
        }

        int k = 1;
        while (k * 2 < count)
        {
            k *= 2;
        }

        return SHA256.HashData([1, .. Root(leafHashes[..(k * 32)]), .. Root(leafHashes[(k * 32)..])]);
    }
}
