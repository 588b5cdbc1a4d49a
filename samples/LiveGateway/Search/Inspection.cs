using LiveGateway.Calls;
using LiveGateway.Storage;

namespace LiveGateway.Search;

/// <summary>Searches everything that is outside the gateway and the customer's desk.</summary>
internal sealed class Inspection(Workspace workspace, Customer customer, IReadOnlyList<LiveCall> calls, bool hasArchiveFiles)
{
    /// <summary>Bytes of audio, every piece of which was searched for.</summary>
    public long AudioBytes { get; private set; }

    public int TextNeedles { get; private set; }

    public int KeyNeedles { get; private set; }

    public int Files { get; private set; }

    public long Bytes { get; private set; }

    public long ArchiveBytes { get; private set; }

    public int ControlsFound { get; private set; }

    public IReadOnlyList<Hit> Hits { get; private set; } = [];

    public int PlaintextFound => Hits.Count;

    /// <summary>Stored chunks that were found as they are, where the archive's bytes lie.</summary>
    public int CiphertextFound { get; private set; }

    /// <summary>What was searched, for people.</summary>
    public string Searched => hasArchiveFiles ? "all of the archive, its process output, the wire both ways, a dead gateway's spool" : "the wire both ways, a dead gateway's spool";

    public async Task<Inspection> RunAsync(Holdings holdings, CancellationToken cancellationToken)
    {
        AudioIndex audio = SearchFor.Audio(calls);
        NeedleSet needles = new();
        SearchFor.AddTexts(needles, calls);
        await SearchFor.AddKeysAsync(needles, customer, calls, cancellationToken);
        AudioBytes = audio.Bytes;
        TextNeedles = needles.CountOf(NeedleKind.Text);
        KeyNeedles = needles.CountOf(NeedleKind.Key);

        FileSearch search = Search(needles, audio, workspace.Capture);
        (Files, Bytes, Hits) = (search.Files, search.Bytes, search.Hits);
        string control = Largest(hasArchiveFiles ? workspace.Archive : workspace.Capture);
        ControlsFound = AudioBytes > 0 && TextNeedles > 0 && KeyNeedles > 0
            ? Controls.Count(needles, audio, control, Path.Combine(workspace.Attacks, "control"), calls[0], customer)
            : 0;
        CiphertextFound = Search(holdings.Ciphertext, null, hasArchiveFiles ? null : workspace.Capture).Found(NeedleKind.Ciphertext);
        ArchiveBytes = hasArchiveFiles ? Directory.EnumerateFiles(workspace.Archive, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) : holdings.Bytes;
        return this;
    }

    private FileSearch Search(NeedleSet needles, AudioIndex? audio, string? beside)
    {
        FileSearch search = new(needles, audio);
        if (hasArchiveFiles)
        {
            search.AddFolder(workspace.Archive);
        }

        if (beside is not null)
        {
            search.AddFolder(beside);
        }

        return search;
    }

    private static string Largest(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
}
