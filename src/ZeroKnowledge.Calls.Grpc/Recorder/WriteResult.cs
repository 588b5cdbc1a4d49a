namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What became of a frame that was written to a call.</summary>
public enum WriteResult
{
    /// <summary>Not a result.</summary>
    None = 0,

    /// <summary>The frame will be in the recording.</summary>
    Accepted = 1,

    /// <summary>It is not an RTP packet, its payload is over 8,192 bytes, or the call has no such leg. Nothing was recorded.</summary>
    Malformed = 2,

    /// <summary>There was no room, or the call could not be started. The recording tells it by a gap, if there is a recording.</summary>
    Dropped = 3,

    /// <summary>The call has ended.</summary>
    Ended = 4,

    /// <summary>A mask keeps it out of the recording, which tells it by a gap.</summary>
    Masked = 5,
}
