using System.Globalization;

namespace ArchiveService;

/// <summary>What the command line says.</summary>
internal sealed record ArchiveOptions
{
    public const string Usage =
        "Usage: ArchiveService --data DIR (--gateways FILE | --tenants FILE --client-ca FILE) [--urls http://127.0.0.1:PORT] [--key FILE] "
        + "[--certificate FILE --certificate-key FILE | --pfx FILE] [--region NAME] [--operator NAME] [--reserve MiB] [--states N]; "
        + "ArchiveService fsck --data DIR (--gateways FILE | --tenants FILE); ArchiveService subject CERTIFICATE";

    /// <summary>The default of <see cref="States"/>.</summary>
    public const int DefaultStates = 65_536;

    /// <summary>The folder that holds everything. Required.</summary>
    public required string Data { get; init; }

    /// <summary>The engine's folder in it.</summary>
    public string Engine => Path.Combine(Data, "engine");

    /// <summary>The trust list of gateway keys of the one tenant that there is without <see cref="Tenants"/>.</summary>
    public string? Gateways { get; init; }

    /// <summary>The tenants file.</summary>
    public string? Tenants { get; init; }

    /// <summary>PEM of the authorities that issue client certificates.</summary>
    public string? ClientCa { get; init; }

    /// <summary>Where to listen; port 0 lets the system pick one.</summary>
    public required IReadOnlyList<ListenAddress> Addresses { get; init; }

    /// <summary>The archive's signing key; made at the first start.</summary>
    public required string Key { get; init; }

    /// <summary>PEM of the TLS certificate and its chain.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM of the certificate's private key.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>Certificate and key in one PKCS #12 file; its password is in the environment variable ARCHIVE_PFX_PASSWORD.</summary>
    public string? Pfx { get; init; }

    /// <summary>Where the data is, as the operator says; at most 255 bytes.</summary>
    public string Region { get; init; } = "";

    /// <summary>Who runs the archive, as the operator says; at most 255 bytes.</summary>
    public string Operator { get; init; } = "";

    /// <summary>Bytes of disk that are kept for finishing what has begun. Default: 256 MiB.</summary>
    public long Reserve { get; init; } = 256L << 20;

    /// <summary>Recordings that are kept in memory while they are written, about 2 KB each. Default: 65,536. With fewer than are written at a time each chunk costs some lookups.</summary>
    public int States { get; init; } = DefaultStates;

    /// <summary>False only in the test that shows that the sync is what makes an acknowledgement true.</summary>
    public bool Sync { get; init; } = true;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="StartException">It is not right.</exception>
    public static ArchiveOptions Parse(IReadOnlyList<string> args)
    {
        Dictionary<string, string> given = Split(args);
        string data = Take(given, "--data") ?? throw new StartException($"No data folder was given. {Usage}");
        string urls = Take(given, "--urls") ?? "http://127.0.0.1:0";
        var options = new ArchiveOptions
        {
            Data = data,
            Gateways = Take(given, "--gateways"),
            Tenants = Take(given, "--tenants"),
            ClientCa = Take(given, "--client-ca"),
            Addresses = [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ListenAddress.Parse)],
            Key = Take(given, "--key") ?? Path.Combine(data, "archive.key"),
            Certificate = Take(given, "--certificate"),
            CertificateKey = Take(given, "--certificate-key"),
            Pfx = Take(given, "--pfx"),
            Region = Text(given, "--region"),
            Operator = Text(given, "--operator"),
            Reserve = TakeNumber(given, "--reserve", 256, long.MaxValue >> 20) << 20,
            States = (int)TakeNumber(given, "--states", DefaultStates, 1 << 24),
            Sync = TakeSync(given),
        };
        if (given.Keys.FirstOrDefault() is { } unknown)
        {
            throw new StartException($"The option {unknown} is not known. {Usage}");
        }

        if (options.Gateways is null && options.Tenants is null)
        {
            throw new StartException($"No trust list of gateway keys was given, and no tenants file. {Usage}");
        }

        if (options.Gateways is not null && options.Tenants is not null)
        {
            throw new StartException("--gateways is for an archive without tenants: a tenants file names the gateways of each.");
        }

        return options;
    }

    /// <summary>Checks what only an archive that serves needs.</summary>
    /// <exception cref="StartException">Something is missing.</exception>
    public void RequireServing()
    {
        RequireCertificates();
        if ((Tenants is null) != (ClientCa is null))
        {
            throw new StartException(
                "--tenants and --client-ca come together: certificates of the authority say who is who, and the tenants file says what they may do.");
        }

        if (Tenants is not null && !Addresses.Any(address => address.IsTls))
        {
            throw new StartException("With --tenants one address at least is https: who is who is said by client certificates.");
        }
    }

    private void RequireCertificates()
    {
        if (Addresses.Count == 0)
        {
            throw new StartException("--urls names no address to listen on.");
        }

        if ((Certificate is null) != (CertificateKey is null) || (Certificate is not null && Pfx is not null))
        {
            throw new StartException("A TLS certificate is given either by --certificate and --certificate-key, or by --pfx.");
        }

        if (Addresses.Any(address => address.IsTls) && Certificate is null && Pfx is null)
        {
            throw new StartException("An https address needs a certificate: give --certificate and --certificate-key, or --pfx.");
        }
    }

    private static Dictionary<string, string> Split(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < args.Count; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Count)
            {
                throw new StartException($"'{args[i]}' is not an option with a value. {Usage}");
            }

            if (!given.TryAdd(args[i], args[i + 1]))
            {
                throw new StartException($"The option {args[i]} is given twice.");
            }
        }

        return given;
    }

    private static string? Take(Dictionary<string, string> given, string name) =>
        given.Remove(name, out string? value) && value.Length > 0 ? value : null;

    private static string Text(Dictionary<string, string> given, string name)
    {
        string text = Take(given, name) ?? "";
        return System.Text.Encoding.UTF8.GetByteCount(text) <= byte.MaxValue
            ? text
            : throw new StartException($"{name} has at most {byte.MaxValue} bytes.");
    }

    private static long TakeNumber(Dictionary<string, string> given, string name, long otherwise, long largest) =>
        Take(given, name) is not { } text ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= largest ? number
            : throw new StartException($"{name} is a whole number of at most {largest}.");

    private static bool TakeSync(Dictionary<string, string> given) => Take(given, "--sync") switch
    {
        null or "on" => true,
        "off" => false,
        _ => throw new StartException("--sync is on or off."),
    };
}
