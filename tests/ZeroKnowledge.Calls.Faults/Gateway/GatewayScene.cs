using Grpc.Net.Client;
using System.Globalization;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A gateway, its customer and its archives, with a wire between that can be made faulty. All in one folder, which goes with it.</summary>
internal sealed class GatewayScene : IAsyncDisposable
{
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Identity _identity = Identity.Generate();
    private readonly string _path = Directory.CreateTempSubdirectory("zkcalls-faults-").FullName;

    /// <param name="archives">How many archives get everything.</param>
    public GatewayScene(int archives = 1)
    {
        TrustedKey trusted = Pinned.Key(TrustedKeyKind.Gateway, _gateway.PublicKey);
        Archives = [.. Enumerable.Range(0, archives).Select(i => new ArchiveProcess(Path.Combine(_path, $"archive-{i}"), trusted))];
        Folder = new GatewayFolder(_path);
        Folder.Create(_gateway, Recipients.Of(_identity.Recipient), TrustList.Of([trusted, .. Archives.Select(archive => archive.Trusted)]));
    }

    public GatewayFolder Folder { get; }

    public IReadOnlyList<ArchiveProcess> Archives { get; }

    /// <summary>The way from the gateway to each archive, once they are started.</summary>
    public IReadOnlyList<FaultProxy> Wires { get; private set; } = [];

    public async Task StartAsync()
    {
        foreach (ArchiveProcess archive in Archives)
        {
            await archive.StartAsync();
        }

        Wires = [.. Archives.Select(archive => FaultProxy.Start(archive.Address.Port))];
    }

    /// <summary>Starts an archive again that was killed, behind the same wire.</summary>
    public async Task RestartAsync(int archive)
    {
        await Archives[archive].StartAsync();
        Wires[archive].Target = Archives[archive].Address.Port;
    }

    /// <summary>Starts a life of the gateway.</summary>
    /// <param name="ledger">Its ledger.</param>
    /// <param name="options">More options of <see cref="GatewayProgram"/>.</param>
    public ChildProgram StartGateway(string ledger, params string[] options) => StartGatewayUnder([], ledger, options);

    /// <summary>Starts a life of the gateway under another program, such as strace.</summary>
    public ChildProgram StartGatewayUnder(string[] program, string ledger, params string[] options) => ChildProgram.StartUnder(
        program,
        "ZeroKnowledge.Calls.Faults.dll",
        ["gateway", "--folder", Folder.Path, "--ledger", ledger, "--archives", string.Join(',', Wires.Select(wire => wire.Address)), .. options]);

    /// <summary>Reads everything that an archive has.</summary>
    /// <returns>What does not hold, and the check with its figures.</returns>
    public async Task<(IReadOnlyList<string> Violations, RecordingsCheck Check)> CheckAsync(int archive, ExpectedFrames expected)
    {
        using GrpcChannel channel = Archives[archive].Connect();
        await using SqliteRegister register = Folder.OpenRegister();
        RecordingsCheck check = new(channel, new ReaderOptions { Trust = TrustList.Load(Folder.Trust), Identity = _identity, Register = register }, expected);
        return (await check.RunAsync(), check);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FaultProxy wire in Wires)
        {
            await wire.DisposeAsync();
        }

        foreach (ArchiveProcess archive in Archives)
        {
            await archive.DisposeAsync();
        }

        _identity.Dispose();
        _gateway.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
