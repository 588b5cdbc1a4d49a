namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The audio of a benchmark, by name.</summary>
public enum Audio
{
    /// <summary>One leg of G.711.</summary>
    G711Mono = 1,

    /// <summary>Two legs of G.711.</summary>
    G711Dual = 2,

    /// <summary>One leg of Opus-like packets.</summary>
    Opus = 3,

    /// <summary>One leg of linear samples, 8 kHz.</summary>
    L16 = 4,
}
