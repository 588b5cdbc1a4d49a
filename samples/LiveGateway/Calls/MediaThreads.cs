using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Calls;

/// <summary>
/// Plays the network: one thread for the callers, one for the assistants, each writing a packet of every call every 20 ms. They measure how long a
/// write keeps them.
/// </summary>
internal sealed class MediaThreads(IReadOnlyList<LiveCall> calls, int slots, double speed)
{
    private const int Legs = 2;

    private readonly WriteTimes[] _times = [new(), new()];

    /// <summary>How long the writes took.</summary>
    public WriteTimes Times => WriteTimes.Sum(_times);

    /// <summary>Speaks for the whole call.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        // A common start, far enough away that both threads run by then.
        long start = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 50);
        return Task.WhenAll(Enumerable.Range(0, Legs).Select(leg => StartAsync(leg, start, cancellationToken)));
    }

    private Task StartAsync(int leg, long start, CancellationToken cancellationToken)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                Run(leg, start, cancellationToken);
                done.SetResult();
            }
            catch (OperationCanceledException e)
            {
                done.SetCanceled(e.CancellationToken);
            }
        })
        {
            IsBackground = true, Name = $"media {leg}", Priority = ThreadPriority.Highest,
        };
        thread.Start();
        return done.Task;
    }

    private void Run(int leg, long start, CancellationToken cancellationToken)
    {
        double slotTicks = Stopwatch.Frequency * Audio.AudioTrack.FrameMs / 1_000.0 / speed;
        byte[] packet = new byte[calls.Max(call => call.LongestPacket)];
        for (int slot = 0; slot < slots; slot++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SleepUntil(start + (long)(slot * slotTicks));
            foreach (LiveCall call in calls)
            {
                int size = call.Legs[leg].WritePacket(slot, packet);
                long before = Stopwatch.GetTimestamp();
                WriteResult result = call.Writer.WriteRtp(leg, packet.AsSpan(0, size));
                _times[leg].Add(Stopwatch.GetTimestamp() - before);
                call.Written(leg, slot, result);
            }
        }

        // The last packet's audio lasts until here.
        SleepUntil(start + (long)(slots * slotTicks));
    }

    private static void SleepUntil(long timestamp)
    {
        long left = timestamp - Stopwatch.GetTimestamp();
        if (left > 0)
        {
            Thread.Sleep(TimeSpan.FromSeconds((double)left / Stopwatch.Frequency));
        }
    }
}
