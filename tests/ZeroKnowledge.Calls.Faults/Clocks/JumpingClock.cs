using System.Diagnostics;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A clock whose time of day is set while calls run, and whose monotonic time stands still and then leaps, as after a pause of the machine. Thread-safe.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _wall;
    private long _ahead;
    private long? _stands;

    /// <summary>Sets the time of day forward or back.</summary>
    public void SetWall(TimeSpan by)
    {
        lock (_gate)
        {
            _wall += by;
        }
    }

    /// <summary>The monotonic clock stands still.</summary>
    public void Stand()
    {
        lock (_gate)
        {
            _stands ??= GetTimestamp();
        }
    }

    /// <summary>The monotonic clock goes on, so much later than it stood or than it is.</summary>
    public void Leap(TimeSpan by)
    {
        lock (_gate)
        {
            long target = GetTimestamp() + (long)(by.TotalSeconds * Stopwatch.Frequency);
            _stands = null;
            _ahead = target - Stopwatch.GetTimestamp();
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return System.GetUtcNow() + _wall;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _stands ?? (Stopwatch.GetTimestamp() + _ahead);
        }
    }
}
