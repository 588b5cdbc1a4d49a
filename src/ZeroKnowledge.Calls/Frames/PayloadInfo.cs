namespace ZeroKnowledge.Calls;

// What is in a finished payload.
internal readonly record struct PayloadInfo(int Frames, int MediaFrames, uint EarliestMs, uint LatestMs);
