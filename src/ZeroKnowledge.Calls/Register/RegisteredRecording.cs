namespace ZeroKnowledge.Calls;

/// <summary>One row of a register. Immutable.</summary>
public sealed class RegisteredRecording
{
    /// <summary>The signed start of the recording.</summary>
    public required RecordingHeader Header { get; init; }

    /// <summary>The key envelope, or null if it was erased.</summary>
    public required KeyEnvelope? Envelope { get; init; }

    /// <summary>Every statement that the register was given, in that order.</summary>
    public IReadOnlyList<Statement> Statements { get; init; } = [];

    /// <summary>The archives' receipts.</summary>
    public IReadOnlyList<Receipt> Receipts { get; init; } = [];

    /// <summary>The owner's erasure certificates.</summary>
    public IReadOnlyList<ErasureCertificate> Erasures { get; init; } = [];

    /// <summary>Why the recording must not be erased, if it is under legal hold; else null.</summary>
    public string? Hold { get; init; }
}
