namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What an audit says of one recording (docs/AUDIT.md). Below <see cref="Missing"/> all is well; from there on it is not.</summary>
public enum AuditVerdict
{
    /// <summary>Not a verdict.</summary>
    None = 0,

    /// <summary>Sealed, and the archive says it has all that the seal counts.</summary>
    Complete = 1,

    /// <summary>Ended by a recovery, and the archive says it has all that it counts.</summary>
    Recovered = 2,

    /// <summary>Not sealed yet; the archive has what the register knows.</summary>
    Open = 3,

    /// <summary>What is not there yet is so new that it may still be on its way (<see cref="AuditOptions.Settle"/>).</summary>
    Pending = 4,

    /// <summary>The archive has it no more, and signed that it deleted it.</summary>
    Deleted = 5,

    /// <summary>A trusted owner certified that its keys were destroyed.</summary>
    Erased = 6,

    /// <summary>The register has it, the archive has not, and no certificate says why.</summary>
    Missing = 16,

    /// <summary>The archive gives an older state than the register, or a receipt of this archive, knows.</summary>
    RolledBack = 17,

    /// <summary>A statement counts more chunks than the archive says it has.</summary>
    Truncated = 18,

    /// <summary>Two writer lives signed conflicting statements.</summary>
    Forked = 19,

    /// <summary>A metadata record is not what was signed, or there are chunks after the end.</summary>
    Corrupt = 20,

    /// <summary>What the archive gives is not this recording, or not of a trusted gateway.</summary>
    NotVerified = 21,

    /// <summary>A receipt is not one, is signed by a key that is not trusted, or two things that were signed contradict each other.</summary>
    WrongReceipt = 22,

    /// <summary>The archive signed that it deleted it, and has it.</summary>
    Undeleted = 23,

    /// <summary>The register has no key envelope, and no trusted owner says that it was erased.</summary>
    NoKey = 24,

    /// <summary>The archive has it, the register has not: nobody has its keys, and nobody is responsible for the bytes.</summary>
    Unknown = 25,

    /// <summary>The archive did not give it, for a reason that may pass.</summary>
    Unavailable = 26,

    /// <summary>All else is well, but the key envelope is wrapped to somebody who is not on the customer's list (<see cref="AuditOptions.Recipients"/>).</summary>
    ForeignRecipient = 27,
}
