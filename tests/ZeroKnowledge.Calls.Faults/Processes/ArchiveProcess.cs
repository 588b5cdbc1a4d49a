using Grpc.Net.Client;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>The reference archive in a process that is killed and started again over the same folder.</summary>
internal sealed class ArchiveProcess : IAsyncDisposable
{
    private readonly string _data;
    private readonly string _gateways;
    private ChildProgram? _process;

    /// <param name="folder">For its data; the trust list of gateways lies in it.</param>
    /// <param name="gateways">The gateways it takes recordings of.</param>
    public ArchiveProcess(string folder, params ReadOnlySpan<TrustedKey> gateways)
    {
        _data = Path.Combine(folder, "data");
        _gateways = Path.Combine(folder, "gateways.txt");
        Directory.CreateDirectory(folder);
        File.WriteAllText(_gateways, TrustList.Of(gateways).ToString());
        using ArchiveKey key = ArchiveKey.Generate();
        Directory.CreateDirectory(_data);
        key.Save(Path.Combine(_data, "archive.key"));
        Trusted = Pinned.Key(TrustedKeyKind.Archive, key.PublicKey);
    }

    /// <summary>Its pinned key.</summary>
    public TrustedKey Trusted { get; }

    public bool IsRunning => _process is not null;

    public int ProcessId => _process!.Id;

    /// <summary>Where it listens; another port in each life.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>What it said on standard error.</summary>
    public string Errors => _process?.Errors ?? "";

    /// <summary>Starts it, without waiting for anything.</summary>
    /// <param name="extra">More options.</param>
    public void Launch(params string[] extra) =>
        _process = ChildProgram.Start("ArchiveService.dll", ["--data", _data, "--gateways", _gateways, "--reserve", "16", .. extra]);

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="extra">More options.</param>
    public async Task StartAsync(params string[] extra)
    {
        Launch(extra);
        Address = new Uri(await _process!.ExpectAsync("Now listening on: "));
    }

    /// <summary>A channel to it, for the caller to dispose of.</summary>
    public GrpcChannel Connect() => GrpcChannel.ForAddress(Address, new GrpcChannelOptions { MaxReceiveMessageSize = null });

    public async Task KillAsync()
    {
        await _process!.KillAsync();
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Has a stopped archive check everything it stores, without a key.</summary>
    /// <returns>What it found; null if nothing.</returns>
    public async Task<string?> CheckAsync()
    {
        await using ChildProgram check = ChildProgram.Start("ArchiveService.dll", "fsck", "--data", _data, "--gateways", _gateways);
        List<string> said = [];
        while (await check.ReadLineAsync() is { } line)
        {
            said.Add(line);
        }

        return await check.ExitAsync() == 0 ? null : string.Join(' ', [.. said, check.Errors]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            await process.DisposeAsync();
        }
    }
}
