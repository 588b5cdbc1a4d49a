using LiveGateway.Calls;
using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>Lets the reader at an attacked recording, and compares what it says with what it must say.</summary>
internal static class AttackJudge
{
    /// <param name="attack">The attack.</param>
    /// <param name="call">The call that was attacked.</param>
    /// <param name="recording">As the reader opened it.</param>
    /// <param name="expected">What it must say.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<AttackOutcome> JudgeAsync(
        Attack attack, LiveCall call, Recording recording, Expectation expected, CancellationToken cancellationToken)
    {
        RecordingReport report = await recording.VerifyAsync(cancellationToken: cancellationToken);
        (bool isGenuine, TamperedException? stop) = await ReadAsync(call, recording, cancellationToken);
        string? finding = report.Findings.FirstOrDefault(text => expected.Finding is { } words && text.Contains(words, StringComparison.Ordinal));
        bool isDetected = report.State == expected.State
            && report.CorruptChunks.SequenceEqual(expected.CorruptChunks)
            && isGenuine
            && (expected.ReadsOn ? stop is null : stop is not null && stop.Chunk == expected.StopsAt)
            && (!expected.WithoutMetadata || recording.Metadata is null)
            && (expected.Finding is null || finding is not null);
        return new AttackOutcome(attack, call.Name, isDetected, report.State, Where(report, stop), finding ?? string.Join(' ', report.Findings.Append(stop?.Message)));
    }

    // Everything that is released before the reader stops must be what was written, in that order.
    private static async Task<(bool IsGenuine, TamperedException? Stop)> ReadAsync(LiveCall call, Recording recording, CancellationToken cancellationToken)
    {
        IEnumerator<SentFrame>[] sent = [.. Enumerable.Range(0, call.Legs.Count).Select(leg => call.Sent(leg).GetEnumerator())];
        bool isGenuine = true;
        try
        {
            await foreach (Frame frame in recording.ReadFramesAsync(cancellationToken: cancellationToken))
            {
                if (frame.Kind is FrameKind.Audio or FrameKind.Event)
                {
                    isGenuine &= frame.Leg < sent.Length && sent[frame.Leg].MoveNext() && sent[frame.Leg].Current.Is(frame);
                }
            }

            return (isGenuine, null);
        }
        catch (TamperedException e)
        {
            return (isGenuine, e);
        }
    }

    private static string Where(RecordingReport report, TamperedException? stop) => report switch
    {
        { CorruptChunks: [int only] } => $"chunk {only}",
        { CorruptChunks: [int first, .., int last] } => $"chunks {first} to {last}",
        { State: RecordingState.Truncated } when stop?.Chunk is { } chunk => $"from chunk {chunk} on",
        { State: RecordingState.NotVerified } => "all of it",
        { State: RecordingState.Corrupt } => "opening record",
        _ => "nothing lost",
    };
}
