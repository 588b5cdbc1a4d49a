namespace ZeroKnowledge.Calls;

public sealed partial class KeyHolder
{
    /// <summary>
    /// As a member of groups: unwraps this member's share of each recording and wraps it to the combiner, who opens with k of them. Nobody else can read
    /// them on the way. Be sure whose the combiner's key is, for instance by comparing it on the telephone: whoever has k shares reads the recordings.
    /// </summary>
    /// <param name="combiner">The recipient that the combiner made for this: an X-Wing key, as <see cref="Identity.Generate"/> makes it.</param>
    /// <param name="coreIds">The recordings, and no others; null for all of the register.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The combiner's key is classical (P-256): a file of shares has no place for it.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is a member of no group of these recordings.</exception>
    /// <exception cref="CallRecordingException">There are more than <see cref="KeyShares.MaxCount"/> shares: hand them over in several files.</exception>
    /// <exception cref="RegisterException">A recording is not known, or the register cannot be read.</exception>
    public async Task<KeyShares> HandOverSharesAsync(Recipient combiner, IReadOnlyList<CoreId>? coreIds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(combiner);
        if (combiner.IsClassical)
        {
            throw new ArgumentException("Shares are handed over to a post-quantum key: make one for the combiner.", nameof(combiner));
        }

        List<(byte[] Context, byte[] Wrapped)> shares = [];
        if (coreIds is not null)
        {
            foreach (CoreId coreId in coreIds.Distinct())
            {
                HandOver((await FindAsync(coreId, cancellationToken).ConfigureAwait(false)).Envelope, combiner, shares);
            }
        }
        else
        {
            await foreach (RegisteredRecording row in Register.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                HandOver(row.Envelope, combiner, shares);
            }
        }

        return shares.Count > 0 ? KeyShares.Create(shares) : throw new NoMatchingKeyException("The identity is a member of no group of these recordings.");
    }

    private void HandOver(KeyEnvelope? envelope, Recipient combiner, List<(byte[] Context, byte[] Wrapped)> shares)
    {
        if (envelope is not null)
        {
            shares.AddRange(EnvelopeUnwrapper.HandOver(envelope, Identity, combiner));
            if (shares.Count > KeyShares.MaxCount)
            {
                throw new CallRecordingException($"These are more than {KeyShares.MaxCount:N0} shares: hand them over in several files, by naming the recordings of each.");
            }
        }
    }
}
