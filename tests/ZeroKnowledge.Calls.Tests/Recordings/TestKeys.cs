namespace ZeroKnowledge.Calls.Tests;

/// <summary>A gateway, an owner, two recipients and the trust list of a customer.</summary>
internal sealed class TestKeys : IDisposable
{
    public static readonly DateTimeOffset NotBefore = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset NotAfter = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public TestKeys() => Trust = TrustList.Of(
        new TrustedKey(TrustedKeyKind.Gateway, Gateway.PublicKey, NotBefore, NotAfter, "gateway"),
        new TrustedKey(TrustedKeyKind.Owner, Owner.PublicKey, NotBefore, NotAfter, "owner"));

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public OwnerKey Owner { get; } = OwnerKey.Generate();

    public Identity Active { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public TrustList Trust { get; set; }

    /// <summary>A checkpoint every 4 chunks, so that a few chunks show everything.</summary>
    public RecordingPolicy Policy(Suite suite = Suite.Aes256Gcm) => new()
    {
        Recipients = Recipients.Of(Active.Recipient, Recovery.Recipient),
        Gateway = Gateway,
        Suite = suite,
        CheckpointEvery = 4,
    };

    /// <summary>The same with the smallest chunks: one leg, 20 ms.</summary>
    public RecordingPolicy SmallPolicy(Suite suite = Suite.Aes256Gcm) => new()
    {
        Recipients = Recipients.Of(Active.Recipient, Recovery.Recipient),
        Gateway = Gateway,
        Suite = suite,
        CheckpointEvery = 4,
        Tick = TimeSpan.FromMilliseconds(20),
        Legs = 1,
    };

    public void Dispose()
    {
        Gateway.Dispose();
        Owner.Dispose();
        Active.Dispose();
        Recovery.Dispose();
    }
}
