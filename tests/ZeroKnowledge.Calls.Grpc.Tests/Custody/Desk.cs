using System.Security.Cryptography;
using ZeroKnowledge.Calls.Grpc.Tests.Register;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Custody;

/// <summary>A customer's desk over a real register: two keys, a third that is to come, an owner key, a gateway.</summary>
internal sealed class Desk : IAsyncDisposable
{
    public static readonly DateTimeOffset Begun = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
    private static readonly DateTimeOffset NotBefore = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), NotAfter = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Desk()
    {
        Directory.CreateDirectory(RegisterFolder);
        Register = SqliteRegister.Open(RegisterFile);
        ErasureList = ErasureList.Open(Folder.File("erasures.txt"));
        Trust = TrustList.Of(
            new TrustedKey(TrustedKeyKind.Gateway, Gateway.PublicKey, NotBefore, NotAfter, "gateway"),
            new TrustedKey(TrustedKeyKind.Owner, Owner.PublicKey, NotBefore, NotAfter, "owner"));
        Old = Recipients.Of(Active.Recipient, Recovery.Recipient);
        New = Recipients.Of(Next.Recipient, Recovery.Recipient);
    }

    public TestFolder Folder { get; } = new();

    /// <summary>The register's folder: the erasure list is locked by whoever has it open.</summary>
    public string RegisterFolder => Folder.File("register");

    public string RegisterFile => Path.Combine(RegisterFolder, "register.db");

    public SqliteRegister Register { get; private set; }

    public ErasureList ErasureList { get; private set; }

    public Identity Active { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public Identity Next { get; } = Identity.Generate();

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public OwnerKey Owner { get; } = OwnerKey.Generate();

    public TrustList Trust { get; }

    public Recipients Old { get; }

    public Recipients New { get; }

    public KeyHolder Holder(Identity? identity = null, Recipients? recipients = null, params KeyShares[] shares) => new()
    {
        Register = Register,
        Trust = Trust,
        Identity = identity ?? Active,
        Recipients = recipients ?? Old,
        Owner = Owner,
        ErasureList = ErasureList,
        Shares = shares,
    };

    /// <summary>Rows of recordings that began one second after another.</summary>
    public async Task<RegisteredRecording[]> AddAsync(int count, Recipients? recipients = null)
    {
        RegisteredRecording[] rows = [.. Enumerable.Range(0, count).Select(i => Row(Begun.AddSeconds(i), recipients ?? Old))];
        await Register.AddAsync(rows);
        return rows;
    }

    public async Task<RegisteredRecording> FindAsync(RegisteredRecording row) => (await Register.FindAsync(row.Header.CoreId))!;

    /// <summary>The keys that an identity gets from an envelope.</summary>
    public static RecordingKeys Open(RegisteredRecording row, Identity identity) => EnvelopeReader.Open(row.Envelope!, row.Header, identity);

    public static byte[]? ChunkKey(RecordingKeys keys, int chunk)
    {
        byte[] key = new byte[32];
        return keys.TryChunkKey(chunk, key) ? key : null;
    }

    /// <summary>Puts a copy in the place of the register, as a restore of a backup does.</summary>
    public async Task RestoreAsync(byte[] backup)
    {
        await Register.DisposeAsync();
        await File.WriteAllBytesAsync(RegisterFile, backup);
        Register = SqliteRegister.Open(RegisterFile);
    }

    public async Task EditErasureListAsync(string appended)
    {
        string path = ErasureList.Path;
        ErasureList.Dispose();
        await File.AppendAllTextAsync(path, appended);
        ErasureList = ErasureList.Open(path);
    }

    public async Task<byte[]> BackUpAsync()
    {
        await Register.DisposeAsync();
        byte[] backup = await File.ReadAllBytesAsync(RegisterFile);
        Register = SqliteRegister.Open(RegisterFile);
        return backup;
    }

    public async ValueTask DisposeAsync()
    {
        await Register.DisposeAsync();
        ErasureList.Dispose();
        foreach (IDisposable key in (IDisposable[])[Active, Recovery, Next, Gateway, Owner, Folder])
        {
            key.Dispose();
        }
    }

    public RegisteredRecording Row(DateTimeOffset begun, Recipients recipients)
    {
        RecordingPolicy policy = new() { Recipients = recipients, Gateway = Gateway, AllowSingleRecipient = true };
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, new CallMetadata { CallId = "call", Legs = [] }, new RecordingId(RandomNumberGenerator.GetBytes(16)), begun, default, SecretSlabs.Shared, out RecordingStart start);
        return start.ToRegister();
    }
}
