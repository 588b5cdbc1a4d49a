using System.Diagnostics;
using System.Globalization;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>A recorder with many live calls, that are spoken in real time.</summary>
internal sealed class LiveLoad : IAsyncDisposable
{
    private const int FirstCalls = 1_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly CallMetadata Metadata = new() { CallId = "benchmark", Legs = [Leg.Pcma("caller")] };

    private readonly LiveOptions _options;
    private readonly CountingSink _sink;
    private readonly long _workingSetBefore;
    private double _generatorCores;

    private LiveLoad(LiveOptions options, CallRecorder recorder, CountingSink sink, long workingSetBefore)
    {
        _options = options;
        Recorder = recorder;
        _sink = sink;
        _workingSetBefore = workingSetBefore;
        sink.Use(recorder.Lifecycle);
    }

    public CallRecorder Recorder { get; }

    public CountingSink Sink => _sink;

    public CallWriter[] Calls { get; private set; } = [];

    /// <summary>Speaks for the calls, once they have begun.</summary>
    public MediaThreads? Media { get; private set; }

    public static async Task<LiveLoad> StartAsync(LiveOptions options, CallRecorderOptions recorder, CountingSink sink)
    {
        long before = WorkingSet();
        return new LiveLoad(options, await CallRecorder.StartAsync(recorder), sink, before);
    }

    /// <summary>Begins the calls, and speaks until the code is as it stays.</summary>
    public async Task BeginAsync()
    {
        // By itself: nothing else runs yet.
        MediaThreads alone = new(new CallWriter[_options.Calls], _options.MediaThreads, _options.FrameMs);
        using Process process = Process.GetCurrentProcess();
        _generatorCores = (await CpuMeter.MeasureAsync(() => alone.Run(TimeSpan.FromSeconds(2), write: false), process))[0];
        // With a few calls until the code is as it stays: all of them would be more than slow code can do.
        CallWriter[] first = await BeginAsync(Math.Min(_options.Calls, FirstCalls));
        MediaThreads few = new(first, _options.MediaThreads, _options.FrameMs);
        await Task.Run(() => few.Run(WarmUp, write: true));
        Calls = await BeginAsync(_options.Calls);
        Array.ForEach(first, call => call.Complete());
        Media = new MediaThreads(Calls, _options.MediaThreads, _options.FrameMs);
        await Task.Run(() => Media.Run(WarmUp, write: true));
        // What the setup has left behind is not of the running calls.
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await Task.Run(() => Media.Run(WarmUp, write: true));
    }

    /// <summary>Begins more calls and waits until they are set up.</summary>
    public async Task<CallWriter[]> BeginAsync(int count)
    {
        CallWriter[] calls = new CallWriter[count];
        for (int i = 0; i < count; i++)
        {
            calls[i] = Recorder.Begin(Metadata);
            if (i % 500 == 499)
            {
                await calls[i].Started;
            }
        }

        foreach (CallWriter call in calls)
        {
            await call.Started;
        }

        return calls;
    }

    /// <summary>Begins a call and does not wait.</summary>
    public CallWriter Begin() => Recorder.Begin(Metadata);

    /// <summary>Speaks and measures.</summary>
    /// <param name="others">Processes whose time counts too.</param>
    public async Task<(LiveRow Row, double[] OtherCores)> MeasureAsync(params Process[] others)
    {
        MediaThreads media = Media!;
        using Process process = Process.GetCurrentProcess();
        media.Reset(TimeSpan.FromSeconds(_options.Seconds));
        long spoken = (long)media.Rounds * Calls.Length;
        _sink.IsCounting = true;
        int gen2 = GC.CollectionCount(2);
        double[] cores = await CpuMeter.MeasureAsync(() => media.Run(TimeSpan.FromSeconds(_options.Seconds), write: true), [process, .. others]);
        gen2 = GC.CollectionCount(2) - gen2;
        long set = WorkingSet() - _workingSetBefore;

        // What was written in the last ticks is still to come.
        await Task.Delay(TimeSpan.FromSeconds(3));
        _sink.IsCounting = false;
        long lost = spoken + media.Written - Encrypted();
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_sink.Chunks} chunks; the latest was {_sink.WorstMs} ms after the end of its tick; media threads were at most {media.WorstBehindMs:N1} ms behind; refused {media.Refused}, dropped {Calls.Sum(call => call.DroppedFrames)}"));
        double[] times = media.TimesNs();
        LiveRow row = new(
            _options.Suite == Suite.Aes256Gcm ? "aes" : "aegis",
            _options.FrameMs,
            Calls.Length,
            _options.Seconds,
            media.Written,
            media.Written - lost,
            lost,
            _sink.Late,
            Percentiles.Of(times, 0.5),
            Percentiles.Of(times, 0.99),
            Percentiles.Of(times, 0.999),
            Percentiles.Of(times, 1),
            cores.Sum(),
            _generatorCores,
            (double)set / Calls.Length,
            gen2,
            media.AllocatedPerFrame);
        return (row, cores[1..]);
    }

    /// <summary>Ends at once, whatever is left: nobody wants these recordings.</summary>
    public async ValueTask DisposeAsync()
    {
        Array.ForEach(Calls, call => call.Complete());
        await Recorder.StopAsync(new CancellationToken(canceled: true));
    }

    private long Encrypted() => Calls.Sum(call => call.Life.Frames);

    private static long WorkingSet()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
