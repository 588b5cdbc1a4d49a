namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>A clock that stands still until it is moved, in ms.</summary>
internal sealed class ManualClock : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private long _ms;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Volatile.Read(ref _ms);

    public override DateTimeOffset GetUtcNow() => Begin.AddMilliseconds(GetTimestamp());

    public void Move(long ms) => Interlocked.Add(ref _ms, ms);
}
