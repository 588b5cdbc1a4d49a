using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>How an archive is reached: options that every command has that speaks to one.</summary>
internal static class ArchiveOptions
{
    public static readonly Option<string?> Address = new("--archive")
    {
        Description = "The archive: https, or http to this machine. Default: the line in archive.txt.", HelpName = "URL",
    };

    private static readonly Option<string?> Certificate = new("--client-certificate")
    {
        Description = "PEM file of your client certificate.", HelpName = "PEM",
    };

    private static readonly Option<string?> Key = new("--client-key")
    {
        Description = "PEM file of its private key.", HelpName = "PEM",
    };

    private static readonly Option<string?> Authority = new("--server-ca")
    {
        Description = "PEM file of the only issuers that the archive's own certificate may have. Default: those of the system.", HelpName = "PEM",
    };

    public static IReadOnlyList<Symbol> All { get; } = [Address, Certificate, Key, Authority];

    public static bool IsGiven(Invocation invocation, Home home) => invocation.Get(Address) is not null || File.Exists(home.Archive);

    /// <exception cref="UserException">An option cannot be used, or no archive is named.</exception>
    public static GrpcChannel Open(Invocation invocation, Home home)
    {
        string text = invocation.Get(Address) ?? ReadAddress(home);
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address))
        {
            throw new UserException($"--archive '{text}' is not a URL such as https://archive.example:5001.");
        }

        (string? certificate, string? key) = (invocation.Get(Certificate), invocation.Get(Key));
        if ((certificate is null) != (key is null))
        {
            throw new UserException("--client-certificate and --client-key are given together.");
        }

        try
        {
            return ArchiveChannel.ForAddress(
                address,
                certificate is null ? null : InputFile.Read("--client-certificate", certificate, path => Usable(X509Certificate2.CreateFromPemFile(path, key))),
                invocation.Get(Authority) is { } authority ? InputFile.Read("--server-ca", authority, Authorities) : null);
        }
        catch (ArgumentException e)
        {
            throw new UserException(e.Message, e);
        }
    }

    public static string ReadAddress(Home home) => File.Exists(home.Archive)
        ? InputFile.Read("archive.txt", home.Archive, path => File.ReadLines(path).Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && line[0] != '#') ?? "")
        : throw new UserException($"No archive is named: give --archive, or write its URL into {home.Archive}.");

    private static X509Certificate2Collection Authorities(string path)
    {
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPemFile(path);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("It holds no certificate.");
    }

    // Windows shows no certificate whose key is in memory only.
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
        }
    }
}
