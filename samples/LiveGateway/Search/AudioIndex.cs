using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LiveGateway.Search;

/// <summary>
/// Finds every piece of 32 bytes of the audio, wherever in the audio and in the data it begins. Each such piece has in it 8 bytes that begin at a
/// multiple of 8 of the audio: these are looked up, and the match is followed to both sides.
/// </summary>
internal sealed class AudioIndex
{
    public const int PieceSize = 32;

    private const int Step = PrefixFilter.Size;

    // Digital silence, and tones that hardly change, say nothing, and stand in many files.
    private const int MinDistinct = 8;
    private const int MinDistinctInStep = 3;

    private readonly List<(string Name, ReadOnlyMemory<byte> Bytes)> _voices = [];
    private readonly Dictionary<ulong, int> _first = [];
    private readonly List<(int Voice, int Offset, int Next)> _steps = [];
    private PrefixFilter? _filter;

    /// <summary>Bytes of audio that are searched for; silence is not counted.</summary>
    public long Bytes => (long)_steps.Count * Step;

    /// <summary>Adds a voice.</summary>
    /// <param name="name">What is told of a hit.</param>
    /// <param name="bytes">All of it, as it stands in frames.</param>
    /// <returns>Names the voice to <see cref="AddRange"/>.</returns>
    public int AddVoice(string name, ReadOnlyMemory<byte> bytes)
    {
        _voices.Add((name, bytes));
        return _voices.Count - 1;
    }

    /// <summary>A part of a voice went into a call. Each part is given once.</summary>
    public void AddRange(int voice, int first, int end)
    {
        ReadOnlySpan<byte> bytes = _voices[voice].Bytes.Span;
        for (int at = first; at + Step <= end; at += Step)
        {
            if (Distinct(bytes.Slice(at, Step)) >= MinDistinctInStep)
            {
                ref int known = ref CollectionsMarshal.GetValueRefOrAddDefault(_first, PrefixFilter.Read(bytes[at..]), out bool exists);
                _steps.Add((voice, at, exists ? known : -1));
                known = _steps.Count - 1;
            }
        }

        _filter = null;
    }

    /// <summary>Finds the pieces with a step that begins at <paramref name="from"/> or later, and before <paramref name="end"/>. What lies around is looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Search(ReadOnlySpan<byte> data, int from, int end, Action<int, string> found)
    {
        PrefixFilter filter = _filter ??= new PrefixFilter(_first.Keys);
        end = Math.Min(end, data.Length - Step + 1);
        int told = from;
        for (int i = from; i < end; i++)
        {
            ulong prefix = PrefixFilter.Read(data[i..]);
            if (i >= told && filter.MayHave(prefix) && _first.TryGetValue(prefix, out int step))
            {
                // One hit for one match, however many steps are in it.
                told = Math.Max(told, Follow(data, i, step, found));
            }
        }
    }

    public static int Distinct(ReadOnlySpan<byte> bytes)
    {
        UInt128 low = 0, high = 0;
        foreach (byte value in bytes)
        {
            if (value < 128)
            {
                low |= UInt128.One << value;
            }
            else
            {
                high |= UInt128.One << (value - 128);
            }
        }

        return (int)(UInt128.PopCount(low) + UInt128.PopCount(high));
    }

    private int Follow(ReadOnlySpan<byte> data, int at, int step, Action<int, string> found)
    {
        for (; step >= 0; step = _steps[step].Next)
        {
            (int voice, int offset, _) = _steps[step];
            ReadOnlySpan<byte> bytes = _voices[voice].Bytes.Span;
            int before = data[..at].CommonSuffixLength(bytes[..offset]);
            int length = before + data[at..].CommonPrefixLength(bytes[offset..]);
            if (length >= PieceSize && Distinct(data.Slice(at - before, length)) >= MinDistinct)
            {
                found(at - before, _voices[voice].Name);
                return at - before + length;
            }
        }

        return 0;
    }
}
