namespace ZeroKnowledge.Calls;

// What became of a frame that was appended to a payload.
internal enum AppendResult
{
    None = 0,

    /// <summary>The frame is in the payload.</summary>
    Accepted,

    /// <summary>The payload is closed and has no successor, or belongs to another recording by now. Read the recording's current
    /// payload again and retry if it is another one; otherwise the recording has ended or ran out of buffers.</summary>
    Closed,

    /// <summary>No room: more than the payload's share of frames came in this tick. The frame is dropped and a gap tells it.</summary>
    Full,

    /// <summary>Not even an empty payload can hold the frame.</summary>
    Oversize,

    /// <summary>Another thread is writing the same leg, which the caller must not do. The frame is dropped.</summary>
    Contended,
}
