
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ArchiveService.Checking;
using ArchiveService.Storage;
using RocksDbSharp;

namespace ArchiveService;

// Not top-level statements: their global, public Program would clash with the one of a project that references this.
internal static class Program
{
    private const int Damaged = 1;
    private const int CannotStart = 2;

    private static async Task<int> Main(string[] args)
    {
        try
        {
            return args switch
            {
                ["fsck", ..] => await CheckAsync(args[1..]),
                ["subject", string file] => PrintSubject(file),
                _ => await RunAsync(args),
            };
        }
        catch (Exception e) when (e is StartException or IOException or RocksDbException)
        {
            // An IOException says that an address is in use, a RocksDbException that a file of the engine is damaged. One sentence: an operator reads it in a service's log.
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return CannotStart;
        }
    }

    private static async Task<int> RunAsync(string[] args)
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
        return 0;
    }

    // As the tenants file and the naming of readers want it: other programs escape special characters otherwise.
    private static int PrintSubject(string file)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            if (!Subject.TryRead(certificate.SubjectName, out Subject? subject, out string? fault))
            {
                throw new StartException($"The certificate '{file}' has no subject that could be used: {fault}");
            }

            if (!Subject.TryParse(subject.Text, out Subject? again, out _) || again.Id != subject.Id)
            {
                throw new StartException($"The subject of '{file}' cannot be written as text: issue a certificate with a plainer one.");
            }

            Console.WriteLine(subject.Text);
            return 0;
        }
        catch (CryptographicException e)
        {
            throw new StartException($"The certificate '{file}' cannot be used: {e.Message}", e);
        }
    }

    // The engine lets one process in at a time: the archive is stopped meanwhile.
    private static async Task<int> CheckAsync(string[] args)
    {
        ArchiveOptions options = ArchiveOptions.Parse(args);
        using TenantList tenants = ArchiveHost.LoadTenants(options);
        if (!Directory.Exists(options.Engine))
        {
            throw new StartException($"There is no archive in '{options.Data}'.");
        }

        using Engine engine = Engine.Open(options.Engine, sync: true);
        var check = new ArchiveCheck(engine, tenants);
        int findings = 0;
        foreach ((string where, string finding) in check.Run())
        {
            findings++;
            await Console.Out.WriteLineAsync($"{where}: {finding}");
        }

        await Console.Out.WriteLineAsync(
            $"{check.Recordings} recordings, {check.Chunks} chunks, {check.Tombstones} tombstones: {(findings == 0 ? "no" : findings)} findings.");
        return findings == 0 ? 0 : Damaged;
    }
}
