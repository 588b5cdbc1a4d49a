namespace RtpTap;

/// <summary>What the sequence numbers of one leg say about the network: of the 64 numbers before the highest it is known whether they came. The recording itself keeps every packet as it came.</summary>
public sealed class SequenceCounter
{
    private const int Window = 64;

    // Further away than this is a new beginning of the sender, not a loss (RFC 3550, appendix A.1).
    private const int MaxDropout = 3_000;

    private bool _begun;
    private uint _ssrc;
    private ushort _highest;
    private ulong _seen;

    /// <summary>Packets that came, duplicates included.</summary>
    public long Packets { get; private set; }

    public long Duplicates { get; private set; }

    /// <summary>Came after one with a higher number.</summary>
    public long Reordered { get; private set; }

    /// <summary>Numbers below the highest that have not come, up to now.</summary>
    public long Lost { get; private set; }

    /// <summary>Changes of SSRC, and jumps of the sequence.</summary>
    public long Restarts { get; private set; }

    public void Count(uint ssrc, ushort sequence)
    {
        Packets++;
        int step = unchecked((short)(sequence - _highest));
        if (!_begun || ssrc != _ssrc || Math.Abs(step) > MaxDropout)
        {
            Restarts += _begun ? 1 : 0;
            (_begun, _ssrc, _highest, _seen) = (true, ssrc, sequence, 1);
        }
        else if (step > 0)
        {
            Lost += step - 1;
            _seen = step >= Window ? 1 : _seen << step | 1;
            _highest = sequence;
        }
        else if (-step < Window && (_seen >> -step & 1) != 0)
        {
            Duplicates++;
        }
        else
        {
            Reordered++;
            Lost = Math.Max(0, Lost - 1);
            _seen |= -step < Window ? 1UL << -step : 0;
        }
    }
}
