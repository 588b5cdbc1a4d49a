using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LiveGateway.Search;

/// <summary>
/// Many byte strings, all searched for in one pass over the data, at every offset. The first 8 bytes of each are looked up, and then the whole
/// string is compared.
/// </summary>
internal sealed class NeedleSet
{
    public const int MinLength = PrefixFilter.Size;

    private readonly Dictionary<ulong, int> _firstByPrefix = [];
    private readonly List<Needle> _needles = [];
    private PrefixFilter? _filter;

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
        ref int first = ref CollectionsMarshal.GetValueRefOrAddDefault(_firstByPrefix, PrefixFilter.Read(bytes), out bool exists);
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
        _filter = null;
    }

    /// <summary>Finds every needle that begins at <paramref name="from"/> or later, and before <paramref name="end"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Search(ReadOnlySpan<byte> data, int from, int end, Action<int, NeedleKind, string> found)
    {
        PrefixFilter filter = _filter ??= new PrefixFilter(_firstByPrefix.Keys);
        end = Math.Min(end, data.Length - MinLength + 1);
        for (int i = from; i < end; i++)
        {
            ulong prefix = PrefixFilter.Read(data[i..]);
            if (filter.MayHave(prefix) && _firstByPrefix.TryGetValue(prefix, out int needle))
            {
                Compare(data[i..], i, needle, found);
            }
        }
    }

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

    private readonly record struct Needle(byte[] Bytes, NeedleKind Kind, string What, int Next);
}
