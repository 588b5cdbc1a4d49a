namespace ZeroKnowledge.Calls.Faults;

/// <summary>One call of one life of a gateway in a <see cref="FrameLedger"/>, while that is open.</summary>
internal readonly unsafe struct LedgerSlot(byte* start, int framesPerLeg)
{
    private const int HeadSize = 64;
    private const long Refused = -1;

    /// <summary>The call's number; 0 if the process was killed while it took the slot.</summary>
    public int Call
    {
        get => Volatile.Read(ref *(int*)start);
        set => Volatile.Write(ref *(int*)start, value);
    }

    /// <summary>The sequence of its first frame; later ones count on, on both legs.</summary>
    public int FirstSequence
    {
        get => *(int*)(start + 4);
        set => *(int*)(start + 4) = value;
    }

    /// <summary>When Begin was called.</summary>
    public long Begun
    {
        get => Time(8);
        set => Time(8) = value;
    }

    /// <summary>When the application saw that the call is set up; 0 before that.</summary>
    public long Started
    {
        get => Volatile.Read(ref Time(16));
        set => Volatile.Write(ref Time(16), value);
    }

    /// <summary>When the application ended the call; 0 while it runs.</summary>
    public long Ended
    {
        get => Volatile.Read(ref Time(24));
        set => Volatile.Write(ref Time(24), value);
    }

    /// <summary>Whether another frame of a leg fits.</summary>
    public bool HasRoom(int leg) => Written(leg) < framesPerLeg;

    /// <summary>How many frames of a leg were given to the recorder and came back.</summary>
    public int Written(int leg) => Volatile.Read(ref Count(leg));

    /// <summary>The recorder took, or refused, the next frame of a leg.</summary>
    public void Add(int leg, bool accepted, long at)
    {
        int count = Count(leg);
        Frame(leg, count) = accepted ? at : Refused;
        Volatile.Write(ref Count(leg), count + 1);
    }

    /// <summary>When the recorder took a frame; null if it refused it.</summary>
    public long? AcceptedAt(int leg, int frame) => Frame(leg, frame) is var at && at == Refused ? null : at;

    private ref int Count(int leg) => ref *(int*)(start + 32 + (4 * leg));

    private ref long Time(int at) => ref *(long*)(start + at);

    private ref long Frame(int leg, int frame) => ref *(long*)(start + HeadSize + (((long)leg * framesPerLeg) + frame) * sizeof(long));
}
