namespace ZeroKnowledge.Calls;

/// <summary>What a statement is (docs/FORMAT.md, section 8).</summary>
public enum StatementType
{
    /// <summary>Not a statement: the default value is refused everywhere.</summary>
    None = 0,

    /// <summary>Signed by the writer while the recording goes on.</summary>
    Checkpoint = 1,

    /// <summary>Signed by the writer at the end.</summary>
    Seal = 2,

    /// <summary>Signed by the gateway after a crash, from what it had kept.</summary>
    Recovery = 3,
}
