namespace ZeroKnowledge.Calls;

/// <summary>A range of chunks and why it gives no audio, or not all of it. Immutable.</summary>
/// <param name="Range">The chunks.</param>
/// <param name="Status">What is to be said of them.</param>
public readonly record struct RangeFinding(ChunkRange Range, RangeStatus Status);
