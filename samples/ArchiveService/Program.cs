
namespace ArchiveService;

// Not top-level statements: their global, public Program would clash with the one of a project that references this.
internal static class Program
{
    private const int CannotStart = 2;

    private static async Task<int> Main(string[] args)
    {
        try
        {
            await RunAsync(args);
            return 0;
        }
        catch (Exception e) when (e is StartException or IOException)
        {
            // An IOException says that an address is in use. One sentence: an operator reads it in a service's log.
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return CannotStart;
        }
    }

    private static async Task RunAsync(string[] args)
    {
        await using WebApplication app = ArchiveHost.Build(args);
        if (!app.Services.GetRequiredService<ArchiveOptions>().Sync)
        {
            await Console.Error.WriteLineAsync(
                "WARNING: --sync off. Nothing is synced, acknowledgements are not true, a power cut loses recordings. For one test only.");
        }

        await app.StartAsync();
        Console.WriteLine($"Public key: {ArchiveHost.PublicKeyOf(app)}");
        foreach (string url in app.Urls)
        {
            Console.WriteLine($"Now listening on: {url}");
        }

        await app.WaitForShutdownAsync();
    }
}
