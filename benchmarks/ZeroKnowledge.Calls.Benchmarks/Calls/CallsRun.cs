using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>N live calls through the real recorder, encrypted in full with statements, into a sink that counts.</summary>
internal static class CallsRun
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(CallsOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("zkcalls-bench").FullName;
        try
        {
            CallsRow row = await MeasureAsync(options, folder);
            Console.WriteLine(options.Json ? JsonSerializer.Serialize(row, JsonSerializerOptions.Web) : row.ToString());
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<CallsRow> MeasureAsync(CallsOptions options, string folder)
    {
        using GatewayKey gateway = GatewayKey.Generate();
        using Identity active = Identity.Generate(), recovery = Identity.Generate();
        CountingSink sink = new(TimeProvider.System);
        using GrpcChannel nowhere = GrpcChannel.ForAddress("http://127.0.0.1:9");
        long baseline = WorkingSet();
        CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [nowhere],
            Register = new NoRegister(),
            Spool = folder,
            Policy = new RecordingPolicy { Recipients = Recipients.Of(active.Recipient, recovery.Recipient), Gateway = gateway, Suite = options.Suite },
            Sink = sink,
        });
        sink.Spool = recorder.Lifecycle.Spool;
        CallWriter[] calls = await BeginAsync(recorder, options.Calls);

        FrameGenerator warm = new(calls, options.FrameMs), measured = new(calls, options.FrameMs);
        Process process = Process.GetCurrentProcess();
        double generatorCores = await CoresAsync(process, () => measured.Run(TimeSpan.FromSeconds(2), write: false));
        await OnThreadAsync(() => warm.Run(WarmUp, write: true));
        // What the setup has left behind is not of the running calls.
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await OnThreadAsync(() => warm.Run(WarmUp, write: true));

        sink.IsCounting = true;
        int gen2 = GC.CollectionCount(2);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double cores = await CoresAsync(process, () => measured.Run(TimeSpan.FromSeconds(options.Seconds), write: true));
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        gen2 = GC.CollectionCount(2) - gen2;
        long set = WorkingSet() - baseline;

        // What was written in the last ticks is still to come.
        await Task.Delay(TimeSpan.FromSeconds(3));
        sink.IsCounting = false;
        long lost = warm.Written + measured.Written - calls.Sum(call => call.Life.Frames);
        long expected = measured.Written, encrypted = expected - lost;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sink.Chunks} chunks; the latest was {sink.WorstMs} ms after the end of its tick; the generator was at most {measured.WorstBehindMs:N1} ms behind; refused {measured.Refused}, dropped {calls.Sum(call => call.DroppedFrames)}"));
        long[] times = measured.SortedTimes();
        CallsRow row = new(
            options.Calls,
            options.Seconds,
            expected,
            encrypted,
            lost,
            sink.Late,
            Percentile(times, 0.5),
            Percentile(times, 0.99),
            Percentile(times, 0.999),
            Percentile(times, 1),
            cores,
            generatorCores,
            (double)set / options.Calls,
            gen2,
            (double)allocated / expected);
        // Nothing to be proud of, but quick: nobody wants these recordings.
        Array.ForEach(calls, call => call.Complete());
        await recorder.StopAsync(new CancellationToken(canceled: true));
        return row;
    }

    private static async Task<CallWriter[]> BeginAsync(CallRecorder recorder, int count)
    {
        CallMetadata metadata = new() { CallId = "benchmark", Legs = [Leg.Pcma("caller")] };
        CallWriter[] calls = new CallWriter[count];
        for (int i = 0; i < count; i++)
        {
            calls[i] = recorder.Begin(metadata);
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

    private static async Task<double> CoresAsync(Process process, Action run)
    {
        process.Refresh();
        TimeSpan cpu = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        await OnThreadAsync(run);
        process.Refresh();
        return (process.TotalProcessorTime - cpu) / Stopwatch.GetElapsedTime(start);
    }

    private static Task OnThreadAsync(Action run) => Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static long WorkingSet()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)] * 1e9 / Stopwatch.Frequency;
}
