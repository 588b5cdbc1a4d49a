namespace ZeroKnowledge.Calls;

// A chunk's payload, read. The frames' payloads are slices of one array, which the reader wipes when it is done.
internal sealed class ParsedPayload(uint tickNumber, uint earliestMs, uint latestMs, Frame[] frames, byte[] backing)
{
    public uint TickNumber => tickNumber;

    public uint EarliestMs => earliestMs;

    public uint LatestMs => latestMs;

    public IReadOnlyList<Frame> Frames => frames;

    /// <summary>The bytes of all frames' payloads, in order.</summary>
    public byte[] Backing => backing;

    /// <summary>The chunk may stand somewhere after the other one: tick numbers ascend and arrivals do not descend.</summary>
    public bool MayFollow(ParsedPayload earlier) => tickNumber > earlier.TickNumber && earliestMs >= earlier.LatestMs;
}
