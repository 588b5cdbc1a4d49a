namespace ZeroKnowledge.Calls.Tests;

/// <summary>A gateway, two recipients and the trust list of a customer.</summary>
internal sealed class TestKeys : IDisposable
{
    public TestKeys() => Trust = TrustList.Of(
        new TrustedKey(TrustedKeyKind.Gateway, Gateway.PublicKey, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), "gateway"));

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public Identity Active { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public TrustList Trust { get; set; }

    public RecordingPolicy Policy(Suite suite = Suite.Aes256Gcm) => new()
    {
        Recipients = Recipients.Of(Active.Recipient, Recovery.Recipient),
        Gateway = Gateway,
        Suite = suite,
        CheckpointEvery = 4,
    };

    public void Dispose()
    {
        Gateway.Dispose();
        Active.Dispose();
        Recovery.Dispose();
    }
}
