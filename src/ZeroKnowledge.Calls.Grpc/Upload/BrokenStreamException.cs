namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A stream ended before the archive had answered: the next attempt waits longer.</summary>
internal sealed class BrokenStreamException(string why, Exception cause) : Exception(why, cause);
