namespace ZeroKnowledge.Calls;

/// <summary>Why a range of chunks gives no audio, or not all of it.</summary>
public enum RangeStatus
{
    /// <summary>Not a status.</summary>
    None = 0,

    /// <summary>A trusted owner certified that the keys were destroyed.</summary>
    Erased = 1,

    /// <summary>The envelope has no key, and no certificate says why.</summary>
    NoKey = 2,

    /// <summary>The gateway recorded that audio is missing.</summary>
    Gap = 3,

    /// <summary>The grant does not cover it.</summary>
    NotGranted = 4,
}
