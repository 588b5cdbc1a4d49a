namespace ZeroKnowledge.Calls;

// The bytes of payloads and frames that writer and parser must agree on: docs/FORMAT.md, section 6. Sizes in bytes.
internal static class FrameLayout
{
    public const int HeadSize = 14;
    public const int TickOffset = 0;
    public const int EarliestOffset = 4;
    public const int LatestOffset = 8;
    public const int CountOffset = 12;

    public const int Anchor = 1;
    public const int Delta = 2;
    public const int Next = 3;
    public const int EventForms = 3;
    public const int FormatType = 7;
    public const int GapType = 8;

    public const byte MarkerBit = 0x80;
    public const byte SequenceBit = 0x40;
    public const byte StepBit = 0x20;
    public const byte LengthBit = 0x10;
    public const byte ControlReserved = 0x0f;

    public const int AnchorFields = 13;
    public const uint MaxStep = ushort.MaxValue;

    /// <summary>Type and arrival.</summary>
    public const int MinFrame = 2;
    public const int MaxGapFrame = 1 + Varint.MaxSize + Varint.MaxSize + 1;

    /// <summary>Arrival times are below 2^31 ms.</summary>
    public const uint MaxArrival = int.MaxValue;
}
