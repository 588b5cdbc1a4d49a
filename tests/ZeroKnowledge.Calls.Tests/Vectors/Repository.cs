using System.Text.Json;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Files of the repository that tests read in place: what is tested is what is committed.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Vectors { get; } = Path.Combine(Root, "tests", "vectors");

    public static string Format { get; } = Path.Combine(Root, "docs", "FORMAT.md");

    /// <summary>A file of <c>Vectors/published</c>: test vectors of others, each with its source.</summary>
    public static JsonElement Published(string name)
    {
        string path = Path.Combine(Root, "tests", "ZeroKnowledge.Calls.Tests", "Vectors", "published", name + ".json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "ZeroKnowledge.Calls.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"The tests do not run inside the repository: {AppContext.BaseDirectory}.");
    }
}
