namespace ArchiveService;

// Not top-level statements: their global, public Program would clash with the one of a project that references this.
internal static class Program
{
    private static async Task Main(string[] args)
    {
        await using WebApplication app = ArchiveHost.Build(args);
        await app.RunAsync();
    }
}
