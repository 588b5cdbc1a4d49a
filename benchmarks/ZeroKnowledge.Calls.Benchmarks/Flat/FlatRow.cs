namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>One row of <c>-- flat</c>.</summary>
/// <param name="Calls">Live calls.</param>
/// <param name="ChunkNs">What the pump needs for one chunk: closed, encrypted, hashed, handed over; statements included.</param>
/// <param name="WriteNs">What a media thread needs for one of the chunk's 50 frames, going from call to call.</param>
/// <param name="RatioToFastest">Of <paramref name="ChunkNs"/>, to the smallest of all rows.</param>
internal sealed record FlatRow(int Calls, double ChunkNs, double WriteNs, double RatioToFastest);
