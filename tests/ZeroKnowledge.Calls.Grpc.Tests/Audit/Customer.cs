using ArchiveService;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>A customer's keys and register, and real archives, each on a loopback socket.</summary>
public sealed class Customer : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _open = [];
    private readonly List<TrustedKey> _keys = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls-customer-").FullName;

    public GatewayKey Gateway { get; init; } = GatewayKey.Generate();

    public OwnerKey Owner { get; } = OwnerKey.Generate();

    public Identity Identity { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public TrustList Trust => TrustList.Of([.. _keys]);

    public SqliteRegister Register { get; private set; } = null!;

    /// <summary>The archive that most tests use; the trust list calls it "berlin".</summary>
    internal RunningArchive Berlin { get; private set; } = null!;

    public ArchiveClient Client => new(Berlin.Channel);

    public async Task InitializeAsync()
    {
        Trusts(TrustedKeyKind.Gateway, Gateway.PublicKey, "gateway");
        Trusts(TrustedKeyKind.Owner, Owner.PublicKey, "owner");
        Register = SqliteRegister.Open(Path.Combine(Folder, "register.db"));
        Berlin = await AddArchiveAsync("berlin");
    }

    /// <summary>Starts an archive whose key the trust list has under this name.</summary>
    internal async Task<RunningArchive> AddArchiveAsync(string name)
    {
        string gateways = Path.Combine(Folder, name + "-gateways.txt");
        TrustList.Of(Pinned(TrustedKeyKind.Gateway, Gateway.PublicKey, "gateway")).Save(gateways);
        RunningArchive archive = new(Path.Combine(Folder, name), gateways);
        await archive.StartAsync();
        Trusts(TrustedKeyKind.Archive, archive.Key, name);
        _open.Add(archive);
        return archive;
    }

    internal async Task<WrittenCall> StoreAsync(int chunks = 10, EndReason end = EndReason.Completed, CoreId previous = default, bool register = true)
    {
        WrittenCall call = WrittenCall.Write(this, chunks, end, previous);
        await call.UploadAsync(Berlin.Client);
        if (register)
        {
            await Register.AddAsync([call.Row()]);
        }

        return call;
    }

    internal ReaderOptions Reader(bool withRegister = true) => new() { Trust = Trust, Identity = Identity, Register = withRegister ? Register : null };

    internal void Trusts(TrustedKeyKind kind, VerifyKey key, string name) => _keys.Add(Pinned(kind, key, name));

    internal static TrustedKey Pinned(TrustedKeyKind kind, VerifyKey key, string name) =>
        new(kind, key, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), name);

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable one in _open)
        {
            await one.DisposeAsync();
        }

        await Register.DisposeAsync();
        Gateway.Dispose();
        Owner.Dispose();
        Identity.Dispose();
        Recovery.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
