namespace ZeroKnowledge.Calls;

/// <summary>What the statements of one count say about the first chunks at hand.</summary>
public enum PrefixAgreement
{
    /// <summary>Nothing: no statement that counts is of this many chunks.</summary>
    None = 0,

    /// <summary>The chunks are those that were signed.</summary>
    Agrees = 1,

    /// <summary>The chunks are not those that were signed.</summary>
    Differs = 2,
}
