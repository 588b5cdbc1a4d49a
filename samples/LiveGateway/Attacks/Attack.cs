using LiveGateway.Format;
using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>What an attack has to work with, beside the recording that it attacks.</summary>
internal sealed record AttackMaterial
{
    /// <summary>Another recording of the same gateway, if there is one; else the forged one.</summary>
    public required StoredParts Other { get; init; }

    public required KeyEnvelope OtherEnvelope { get; init; }

    /// <summary>A whole recording, made by somebody else's gateway for the same recipients.</summary>
    public required StoredParts Forged { get; init; }

    public required KeyEnvelope ForgedEnvelope { get; init; }

    public required byte[] GatewaySeed { get; init; }

    public required IReadOnlyList<Recipient> Recipients { get; init; }
}

/// <summary>What a reader must say (docs/FORMAT.md, sections 13 and 14).</summary>
/// <param name="State">The state.</param>
/// <param name="CorruptChunks">The chunks that it must name, and no others.</param>
/// <param name="StopsAt">The chunk at which reading must stop with an exception; null if no chunk can be named.</param>
internal sealed record Expectation(RecordingState State, IReadOnlyList<int> CorruptChunks, int? StopsAt)
{
    /// <summary>Reading must not stop: what was signed is all there.</summary>
    public bool ReadsOn { get; init; }

    /// <summary>The opening record must not be released.</summary>
    public bool WithoutMetadata { get; init; }

    /// <summary>Words that one of the findings must have.</summary>
    public string? Finding { get; init; }
}

/// <summary>One attack: what it changes in the stored data or hands to the reader, and what the reader must say.</summary>
internal sealed record Attack(string Name)
{
    /// <summary>What becomes of the stored recording; null if nothing.</summary>
    public Func<StoredParts, AttackMaterial, StoredParts>? Tamper { get; init; }

    /// <summary>The envelope that the reader is given in place of the register's.</summary>
    public Func<KeyEnvelope, AttackMaterial, KeyEnvelope>? Envelope { get; init; }

    /// <summary>A recording under a core id of its own is read, instead of the one that is attacked.</summary>
    public bool IsForgery { get; init; }

    public required Func<StoredParts, Expectation> Expect { get; init; }
}
