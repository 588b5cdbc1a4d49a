using LiveGateway.Calls;
using LiveGateway.Format;

namespace LiveGateway.Search;

/// <summary>What the archive holds of the calls, as its files say.</summary>
internal sealed class Holdings
{
    private const int HexRow = 16;
    private const int HexRows = 4;

    // Enough to show that stored bytes are found where they lie.
    private const int MaxLookedFor = 2_000;

    private readonly Entropy _stored = new();
    private readonly Entropy _spoken = new();
    private readonly HashSet<int> _sizes = [];

    /// <param name="calls">The calls.</param>
    /// <param name="parts">The stored recording of a call.</param>
    public Holdings(IReadOnlyList<LiveCall> calls, Func<LiveCall, StoredParts> parts)
    {
        foreach (LiveCall call in calls)
        {
            StoredParts stored = parts(call);
            Chunks += stored.Chunks.Count;
            foreach (byte[] chunk in stored.Chunks)
            {
                Bytes += chunk.Length;
                _sizes.Add(chunk.Length);
                _stored.Add(chunk);
            }

            foreach ((int _, SentFrame frame) in call.Sent())
            {
                _spoken.Add(frame.Payload.Span);
            }

            if (Ciphertext.Count < MaxLookedFor)
            {
                SearchFor.AddCiphertext(Ciphertext, call.Name, stored.Chunks);
                LookedFor += stored.Chunks.Count;
            }

            if (Hex.Count == 0 && stored.Chunks.Count > 0)
            {
                Hex = [.. stored.Chunks[0].Chunk(HexRow).Take(HexRows).Select(Row)];
            }
        }
    }

    public long Chunks { get; }

    public long Bytes { get; }

    public IReadOnlyCollection<int> Sizes => _sizes;

    /// <summary>Of the stored chunks.</summary>
    public double StoredEntropy => _stored.BitsPerByte;

    /// <summary>Of the audio that went in.</summary>
    public double SpokenEntropy => _spoken.BitsPerByte;

    /// <summary>The first bytes of the first chunk, for people.</summary>
    public IReadOnlyList<string> Hex { get; } = [];

    /// <summary>Pieces of stored chunks, to be found in the archive's files.</summary>
    public NeedleSet Ciphertext { get; } = new();

    /// <summary>Chunks that <see cref="Ciphertext"/> has pieces of.</summary>
    public int LookedFor { get; }

    private static string Row(byte[] bytes, int number) =>
        $"{number * HexRow:x8}  {string.Join(' ', bytes.Select(value => value.ToString("x2")))}  "
        + string.Concat(bytes.Select(value => value is >= 0x20 and < 0x7f ? (char)value : '.'));
}
