using System.Buffers.Binary;

namespace ZeroKnowledge.Calls;

/// <summary>The name of a node of the key tree: it covers 4^(12 - level) chunks.</summary>
internal readonly record struct KeyNode(int Level, int Index)
{
    public const int Depth = Format.TreeDepth;

    /// <summary>level u8 ‖ index u32: how a node is named before its key.</summary>
    public const int NameSize = 1 + 4;

    /// <summary>Name and key.</summary>
    public const int Size = NameSize + Format.KeySize;

    public int First => Index << Shift(Level);

    public int End => First + (1 << Shift(Level));

    public bool IsValid => Level is >= 0 and <= Depth && Index >= 0 && Index < 1 << (2 * Level);

    private static int Shift(int level) => 2 * (Depth - level);

    public bool Covers(int chunk) => chunk >= First && chunk < End;

    /// <summary>The ancestor-or-self of leaf <paramref name="chunk"/> on <paramref name="level"/>.</summary>
    public static KeyNode On(int level, int chunk) => new(level, chunk >> Shift(level));

    /// <summary>Writes the name, 5 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)Level;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], Index);
    }

    /// <summary>Reads nodes with their keys, 37 bytes each; nothing of them is checked, see <see cref="IsMinimal"/>.</summary>
    /// <param name="bytes">A multiple of 37 bytes.</param>
    /// <param name="keys">32 bytes for each node, which the caller wipes.</param>
    public static KeyNode[] ReadAll(ReadOnlySpan<byte> bytes, out byte[] keys)
    {
        KeyNode[] nodes = new KeyNode[bytes.Length / Size];
        keys = new byte[nodes.Length * Format.KeySize];
        for (int i = 0; i < nodes.Length; i++)
        {
            ReadOnlySpan<byte> node = bytes.Slice(i * Size, Size);
            nodes[i] = new KeyNode(node[0], BinaryPrimitives.ReadInt32BigEndian(node[1..]));
            node[NameSize..].CopyTo(keys.AsSpan(i * Format.KeySize));
        }

        return nodes;
    }

    /// <summary>The smallest set of nodes that covers exactly [first, end), in ascending order.</summary>
    public static List<KeyNode> Cover(int first, int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, Format.MaxChunks);
        List<KeyNode> nodes = [];
        while (first < end)
        {
            int level = Depth;
            while (level > 0 && On(level - 1, first) is var parent && parent.First == first && parent.End <= end)
            {
                level--;
            }

            nodes.Add(On(level, first));
            first = nodes[^1].End;
        }

        return nodes;
    }

    /// <summary>Strictly ascending, disjoint, and no four siblings: the one way to write a set of chunks.</summary>
    public static bool IsMinimal(ReadOnlySpan<KeyNode> nodes)
    {
        int siblings = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (!nodes[i].IsValid || (i > 0 && nodes[i].First < nodes[i - 1].End))
            {
                return false;
            }

            bool follows = i > 0 && nodes[i].Level == nodes[i - 1].Level && nodes[i].Index == nodes[i - 1].Index + 1 && (nodes[i].Index & 3) != 0;
            siblings = follows ? siblings + 1 : 1;
            if (siblings == 4)
            {
                return false;
            }
        }

        return true;
    }
}
