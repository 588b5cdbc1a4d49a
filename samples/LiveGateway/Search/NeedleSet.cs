using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LiveGateway.Search;

/// <summary>
/// Many byte strings, all searched for in one pass over the data, at every offset. The first 8 bytes of each are looked up in a bitmap, then in a table,
/// and then the whole string is compared.
/// </summary>
internal sealed class NeedleSet
{
    public const int MinLength = 8;

    private const int MinBitmapBits = 16;
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly Dictionary<ulong, int> _firstByPrefix = [];
    private readonly List<Needle> _needles = [];
    private ulong[] _bitmap = [];
    private int _shift;

    public int Count => _needles.Count;

    public int Longest { get; private set; }

    /// <summary>How many there are of a kind.</summary>
    public int CountOf(NeedleKind kind) => _needles.Count(needle => needle.Kind == kind);

    /// <summary>Adds a string; the same bytes again are passed over.</summary>
    /// <param name="bytes">At least 8.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="what">What is told of a hit; never the bytes.</param>
    public void Add(ReadOnlySpan<byte> bytes, NeedleKind kind, string what)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinLength);
        ref int first = ref CollectionsMarshal.GetValueRefOrAddDefault(_firstByPrefix, Prefix(bytes), out bool exists);
        int next = exists ? first : -1;
        for (int i = next; i >= 0; i = _needles[i].Next)
        {
            if (bytes.SequenceEqual(_needles[i].Bytes))
            {
                return;
            }
        }

        first = _needles.Count;
        _needles.Add(new Needle(bytes.ToArray(), kind, what, next));
        Longest = Math.Max(Longest, bytes.Length);
        _bitmap = [];
    }

    /// <summary>Finds every needle that begins in the first <paramref name="starts"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Search(ReadOnlySpan<byte> data, int starts, Action<int, NeedleKind, string> found)
    {
        if (_bitmap.Length == 0)
        {
            FillBitmap();
        }

        ulong[] bitmap = _bitmap;
        int shift = _shift;
        int end = Math.Min(starts, data.Length - MinLength + 1);
        for (int i = 0; i < end; i++)
        {
            ulong prefix = BinaryPrimitives.ReadUInt64LittleEndian(data[i..]);
            ulong bit = unchecked(prefix * Spread) >> shift;
            if ((bitmap[bit >> 6] >> (int)(bit & 63) & 1) != 0 && _firstByPrefix.TryGetValue(prefix, out int needle))
            {
                Compare(data[i..], i, needle, found);
            }
        }
    }

    private static ulong Prefix(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private void Compare(ReadOnlySpan<byte> data, int offset, int needle, Action<int, NeedleKind, string> found)
    {
        for (; needle >= 0; needle = _needles[needle].Next)
        {
            if (data.StartsWith(_needles[needle].Bytes))
            {
                found(offset, _needles[needle].Kind, _needles[needle].What);
            }
        }
    }

    // 64 bits for a needle: one look in 64 goes on to the table.
    private void FillBitmap()
    {
        int bits = Math.Max(MinBitmapBits, System.Numerics.BitOperations.Log2((uint)_needles.Count + 1) + 7);
        _shift = 64 - bits;
        _bitmap = new ulong[1L << (bits - 6)];
        foreach (ulong prefix in _firstByPrefix.Keys)
        {
            ulong bit = unchecked(prefix * Spread) >> _shift;
            _bitmap[bit >> 6] |= 1UL << (int)(bit & 63);
        }
    }

    private readonly record struct Needle(byte[] Bytes, NeedleKind Kind, string What, int Next);
}
