using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Deaths;

/// <summary>
/// Which frames a gateway's process was given, and when, in a file mapping that outlives it: plain stores, which the system keeps when the process is killed.
/// One thread writes a leg.
/// </summary>
internal sealed unsafe class AcceptedFrames : IDisposable
{
    private const int Legs = 2;
    private const long Refused = -1;
    private const double FrameMs = 20;

    private readonly int _slots;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _times;

    /// <param name="path">Made if it is not there.</param>
    /// <param name="calls">How many calls it has room for.</param>
    /// <param name="slots">How many frames of each leg it has room for.</param>
    public AcceptedFrames(string path, int calls, int slots)
    {
        _slots = slots;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, (long)calls * Legs * slots * sizeof(long));
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _times = (long*)start;
    }

    /// <summary>The recorder took a frame, or refused it.</summary>
    public void Add(int call, int leg, int slot, WriteResult result)
    {
        if (slot < _slots)
        {
            Volatile.Write(ref Of(call, leg, slot), result == WriteResult.Accepted ? Stopwatch.GetTimestamp() : Refused);
        }
    }

    /// <summary>What became of the frames of a leg, in order, as far as it was written.</summary>
    public IEnumerable<(int Slot, bool IsAccepted, TimeSpan Age)> Read(int call, int leg, long end)
    {
        for (int slot = 0; slot < _slots && Time(call, leg, slot) is not 0 and long at; slot++)
        {
            yield return (slot, at != Refused, at == Refused ? TimeSpan.Zero : Stopwatch.GetElapsedTime(at, end));
        }
    }

    /// <summary>For how long, shortly before the end, the machine did not let the process run: the frames of a leg come every 20 ms.</summary>
    public TimeSpan StallBefore(long end, TimeSpan window)
    {
        double late = 0, last = 0;
        foreach ((_, _, TimeSpan age) in Read(0, 0, end).Reverse().TakeWhile(frame => frame.Age < window))
        {
            late += Math.Max(0, age.TotalMilliseconds - last - (2 * FrameMs));
            last = age.TotalMilliseconds;
        }

        return TimeSpan.FromMilliseconds(late);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private long Time(int call, int leg, int slot) => Volatile.Read(ref Of(call, leg, slot));

    private ref long Of(int call, int leg, int slot) => ref _times[((((long)call * Legs) + leg) * _slots) + slot];
}
