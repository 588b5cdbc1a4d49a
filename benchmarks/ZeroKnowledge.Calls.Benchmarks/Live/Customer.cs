namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The keys of a customer: a gateway's, and two recipients', one of them for recovery.</summary>
internal sealed class Customer : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public GatewayKey Gateway { get; } = GatewayKey.Generate();

    public Identity Active { get; } = Identity.Generate();

    public Identity Recovery { get; } = Identity.Generate();

    public TrustedKey TrustedGateway => new(TrustedKeyKind.Gateway, Gateway.PublicKey, From, To, "benchmark");

    /// <summary>For one leg of G.711 unless said otherwise; chunks leave every second.</summary>
    public RecordingPolicy Policy(Suite suite, int legs = 1) => new()
    {
        Recipients = Recipients.Of(Active.Recipient, Recovery.Recipient),
        Gateway = Gateway,
        Suite = suite,
        Legs = legs,
    };

    public void Dispose()
    {
        Gateway.Dispose();
        Active.Dispose();
        Recovery.Dispose();
    }
}
