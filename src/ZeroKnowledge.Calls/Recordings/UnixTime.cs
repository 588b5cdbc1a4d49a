namespace ZeroKnowledge.Calls;

// "ms since 1970" (docs/FORMAT.md, section 2) and the clock types of .NET.
internal static class UnixTime
{
    private static readonly ulong LastMs = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <exception cref="ArgumentOutOfRangeException">The time is before 1970.</exception>
    public static ulong ToMs(DateTimeOffset time) => time >= DateTimeOffset.UnixEpoch
        ? (ulong)time.ToUnixTimeMilliseconds()
        : throw new ArgumentOutOfRangeException(nameof(time), time, "The format has no times before 1970.");

    /// <summary>Never throws: the field comes from others, and a time beyond the year 9999 is shown as its end.</summary>
    public static DateTimeOffset FromMs(ulong ms) => ms > LastMs ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds((long)ms);
}
