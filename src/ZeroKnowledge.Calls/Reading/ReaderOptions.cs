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
}
