namespace ZeroKnowledge.Calls;

/// <summary>What a reader says of a recording (docs/FORMAT.md, section 13). If several hold, the lowest number is given.</summary>
public enum RecordingState
{
    /// <summary>Nothing could be verified; nothing is released. The default value.</summary>
    NotVerified = 0,

    /// <summary>Two writer lives signed conflicting statements.</summary>
    Forked = 1,

    /// <summary>Some chunks, or a metadata record, are not what was signed or sealed.</summary>
    Corrupt = 2,

    /// <summary>A statement, or the register, claims more chunks than there are.</summary>
    Truncated = 3,

    /// <summary>Sealed; count, root and the register, if one was given, agree.</summary>
    Complete = 4,

    /// <summary>Signed live in part, and attested by the gateway afterwards.</summary>
    Recovered = 5,

    /// <summary>No seal is known: at least this much.</summary>
    Open = 6,

    /// <summary>The chunks of a grant are whole: a range of a recording. Of the rest nothing is said, so it is never Complete.</summary>
    Range = 7,
}
