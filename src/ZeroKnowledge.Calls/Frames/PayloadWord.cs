namespace ZeroKnowledge.Calls;

// The one word that decides about a PayloadBuffer: closed 1 | by the pump 1 | epoch 10 | arrival of the last frame 31 | offset of the next one 21.
internal readonly record struct PayloadWord(long Value)
{
    private const int OffsetBits = 21;
    private const int ArrivalBits = 31;
    private const int EpochShift = OffsetBits + ArrivalBits;
    private const long OffsetMask = (1L << OffsetBits) - 1;
    private const long ArrivalMask = (1L << ArrivalBits) - 1;
    private const long EpochMask = (1L << 10) - 1;

    public const long ClosedBit = long.MinValue;

    /// <summary>With the closed bit: the pump closed it, and had said before what follows.</summary>
    public const long PumpBit = 1L << 62;

    // A closed word has one of these offsets before its payload is open. Afterwards it is the head's size or more.
    private const int PreparedOffset = 0;
    private const int DormantOffset = 1;

    public bool IsClosed => Value < 0;

    public bool IsClosedByPump => IsClosed && (Value & PumpBit) != 0;

    public bool IsPrepared => IsClosed && Offset == PreparedOffset;

    /// <summary>Closed after it was open.</summary>
    public bool IsEnded => IsClosed && Offset >= FrameLayout.HeadSize;

    public int Offset => (int)(Value & OffsetMask);

    public uint Arrival => (uint)(Value >> OffsetBits & ArrivalMask);

    private long Epoch => Value & EpochMask << EpochShift;

    /// <summary>Not open, in the next epoch: equal to no word of the lives before, unless one is 1,024 epochs old.</summary>
    // From the word and not from the life's number: with 1,024 buffers in turn, all lives of one would have the same epoch.
    public PayloadWord Dormant() => new(ClosedBit | ((Value >> EpochShift) + 1 & EpochMask) << EpochShift | DormantOffset);

    public PayloadWord Prepared() => new(ClosedBit | Epoch | PreparedOffset);

    public PayloadWord Opened(uint floor) => new(Epoch | (long)floor << OffsetBits | FrameLayout.HeadSize);

    public PayloadWord Reserved(uint arrival, int size) => new(Epoch | (long)arrival << OffsetBits | (long)(Offset + size));
}
