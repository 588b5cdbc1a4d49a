using System.CommandLine;
using System.Text.Json.Nodes;
using ArchiveService;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace ZeroKnowledge.Calls.Tool;

/// <summary><c>zkcalls archive</c>: the reference archive, in this process.</summary>
internal static class ArchiveCommand
{
    private const string DefaultUrl = "http://127.0.0.1:5301";

    private static readonly Option<string> Data = new("--data") { Description = "The archive's folder. Default: archive.", HelpName = "DIR", DefaultValueFactory = _ => "archive" };

    private static readonly Option<string> Name = new("--name") { Description = "The archive's name in the trust list.", HelpName = "NAME", DefaultValueFactory = _ => "archive" };

    private static readonly Option<string?> Gateways = new("--gateways") { Description = "The trust list of gateways that may upload. Default: trust.txt in the home.", HelpName = "FILE" };

    private static readonly Option<string?> Urls = new("--urls")
    {
        Description = $"Where to listen: http on this machine only, https with --certificate. Default: the line in archive.txt, else {DefaultUrl}.", HelpName = "URL",
    };

    private static readonly Option<string?> Certificate = new("--certificate") { Description = "PEM file of the TLS certificate and its chain.", HelpName = "PEM" };

    private static readonly Option<string?> CertificateKey = new("--certificate-key") { Description = "PEM file of its private key.", HelpName = "PEM" };

    private static readonly Option<string?> Tenants = new("--tenants") { Description = "The tenants file, in the place of --gateways; needs --client-ca.", HelpName = "FILE" };

    private static readonly Option<string?> ClientCa = new("--client-ca") { Description = "PEM file of the authorities that issue client certificates.", HelpName = "PEM" };

    public static Command Create()
    {
        Command command = new("archive", "The reference archive: stores what it cannot read.");
        command.Subcommands.Add(new Verb(
            "serve",
            "Runs the reference archive until it is stopped (Ctrl+C, SIGTERM). All its options: samples/ArchiveService/README.md.",
            ["zkcalls archive serve", "zkcalls archive serve --urls https://0.0.0.0:5301 --certificate server.pem --certificate-key server.key --tenants tenants.json --client-ca ca.pem"],
            [Data, Gateways, Urls, Certificate, CertificateKey, Tenants, ClientCa, Home.Folder],
            ServeAsync));
        command.Subcommands.Add(new Verb(
            "key",
            "Prints the line that pins this archive's key in a trust list; makes the key if there is none.",
            ["zkcalls archive key >> trust.txt"],
            [Data, Name],
            KeyAsync));
        return command;
    }

    private static async Task<int> ServeAsync(Invocation invocation)
    {
        Home home = new(invocation.Get(Home.Folder)!);
        string urls = invocation.Get(Urls) ?? (File.Exists(home.Archive) ? ArchiveOptions.ReadAddress(home) : DefaultUrl);
        List<string> options = ["--data", invocation.Get(Data)!, "--urls", urls];
        Add("--certificate", invocation.Get(Certificate));
        Add("--certificate-key", invocation.Get(CertificateKey));
        Add("--tenants", invocation.Get(Tenants));
        Add("--client-ca", invocation.Get(ClientCa));
        Add("--gateways", invocation.Get(Tenants) is null ? invocation.Get(Gateways) ?? home.Trust : invocation.Get(Gateways));
        WebApplication archive;
        try
        {
            archive = ArchiveHost.Build([.. options]);
        }
        catch (StartException e)
        {
            throw new UserException(e.Message, e);
        }

        await using (archive.ConfigureAwait(false))
        {
            await archive.StartAsync(invocation.CancellationToken).ConfigureAwait(false);
            invocation.Terminal.Result(
                new JsonObject { ["listening"] = new JsonArray([.. archive.Urls.Select(url => JsonValue.Create(url))]), ["publicKey"] = ArchiveHost.PublicKeyOf(archive) },
                () =>
                {
                    invocation.Terminal.Line($"Public key: {ArchiveHost.PublicKeyOf(archive)}");
                    foreach (string url in archive.Urls)
                    {
                        invocation.Terminal.Line($"Now listening on: {url}");
                    }
                });
            await archive.WaitForShutdownAsync(invocation.CancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        void Add(string option, string? value)
        {
            if (value is not null)
            {
                options.AddRange([option, value]);
            }
        }
    }

    private static Task<int> KeyAsync(Invocation invocation)
    {
        string folder = invocation.Get(Data)!, path = Path.Combine(folder, "archive.key");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            using ArchiveKey made = ArchiveKey.Generate();
            made.Save(path);
            invocation.Terminal.Note($"Made {path}.");
        }

        using ArchiveKey key = InputFile.Read("The archive's key", path, ArchiveKey.Load);
        TrustedKey line;
        try
        {
            line = HomeKeys.Trusted(TrustedKeyKind.Archive, key.PublicKey, invocation.Get(Name)!);
        }
        catch (ArgumentException e)
        {
            throw new UserException($"--name: {e.Message}", e);
        }

        invocation.Terminal.Result(new JsonObject { ["line"] = line.ToString() }, () => invocation.Terminal.Line(line.ToString()));
        return Task.FromResult(ExitCode.Ok);
    }
}
