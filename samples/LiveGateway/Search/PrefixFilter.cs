using System.Buffers.Binary;

namespace LiveGateway.Search;

/// <summary>Says quickly of nearly every position in the data that nothing that is searched for begins with the 8 bytes there.</summary>
internal sealed class PrefixFilter
{
    public const int Size = 8;

    private const int MinBits = 16;
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly ulong[] _bitmap;
    private readonly int _shift;

    public PrefixFilter(IReadOnlyCollection<ulong> prefixes)
    {
        // 64 bits and more for each: of other positions one in 64 is looked at twice.
        int bits = Math.Max(MinBits, System.Numerics.BitOperations.Log2((uint)prefixes.Count + 1) + 7);
        _shift = 64 - bits;
        _bitmap = new ulong[1L << (bits - 6)];
        foreach (ulong prefix in prefixes)
        {
            ulong bit = Bit(prefix);
            _bitmap[bit >> 6] |= 1UL << (int)(bit & 63);
        }
    }

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    public bool MayHave(ulong prefix)
    {
        ulong bit = Bit(prefix);
        return (_bitmap[bit >> 6] >> (int)(bit & 63) & 1) != 0;
    }

    private ulong Bit(ulong prefix) => unchecked(prefix * Spread) >> _shift;
}
