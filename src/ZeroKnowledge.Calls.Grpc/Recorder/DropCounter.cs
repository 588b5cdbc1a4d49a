namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Frames of one leg that found no room since the last tick. Counted by media threads, taken by the pump, which makes a gap of them.</summary>
internal sealed class DropCounter
{
    private int _frames;
    private int _firstMs = -1;
    private int _reason;

    /// <param name="reason">Why.</param>
    /// <param name="firstMs">When, in ms since the recording began: now, or earlier for what could not be told on the last tick.</param>
    /// <param name="frames">How many.</param>
    public void Add(GapReason reason, uint firstMs, int frames = 1)
    {
        // The first reason stays: what a full spool had kept back is still in the way, and drops more, when there is room again. And a full spool is told over others.
        if (TryBegin((int)firstMs) || reason == GapReason.SpoolFull)
        {
            Volatile.Write(ref _reason, (int)reason);
        }

        Interlocked.Add(ref _frames, frames);
    }

    /// <returns>False if there was none.</returns>
    public bool TryTake(uint nowMs, out int frames, out uint durationMs, out GapReason reason)
    {
        durationMs = 0;
        reason = (GapReason)Volatile.Read(ref _reason);
        frames = Interlocked.Exchange(ref _frames, 0);
        if (frames == 0)
        {
            return false;
        }

        int first = Interlocked.Exchange(ref _firstMs, -1);
        durationMs = first < 0 || (uint)first >= nowMs ? 1 : nowMs - (uint)first;
        return true;
    }

    private bool TryBegin(int firstMs)
    {
        int known;
        while ((known = Volatile.Read(ref _firstMs)) < 0 || firstMs < known)
        {
            if (Interlocked.CompareExchange(ref _firstMs, firstMs, known) == known)
            {
                return true;
            }
        }

        return false;
    }
}
