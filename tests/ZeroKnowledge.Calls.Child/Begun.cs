namespace ZeroKnowledge.Calls.Child;

/// <summary>A recording as a gateway begins it: with public keys only.</summary>
internal static class Begun
{
    public static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    private static readonly CallMetadata Metadata = new() { CallId = "call", Legs = [Leg.Pcma("caller")] };

    public static RecordingPolicy Policy(GatewayKey gateway, Recipients recipients, Suite suite) => new()
    {
        Gateway = gateway,
        Recipients = recipients,
        AllowSingleRecipient = true,
        Suite = suite,
        Tick = TimeSpan.FromMilliseconds(20),
        Legs = 1,
    };

    public static RecordingWriter Recording(RecordingPolicy policy, SecretSlabs slabs, out RecordingStart start) =>
        RecordingWriter.Begin(policy, Metadata, new RecordingId(Guid.NewGuid().ToByteArray()), At, default, slabs, out start);
}
