using System.Text;
using LiveGateway.Calls;
using LiveGateway.Format;
using LiveGateway.Storage;

namespace LiveGateway.Search;

/// <summary>The positive controls: what is planted must be found by the same search, or its silence means nothing.</summary>
internal static class Controls
{
    // Not a multiple of anything: nothing in the search may depend on alignment.
    private const int Margin = 1_237;
    private const int Cut = 3;
    private const int MostLookedAt = 1_000;

    // Bytes before what was planted may go on as the audio does, by chance.
    private const int Slack = 8;

    /// <summary>Plants a frame (but for its first bytes), a name and a key in a copy of a file, and counts how many of them the search finds.</summary>
    public static int Count(NeedleSet needles, AudioIndex audio, string original, string copy, LiveCall call, Customer customer)
    {
        byte[] frame = call.Sent().Take(MostLookedAt).MaxBy(sent => AudioIndex.Distinct(sent.Frame.Payload.Span)).Frame.Payload.ToArray()[Cut..];
        byte[] name = Encoding.UTF8.GetBytes(call.Metadata.Parties[0].Name);
        byte[] key = Bech32.Decode(customer.Active.ExportSecret());

        byte[] file = File.ReadAllBytes(original);
        byte[][] planted = [frame, name, key];
        NeedleKind[] kinds = [NeedleKind.Audio, NeedleKind.Text, NeedleKind.Key];
        long[] offsets = new long[planted.Length];
        using (FileStream stream = new(copy, FileMode.CreateNew, FileAccess.Write))
        {
            int rest = 0;
            for (int i = 0; i < planted.Length; i++)
            {
                int next = Math.Min(rest + Margin, file.Length);
                stream.Write(file.AsSpan(rest..next));
                offsets[i] = stream.Position;
                stream.Write(planted[i]);
                rest = next;
            }

            stream.Write(file.AsSpan(rest));
        }

        FileSearch search = new(needles, audio);
        search.AddFile(copy);
        return Enumerable.Range(0, planted.Length).Count(i => search.Hits.Any(hit => hit.Kind == kinds[i] && hit.Offset <= offsets[i] && hit.Offset > offsets[i] - Slack));
    }
}
