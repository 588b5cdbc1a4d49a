namespace ZeroKnowledge.Calls;

/// <summary>How a recording is read. Without an identity it can be verified, not decrypted.</summary>
public sealed class ReaderOptions
{
    /// <summary>The pinned keys of gateways, owners and archives. There is no default, and no trust on first use.</summary>
    public required TrustList Trust { get; init; }

    /// <summary>The private key to open the recording with; null only to verify. Belongs to the caller.</summary>
    public Identity? Identity { get; init; }

    /// <summary>The customer's register: gives the envelope, and what the recording must contain. Belongs to the caller.</summary>
    public IRegister? Register { get; init; }

    /// <summary>The key envelope, for a recording that is not read with a register; takes the place of the register's.</summary>
    public KeyEnvelope? Envelope { get; init; }

    /// <summary>A grant that gives keys and evidence for a range, in the place of an envelope; null (the default) to read as the customer. A range file brings its own.</summary>
    public Grant? Grant { get; init; }

    /// <summary>Shares that members of a k-of-n group handed over to <see cref="Identity"/>; default none.</summary>
    public IReadOnlyList<KeyShares> Shares { get; init; } = [];

    /// <summary>The customer's own list: an envelope that is wrapped to anybody else is a finding, for somebody edited the gateway's file. Null (the default) to look at nothing.</summary>
    public Recipients? Recipients { get; init; }

    internal ReaderOptions With(Grant grant) => new() { Trust = Trust, Identity = Identity, Register = Register, Grant = grant, Recipients = Recipients };
}
