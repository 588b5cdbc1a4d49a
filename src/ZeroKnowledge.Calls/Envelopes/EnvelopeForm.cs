namespace ZeroKnowledge.Calls;

/// <summary>What an envelope still opens; a later version never has a smaller form.</summary>
internal enum EnvelopeForm : byte
{
    None = 0,
    Whole = 1,
    PartErased = 2,
    AllErased = 3,
}
