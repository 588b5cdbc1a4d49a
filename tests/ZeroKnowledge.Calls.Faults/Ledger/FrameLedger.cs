using System.IO.MemoryMappedFiles;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// What a gateway's process accepted, in a mapping that outlives it: plain stores, which the system keeps when the process is killed. Times are time
/// stamps of the monotonic clock that all processes share. One thread writes a leg of a slot.
/// </summary>
internal sealed unsafe class FrameLedger : IDisposable
{
    private const int HeadSize = 4_096;
    private const int SlotHeadSize = 64;
    private const int Legs = 2;

    private const int SlotsAt = 0;
    private const int FramesAt = 4;
    private const int UsedAt = 8;
    private const int HeartbeatAt = 16;
    private const int StallCountAt = 24;
    private const int StallsAt = 64;
    private const int MaxStalls = 200;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private FrameLedger(MemoryMappedFile file)
    {
        _file = file;
        _view = file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>How many calls it has room for.</summary>
    public int Slots => Volatile.Read(ref Int(SlotsAt));

    /// <summary>How many frames of each leg it has room for.</summary>
    public int FramesPerLeg => Volatile.Read(ref Int(FramesAt));

    /// <summary>How many slots are taken.</summary>
    public int Used => Math.Min(Volatile.Read(ref Int(UsedAt)), Slots);

    /// <summary>When the process was last seen to run.</summary>
    public long Heartbeat
    {
        get => Volatile.Read(ref Long(HeartbeatAt));
        set => Volatile.Write(ref Long(HeartbeatAt), value);
    }

    /// <summary>Times in which the process did not run although it wanted to, the newest ones.</summary>
    public IReadOnlyList<(long From, long To)> Stalls
    {
        get
        {
            int count = Volatile.Read(ref Int(StallCountAt));
            return [.. Enumerable.Range(Math.Max(0, count - MaxStalls), Math.Min(count, MaxStalls)).Select(i => (Long(StallAt(i)), Long(StallAt(i) + 8)))];
        }
    }

    private long SlotSize => SlotHeadSize + ((long)Legs * FramesPerLeg * sizeof(long));

    /// <summary>Makes a new file.</summary>
    public static FrameLedger Create(string path, int slots, int framesPerLeg)
    {
        long size = HeadSize + (slots * (SlotHeadSize + ((long)Legs * framesPerLeg * sizeof(long))));
        FrameLedger ledger = new(MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, null, size));
        ledger.Int(SlotsAt) = slots;
        ledger.Int(FramesAt) = framesPerLeg;
        return ledger;
    }

    public static FrameLedger Open(string path) => new(MemoryMappedFile.CreateFromFile(path, FileMode.Open));

    /// <summary>Takes the next slot for a call.</summary>
    /// <exception cref="InvalidOperationException">There is none left.</exception>
    public LedgerSlot Take(int call, int firstSequence)
    {
        int slot = Interlocked.Increment(ref Int(UsedAt)) - 1;
        if (slot >= Slots)
        {
            throw new InvalidOperationException($"The ledger has room for {Slots} calls.");
        }

        LedgerSlot taken = this[slot];
        taken.FirstSequence = firstSequence;
        taken.Call = call;
        return taken;
    }

    public LedgerSlot this[int slot] => new(_start + HeadSize + (slot * SlotSize), FramesPerLeg);

    public void AddStall(long from, long to)
    {
        int count = Int(StallCountAt);
        Long(StallAt(count)) = from;
        Long(StallAt(count) + 8) = to;
        Volatile.Write(ref Int(StallCountAt), count + 1);
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static int StallAt(int stall) => StallsAt + (stall % MaxStalls * 16);

    private ref int Int(int at) => ref *(int*)(_start + at);

    private ref long Long(int at) => ref *(long*)(_start + at);
}
