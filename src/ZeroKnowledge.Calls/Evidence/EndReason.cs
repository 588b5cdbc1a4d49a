namespace ZeroKnowledge.Calls;

/// <summary>Why a recording ended (docs/FORMAT.md, section 8).</summary>
public enum EndReason
{
    /// <summary>It has not ended: the reason of every checkpoint.</summary>
    None = 0,

    /// <summary>The integrator completed it.</summary>
    Completed = 1,

    /// <summary>It ended without being completed.</summary>
    Aborted = 2,

    /// <summary>The integrator does not want it, for example because consent was refused.</summary>
    Discarded = 3,

    /// <summary>The call goes on in a linked recording.</summary>
    Continued = 4,

    /// <summary>The process ended without a seal: the reason of every recovery.</summary>
    Restart = 16,
}
