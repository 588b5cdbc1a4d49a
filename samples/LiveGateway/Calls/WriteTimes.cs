using System.Diagnostics;
using System.Numerics;

namespace LiveGateway.Calls;

/// <summary>How long writes took: the worst one, and a histogram of powers of two. Used by one thread at a time.</summary>
internal sealed class WriteTimes
{
    private readonly long[] _buckets = new long[64];
    private long _worst;

    public double WorstMicroseconds => Microseconds(_worst);

    /// <summary>Half of the writes took no longer than this, rounded up to a power of two of the clock's ticks.</summary>
    public double MedianMicroseconds
    {
        get
        {
            long half = (_buckets.Sum() + 1) / 2, seen = 0;
            for (int i = 0; i < _buckets.Length; i++)
            {
                seen += _buckets[i];
                if (seen >= half)
                {
                    return Microseconds(Math.Min(1L << i, _worst));
                }
            }

            return 0;
        }
    }

    public static WriteTimes Sum(IEnumerable<WriteTimes> all)
    {
        WriteTimes sum = new();
        foreach (WriteTimes one in all)
        {
            sum._worst = Math.Max(sum._worst, one._worst);
            for (int i = 0; i < one._buckets.Length; i++)
            {
                sum._buckets[i] += one._buckets[i];
            }
        }

        return sum;
    }

    public void Add(long ticks)
    {
        _worst = Math.Max(_worst, ticks);
        _buckets[BitOperations.Log2((ulong)ticks) + 1]++;
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
