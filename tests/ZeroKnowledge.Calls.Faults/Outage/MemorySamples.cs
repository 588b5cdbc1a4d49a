using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>The memory of a process, looked at from outside every 100 ms, by parts of a run.</summary>
internal sealed class MemorySamples : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    private readonly string _status;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sampling;
    private readonly List<(string Part, long Peak, long Whole)> _peaks = [];
    private volatile string _part;

    public MemorySamples(int process, string part)
    {
        _status = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status");
        _part = part;
        _sampling = RunAsync();
    }

    /// <summary>Another part of the run begins.</summary>
    public string Part
    {
        get => _part;
        set => _part = value;
    }

    /// <summary>The peak of a part, in bytes: the process's own memory, without files that it has mapped.</summary>
    public long PeakOf(string part) => Peaks().FirstOrDefault(peak => peak.Part == part).Peak;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling;
        _stop.Dispose();
    }

    /// <summary>All parts, for people.</summary>
    public override string ToString() => string.Join(", ", Peaks().Select(peak => string.Create(
        CultureInfo.InvariantCulture, $"{peak.Part} {peak.Peak >> 20} MiB ({peak.Whole >> 20} MiB with mapped files)")));

    private List<(string Part, long Peak, long Whole)> Peaks()
    {
        lock (_peaks)
        {
            return [.. _peaks];
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Note(await File.ReadAllLinesAsync(_status));
            }
            catch (IOException)
            {
                // The process has ended.
            }

            await Task.Delay(Every, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(string[] status)
    {
        long own = ValueOf(status, "RssAnon:"), whole = ValueOf(status, "VmRSS:");
        lock (_peaks)
        {
            int at = _peaks.FindIndex(peak => peak.Part == _part);
            if (at < 0)
            {
                _peaks.Add((_part, own, whole));
            }
            else
            {
                _peaks[at] = (_part, Math.Max(own, _peaks[at].Peak), Math.Max(whole, _peaks[at].Whole));
            }
        }
    }

    private static long ValueOf(string[] status, string name) =>
        status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, string kilobytes, ..]
            ? long.Parse(kilobytes, CultureInfo.InvariantCulture) << 10
            : 0;
}
