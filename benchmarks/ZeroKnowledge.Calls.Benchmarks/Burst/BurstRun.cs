using System.Diagnostics;
using System.Globalization;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Many new calls within one second on top of many that run. All are spoken from their beginning on, so the frames of new ones wait for their keys.</summary>
internal static class BurstRun
{
    // 100 times in a second.
    private const int Steps = 100;

    private static readonly TimeSpan SetUpPatience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        LiveOptions options = LiveOptions.Read(arguments, calls: 20_000);
        int count = arguments.Number("--new", 5_000);
        using TemporaryFolder folder = new();
        using Customer customer = new();
        await using LiveLoad load = await CallsRun.StartAsync(options, folder, customer);
        await load.BeginAsync();
        load.Sink.IsCounting = true;
        TimeSpan speaking = TimeSpan.FromSeconds(options.Seconds);
        load.Media!.Reset(speaking);
        long spokenBefore = (long)load.Media.Rounds * options.Calls;
        Task running = Task.Run(() => load.Media.Run(speaking, write: true));

        BurstCalls burst = new(load, count, options.FrameMs);
        Stopwatch clock = Stopwatch.StartNew();
        await Task.Run(() => burst.Begin(Steps));
        double beginMs = clock.Elapsed.TotalMilliseconds;
        Task talking = Task.Run(() => burst.Speak(speaking - clock.Elapsed));
        await Task.WhenAll(burst.Calls.Select(call => call.Started)).WaitAsync(SetUpPatience);
        double setUpMs = clock.Elapsed.TotalMilliseconds;
        await Task.WhenAll(running, talking);
        await Task.Delay(TimeSpan.FromSeconds(3));

        long spoken = load.Media.Written + burst.Written;
        long encrypted = load.Calls.Sum(call => call.Life.Frames) - spokenBefore + burst.Calls.Sum(call => call.Life.Frames);
        double[] times = load.Media.TimesNs();
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"the latest chunk was {load.Sink.WorstMs} ms after the end of its tick; media threads were at most {load.Media.WorstBehindMs:N1} ms behind"));
        arguments.Print(new BurstRow(
            options.Calls, count, beginMs, setUpMs, spoken, spoken - encrypted, load.Sink.Late, Percentiles.Of(times, 0.999), Percentiles.Of(times, 1)));
        Array.ForEach(burst.Calls, call => call.Complete());
        return 0;
    }

    /// <summary>The new calls: they are spoken while others are still to begin.</summary>
    private sealed class BurstCalls(LiveLoad load, int count, int frameMs)
    {
        private readonly byte[] _packet = SpokenFrame.MakePacket(frameMs);
        private int _begun;

        public CallWriter[] Calls { get; } = new CallWriter[count];

        public long Written { get; private set; }

        public void Begin(int steps)
        {
            long start = Stopwatch.GetTimestamp();
            TimeSpan spoken = TimeSpan.Zero;
            for (int step = 1; step <= steps; step++)
            {
                for (; _begun < (long)count * step / steps; _begun++)
                {
                    Calls[_begun] = load.Begin();
                }

                Speak(ref spoken, Stopwatch.GetElapsedTime(start));
                TimeSpan left = TimeSpan.FromSeconds((double)step / steps) - Stopwatch.GetElapsedTime(start);
                Thread.Sleep(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
        }

        public void Speak(TimeSpan duration)
        {
            long start = Stopwatch.GetTimestamp();
            for (TimeSpan spoken = TimeSpan.Zero; spoken < duration;)
            {
                Speak(ref spoken, Stopwatch.GetElapsedTime(start));
                Thread.Sleep(1);
            }
        }

        private void Speak(ref TimeSpan spoken, TimeSpan until)
        {
            for (; spoken < until; spoken += TimeSpan.FromMilliseconds(frameMs))
            {
                for (int i = 0; i < _begun; i++, Written++)
                {
                    Calls[i].WriteRtp(0, _packet);
                }
            }
        }
    }
}
