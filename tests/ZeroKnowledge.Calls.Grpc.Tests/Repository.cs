namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Files of the repository that tests read in place: what is tested is what is committed.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    // From the test's own folder upwards: a build for CI does not know where its sources were.
    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ZeroKnowledge.Calls.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The tests do not run within the repository.");
    }
}
