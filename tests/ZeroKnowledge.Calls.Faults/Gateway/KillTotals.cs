using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>The figures of many killed gateways.</summary>
internal sealed class KillTotals
{
    private readonly Dictionary<RecordingState, int> _states = [];
    private int _recordings;
    private int _seams;
    private long _accepted;
    private long _read;
    private int _oldestLostMs;
    private int _stalledLives;
    private TimeSpan _longestStall;
    private int _slowSetups;

    public int Kills { get; set; }

    /// <summary>Recordings that a life found in the spool when it started.</summary>
    public int Recovered { get; set; }

    public List<string> Violations { get; } = [];

    public void Add(RecordingsCheck check, ExpectedFrames expected, IReadOnlyList<string> violations)
    {
        Violations.AddRange(violations);
        foreach ((RecordingState state, int count) in check.States)
        {
            _states[state] = _states.GetValueOrDefault(state) + count;
        }

        _recordings += check.Recordings;
        _seams += check.Seams;
        _accepted += expected.Accepted;
        _read += check.Frames;
        _stalledLives += expected.StalledLives;
        _slowSetups += expected.SlowSetups;
        _oldestLostMs = Math.Max(_oldestLostMs, check.OldestLostMs);
        _longestStall = TimeSpan.FromTicks(Math.Max(_longestStall.Ticks, expected.LongestStall.Ticks));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kills} kills, {_recordings} recordings ({string.Join(", ", _states.Select(state => $"{state.Value} {state.Key}"))}), {Recovered} found in the spool, {_seams} seams, "
        + $"{_accepted} frames accepted, {_read} read, oldest lost {_oldestLostMs} ms before its kill, "
        + $"{_stalledLives} lives stalled by the machine (up to {_longestStall.TotalMilliseconds:F0} ms), {_slowSetups} slow setups");
}
