using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>The files of a gateway and its customer: what every life of the process finds again.</summary>
internal sealed class GatewayFolder(string path)
{
    public string Path { get; } = path;

    public string Spool => System.IO.Path.Combine(Path, "spool");

    public string Register => System.IO.Path.Combine(Path, "register.db");

    public string Trust => System.IO.Path.Combine(Path, "trust.txt");

    public string Ledger(int life) => System.IO.Path.Combine(Path, $"ledger-{life}");

    private string GatewayKeyFile => System.IO.Path.Combine(Path, "gateway.key");

    private string RecipientsFile => System.IO.Path.Combine(Path, "recipients.txt");

    /// <summary>Makes the files of a new gateway.</summary>
    public void Create(GatewayKey gateway, Recipients recipients, TrustList trust)
    {
        gateway.Save(GatewayKeyFile);
        File.WriteAllLines(RecipientsFile, recipients.Select(recipient => recipient.ToString()));
        File.WriteAllText(Trust, trust.ToString());
    }

    public GatewayKey LoadGateway() => GatewayKey.Load(GatewayKeyFile);

    public SqliteRegister OpenRegister() => SqliteRegister.Open(Register);

    public RecordingPolicy Policy(GatewayKey gateway, int tickMs) => new()
    {
        Gateway = gateway,
        Recipients = Recipients.Load(RecipientsFile),
        AllowSingleRecipient = true,
        Tick = TimeSpan.FromMilliseconds(tickMs),
        CheckpointEvery = 8,
    };
}
