namespace ZeroKnowledge.Calls.Faults;

/// <summary>Trusted keys for a run.</summary>
internal static class Pinned
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TrustedKey Key(TrustedKeyKind kind, VerifyKey key) => new(kind, key, From, To, kind.ToString());
}
