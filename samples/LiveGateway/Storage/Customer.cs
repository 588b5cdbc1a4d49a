using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Sqlite;

namespace LiveGateway.Storage;

/// <summary>
/// The customer: all keys, and the register. In life the gateway has its signing key and the recipients' public halves only, and the identities lie
/// elsewhere; here one program plays both sides.
/// </summary>
internal sealed class Customer : IAsyncDisposable
{
    private Customer(GatewayKey gateway, IRegister register, TrustList trust, string spool)
    {
        Spool = spool;
        Gateway = gateway;
        Register = register;
        Trust = trust;
    }

    public GatewayKey Gateway { get; }

    /// <summary>Reads the recordings every day.</summary>
    public Identity Active { get; } = Identity.Generate();

    /// <summary>Lies in a safe, for the day on which the other one is lost.</summary>
    public Identity Recovery { get; } = Identity.Generate();

    public IRegister Register { get; }

    /// <summary>The folder in which ciphertext waits for the archive.</summary>
    public string Spool { get; }

    /// <summary>The pinned keys: this gateway's, and, of an archive that the program starts, the archive's.</summary>
    public TrustList Trust { get; }

    public Recipients Recipients => Recipients.Of(Active.Recipient, Recovery.Recipient);

    /// <summary>Makes the keys, and the files that the archive is started with.</summary>
    public static Customer Create(Workspace workspace, JobOptions options)
    {
        GatewayKey gateway = LoadOrMakeGateway(workspace, options);
        List<TrustedKey> trusted = [Pin(TrustedKeyKind.Gateway, gateway.PublicKey)];
        File.WriteAllText(workspace.Gateways, TrustList.Of(trusted[0]).ToString());
        if (options.Archive is null)
        {
            // Its key is made here, so that it is known from another source than the archive itself.
            Directory.CreateDirectory(workspace.Archive);
            using ArchiveKey archive = ArchiveKey.Generate();
            archive.Save(workspace.ArchiveKey);
            trusted.Add(Pin(TrustedKeyKind.Archive, archive.PublicKey));
        }

        return new Customer(gateway, SqliteRegister.Open(workspace.Register), TrustList.Of([.. trusted]), workspace.Spool);
    }

    public ReaderOptions Reader(Identity identity, KeyEnvelope? envelope = null) =>
        new() { Trust = Trust, Identity = identity, Register = Register, Envelope = envelope };

    public static TrustedKey Pin(TrustedKeyKind kind, VerifyKey key)
    {
        DateTimeOffset today = new(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero);
        return new TrustedKey(kind, key, today.AddDays(-2), today.AddYears(2), $"LiveGateway's {kind}");
    }

    public async ValueTask DisposeAsync()
    {
        await Register.DisposeAsync();
        Gateway.Dispose();
        Active.Dispose();
        Recovery.Dispose();
    }

    // A foreign archive must know the gateway before the run: so the key of a --data folder is kept.
    private static GatewayKey LoadOrMakeGateway(Workspace workspace, JobOptions options)
    {
        if (File.Exists(workspace.GatewayKey))
        {
            try
            {
                return GatewayKey.Load(workspace.GatewayKey);
            }
            catch (FormatException e)
            {
                throw new UserException($"The gateway key cannot be used: {e.Message}", e);
            }
        }

        GatewayKey key = GatewayKey.Generate();
        if (options.Data is not null)
        {
            key.Save(workspace.GatewayKey);
        }

        return key;
    }
}
