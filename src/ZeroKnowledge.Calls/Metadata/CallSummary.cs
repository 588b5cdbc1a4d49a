namespace ZeroKnowledge.Calls;

/// <summary>What the closing record says of a recording's end. Immutable.</summary>
/// <param name="Ended">When the recording ended, by the gateway's clock.</param>
/// <param name="Reason">Why; the seal says the same.</param>
/// <param name="Frames">Audio and event frames in all chunks.</param>
/// <param name="DroppedFrames">Frames that a gap stands for.</param>
/// <param name="Gaps">The sum of the durations of all gap frames.</param>
public sealed record CallSummary(DateTimeOffset Ended, EndReason Reason, long Frames, long DroppedFrames, TimeSpan Gaps);
