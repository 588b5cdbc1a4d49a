namespace ZeroKnowledge.Calls;

/// <summary>Why audio is missing (docs/FORMAT.md, section 6); the values are those of the format.</summary>
public enum GapReason : byte
{
    /// <summary>Not a reason: the default value is refused everywhere.</summary>
    None = 0,

    /// <summary>Lost before it reached the writer.</summary>
    Lost = 1,

    /// <summary>Masked: the leg was not recorded on purpose, for example while a card number was said.</summary>
    Masked = 2,

    /// <summary>The recording was paused.</summary>
    Paused = 3,

    /// <summary>The call was on hold.</summary>
    Held = 4,

    /// <summary>The gateway's spool was full.</summary>
    SpoolFull = 5,

    /// <summary>A frame that no payload of this recording can hold.</summary>
    Oversize = 6,

    /// <summary>More than the policy's bit rate, or the writer could not keep up.</summary>
    Overload = 7,

    /// <summary>Ticks were missed because the process was stopped.</summary>
    Clock = 8,
}
