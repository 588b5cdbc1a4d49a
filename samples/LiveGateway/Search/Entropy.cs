namespace LiveGateway.Search;

/// <summary>Shannon's entropy of bytes, in bits per byte: 8 for noise.</summary>
internal sealed class Entropy
{
    private readonly long[] _counts = new long[256];

    public double BitsPerByte
    {
        get
        {
            double total = Math.Max(1, _counts.Sum()), bits = 0;
            foreach (long count in _counts)
            {
                double share = count / total;
                bits -= count == 0 ? 0 : share * Math.Log2(share);
            }

            return bits;
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            _counts[value]++;
        }
    }
}
