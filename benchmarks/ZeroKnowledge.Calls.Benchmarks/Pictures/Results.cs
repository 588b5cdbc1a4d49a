using System.Text.Json;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The JSON of earlier runs, a file each.</summary>
internal sealed class Results(string folder)
{
    /// <summary>The rows of all files whose names begin so; one that was not run gives none.</summary>
    public IReadOnlyList<JsonElement> Rows(string beginning) =>
        [.. Directory.EnumerateFiles(folder, beginning + "*.json").Order(StringComparer.Ordinal).SelectMany(RowsOf)];

    private static IEnumerable<JsonElement> RowsOf(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement root = document.RootElement.Clone();
        return root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().ToArray() : [root];
    }
}
