using LiveGateway.Calls;
using ZeroKnowledge.Calls;

namespace LiveGateway.ReadBack;

/// <summary>Compares what comes back with what was written: every frame of every leg, in order, to the last bit.</summary>
internal sealed class FrameComparison
{
    /// <summary>Audio and event frames that came back.</summary>
    public long Read { get; private set; }

    /// <summary>Frames that are not the written ones, came too much, or are missing.</summary>
    public long Different { get; private set; }

    public long Gaps { get; private set; }

    public async Task CompareAsync(Recording recording, LiveCall call, CancellationToken cancellationToken)
    {
        IEnumerator<SentFrame>[] sent = [.. Enumerable.Range(0, call.Legs.Count).Select(leg => call.Sent(leg).GetEnumerator())];
        await foreach (Frame frame in recording.ReadFramesAsync(cancellationToken: cancellationToken))
        {
            if (frame.Kind == FrameKind.Gap)
            {
                Gaps++;
            }
            else if (frame.Kind is FrameKind.Audio or FrameKind.Event)
            {
                Read++;
                bool isSame = frame.Leg < sent.Length && sent[frame.Leg].MoveNext() && sent[frame.Leg].Current.Is(frame);
                Different += isSame ? 0 : 1;
            }
        }

        foreach (IEnumerator<SentFrame> leg in sent)
        {
            while (leg.MoveNext())
            {
                Different++;
            }
        }
    }
}
