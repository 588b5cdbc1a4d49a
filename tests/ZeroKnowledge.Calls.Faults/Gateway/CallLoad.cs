using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// Media threads that write frames of many calls every 20 ms. A call that ends is followed by a new one. A thread that was late does not make up for it:
/// what the network had brought meanwhile would be more than the policy's bit rate.
/// </summary>
internal sealed class CallLoad
{
    private const int FrameMs = 20;

    private readonly CallRecorder _recorder;
    private readonly FrameLedger _ledger;
    private readonly LoadOptions _options;
    private readonly Thread[] _threads;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastNumber;
    private int _running;
    private volatile bool _stopping;

    public CallLoad(CallRecorder recorder, FrameLedger ledger, LoadOptions options)
    {
        _recorder = recorder;
        _ledger = ledger;
        _options = options;
        _lastNumber = options.FirstNumber;
        _threads = [.. Enumerable.Range(0, options.Threads).Select(i => new Thread(() => Run(i)) { IsBackground = true, Name = $"media {i}" })];
        _running = _threads.Length;
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>All calls have ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Ends all calls; the recorder goes on.</summary>
    public void Stop()
    {
        _stopping = true;
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Run(int thread)
    {
        try
        {
            Random random = new(_options.Seed + thread);
            LoadedCall[] calls = [.. Enumerable.Range(0, _options.Calls).Where(i => i % _threads.Length == thread).Select(i => Begin(i, random))];
            byte[] packet = FrameContent.NewPacket();
            long due = Stopwatch.GetTimestamp();
            while (!_stopping)
            {
                for (int i = 0; i < calls.Length; i++)
                {
                    calls[i].Write(packet);
                    if (calls[i].FramesLeft == 0)
                    {
                        calls[i].End(random.Next(5) != 0);
                        calls[i] = Begin(int.MaxValue, random);
                    }
                }

                due += FrameMs * Stopwatch.Frequency / 1_000;
                TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    Thread.Sleep(left);
                }
                else
                {
                    due = Stopwatch.GetTimestamp();
                }
            }

            Array.ForEach(calls, call => call.End(completed: true));
        }
        catch (Exception e)
        {
            // A process that went on without load would show nothing.
            Environment.FailFast(e.ToString());
        }

        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ended.SetResult();
        }
    }

    private LoadedCall Begin(int index, Random random)
    {
        int number = index < _options.GoOn.Count ? _options.GoOn[index] : Interlocked.Increment(ref _lastNumber);
        return new LoadedCall(_recorder, _ledger.Take(number, _options.FirstSequence), random.Next(_options.ShortestFrames, _options.LongestFrames + 1));
    }
}
