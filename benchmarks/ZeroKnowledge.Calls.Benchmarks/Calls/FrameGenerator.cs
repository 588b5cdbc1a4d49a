using System.Buffers.Binary;
using System.Diagnostics;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// A media thread that speaks for many calls: each gets a frame of G.711 every <paramref name="frameMs"/> ms, spread evenly over that time. One write in 256 is timed.
/// </summary>
internal sealed class FrameGenerator(IReadOnlyList<CallWriter> calls, int frameMs)
{
    private const int TimedEvery = 256;

    // So many calls are written in one go, then the clock is looked at.
    private const int Slice = 64;

    private readonly byte[] _packet = MakePacket(frameMs);
    private readonly List<long> _times = new(1 << 20);
    private ushort _sequence;

    public long Written { get; private set; }

    public long Refused { get; private set; }

    /// <summary>The longest time by which it was behind the clock: then the machine, not the recorder, is at its limit.</summary>
    public double WorstBehindMs { get; private set; }

    /// <summary>Speaks in real time.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="write">False: does all but the writing, to know what it costs by itself.</param>
    public void Run(TimeSpan duration, bool write)
    {
        long start = Stopwatch.GetTimestamp();
        int rounds = (int)(duration.TotalMilliseconds / frameMs);
        long taken = 0;
        for (int round = 0; round < rounds; round++)
        {
            _sequence++;
            BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(2), _sequence);
            BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(4), (uint)(_sequence * 8 * frameMs));
            for (int first = 0; first < calls.Count; first += Slice)
            {
                double due = (round + ((double)first / calls.Count)) * frameMs;
                WaitUntil(start, due);
                taken = Speak(first, Math.Min(first + Slice, calls.Count), taken, write);
            }
        }
    }

    public long[] SortedTimes()
    {
        _times.Sort();
        return [.. _times];
    }

    private long Speak(int first, int end, long taken, bool write)
    {
        for (int i = first; i < end; i++, taken++)
        {
            if (!write)
            {
                GC.KeepAlive(calls[i]);
                continue;
            }

            bool timed = taken % TimedEvery == 0;
            long before = timed ? Stopwatch.GetTimestamp() : 0;
            WriteResult result = calls[i].WriteRtp(0, _packet);
            if (timed && _times.Count < _times.Capacity)
            {
                _times.Add(Stopwatch.GetTimestamp() - before);
            }

            Written++;
            Refused += result == WriteResult.Accepted ? 0 : 1;
        }

        return taken;
    }

    private void WaitUntil(long start, double dueMs)
    {
        double behind = Stopwatch.GetElapsedTime(start).TotalMilliseconds - dueMs;
        WorstBehindMs = Math.Max(WorstBehindMs, behind);
        for (; behind < 0; behind = Stopwatch.GetElapsedTime(start).TotalMilliseconds - dueMs)
        {
            // The slices of a millisecond are written in one go: a media server does not spin either.
            Thread.Sleep(1);
        }
    }

    private static byte[] MakePacket(int frameMs)
    {
        byte[] packet = new byte[12 + (8 * frameMs)];
        Random.Shared.NextBytes(packet);
        packet[0] = 0x80;
        packet[1] = 8;
        return packet;
    }
}
