using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>A recorder as a configuration describes it: files, addresses and numbers. Not thread-safe while it is filled.</summary>
public sealed class CallRecorderSettings
{
    /// <summary>The section of a configuration that is read by default.</summary>
    public const string SectionName = "CallRecorder";

    /// <summary>The archives' addresses, 1 to 8: https, or http to this machine.</summary>
    public IList<string> Archives { get; } = [];

    /// <summary>A folder of this recorder alone, for what waits for the archives; made if it is not there.</summary>
    public string Spool { get; set; } = "";

    /// <summary>The register's SQLite file; made if it is not there.</summary>
    public string Register { get; set; } = "";

    /// <summary>The file of the gateway's signing key.</summary>
    public string GatewayKey { get; set; } = "";

    /// <summary>The file of the recipients' public keys, one a line; two at the least.</summary>
    public string Recipients { get; set; } = "";

    /// <summary>The trust list's file, with which receipts are verified; default none.</summary>
    public string? Trust { get; set; }

    /// <summary>The PEM file of the gateway's certificate for TLS; default none.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>The PEM file of that certificate's private key.</summary>
    public string? ClientKey { get; set; }

    /// <summary>A PEM file of the only issuers that an archive's certificate may have; default those of the system.</summary>
    public string? ServerAuthorities { get; set; }

    /// <summary>The AEAD; default AES-256-GCM.</summary>
    public Suite Suite { get; set; } = Suite.Aes256Gcm;

    /// <summary>The clock on which chunks leave, 20 ms to 60 s; default 1 s.</summary>
    public TimeSpan Tick { get; set; } = RecordingPolicy.DefaultTick;

    /// <summary>For how many legs a chunk has room, 1 to 15; default 2.</summary>
    public int Legs { get; set; } = 2;

    /// <summary>The highest bit rate of a leg in bits per second; default 64,000.</summary>
    public int MaxBitRate { get; set; } = RecordingPolicy.DefaultMaxBitRate;

    /// <summary>How long a mask lasts at most; default 5 minutes.</summary>
    public TimeSpan MaxMask { get; set; } = RecordingPolicy.DefaultMaxMask;

    /// <summary>Chunks from one checkpoint to the next, 1 to 64; default 64.</summary>
    public int CheckpointEvery { get; set; } = RecordingPolicy.DefaultCheckpointEvery;

    /// <summary>Allows a single recipient; default false.</summary>
    public bool AllowSingleRecipient { get; set; }

    /// <summary>Allows recipients with classical keys (P-256); default false.</summary>
    public bool AllowMixedSecurity { get; set; }

    /// <summary>Bytes that the spool may have; default 4 GiB.</summary>
    public long SpoolBytes { get; set; } = CallRecorderOptions.DefaultSpoolBytes;

    /// <summary>The most calls at once; default no bound but memory.</summary>
    public int MaxCalls { get; set; } = int.MaxValue;

    /// <summary>How many archives have a call before it counts as stored; default all of them.</summary>
    public int? DurableArchives { get; set; }

    /// <summary>What a chunk in the spool survives; default the process.</summary>
    public Durability Durability { get; set; } = Durability.Process;

    /// <summary>Whether secrets of running calls must be locked in memory; default preferred.</summary>
    public LockedMemory LockedMemory { get; set; } = LockedMemory.Preferred;

    /// <summary>What is missing or cannot be right, one sentence each that says what to do; none if nothing is found. Looks at files, and at nothing in them.</summary>
    public IReadOnlyList<string> FindProblems()
    {
        List<string> problems = [];
        if (Archives.Count == 0)
        {
            problems.Add($"{nameof(Archives)} is empty: name an archive, such as https://archive.example:5001.");
        }

        problems.AddRange(Archives
            .Where(address => !Uri.TryCreate(address, UriKind.Absolute, out _))
            .Select(address => $"{nameof(Archives)} has '{address}', which is not a URL such as https://archive.example:5001."));
        Name(problems, nameof(Spool), Spool, "a folder on a local disk, such as /var/lib/zkcalls/spool");
        Name(problems, nameof(Register), Register, "the register's file, such as /var/lib/zkcalls/register.db");
        File(problems, nameof(GatewayKey), GatewayKey, "the gateway's signing key");
        File(problems, nameof(Recipients), Recipients, "the recipients' public keys, one a line");
        OptionalFile(problems, nameof(Trust), Trust);
        OptionalFile(problems, nameof(ClientCertificate), ClientCertificate);
        OptionalFile(problems, nameof(ClientKey), ClientKey);
        OptionalFile(problems, nameof(ServerAuthorities), ServerAuthorities);
        if ((ClientCertificate is null) != (ClientKey is null))
        {
            problems.Add($"{nameof(ClientCertificate)} and {nameof(ClientKey)} are given together: one of them is missing.");
        }

        return problems;
    }

    private static void Name(List<string> problems, string name, string value, string what)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            problems.Add($"{name} is not set: name {what}.");
        }
    }

    private static void File(List<string> problems, string name, string path, string what)
    {
        Name(problems, name, path, $"the file of {what}");
        if (!string.IsNullOrWhiteSpace(path))
        {
            OptionalFile(problems, name, path);
        }
    }

    private static void OptionalFile(List<string> problems, string name, string? path)
    {
        if (path is not null && !System.IO.File.Exists(path))
        {
            problems.Add($"{name}: there is no file '{path}', or this user may not see it.");
        }
    }
}
