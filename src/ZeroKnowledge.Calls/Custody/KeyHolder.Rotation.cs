using System.Collections.Concurrent;

namespace ZeroKnowledge.Calls;

public sealed partial class KeyHolder
{
    /// <summary>
    /// Wraps every recording to exactly <see cref="Recipients"/>: the envelope's version grows by 1, the old one is destroyed. Recordings that are wrapped to
    /// these already are left as they are, so a run that was interrupted is simply run again. With <see cref="Shares"/> this is recovery.
    /// </summary>
    /// <param name="progress">Told after each recording, from any thread.</param>
    /// <param name="cancellationToken">Ends the run; recordings that were done stay done.</param>
    /// <exception cref="InvalidOperationException">There are no recipients, or one lost key would lose every recording.</exception>
    /// <exception cref="RegisterException">The register cannot be read or written.</exception>
    public async Task<RotationReport> RotateAsync(IProgress<CustodyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        Recipients recipients = RequireRecipients();
        ConcurrentBag<string> findings = [];
        BulkCounts counts = await ForEachAsync(null, (row, token) => RotateAsync(row, recipients, findings, token), progress, cancellationToken).ConfigureAwait(false);
        return new RotationReport { Recordings = counts.Recordings, Rotated = counts.Changed, Failures = counts.Failures, Findings = [.. findings.Order(StringComparer.Ordinal)] };
    }

    /// <summary>Wraps one recording to exactly <see cref="Recipients"/>.</summary>
    /// <param name="coreId">The recording.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was committed stays.</param>
    /// <returns>False if it was wrapped to these already, or is erased.</returns>
    /// <exception cref="InvalidOperationException">There are no recipients, or one lost key would lose the recording.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the present recipients', and there are not enough shares.</exception>
    /// <exception cref="TamperedException">The envelope, or the header, is not what it should be; nothing was changed.</exception>
    /// <exception cref="RegisterException">The recording is not known, or the register cannot be written.</exception>
    public async Task<bool> RotateAsync(CoreId coreId, CancellationToken cancellationToken = default)
    {
        Recipients recipients = RequireRecipients();
        RegisteredRecording row = await FindAsync(coreId, cancellationToken).ConfigureAwait(false);
        return await RotateAsync(row, recipients, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says, before a key is destroyed, which recordings only this key opens. Changes nothing, and needs no private key.</summary>
    /// <param name="retiring">The public half of the key. It counts for nothing, even if it is still one of <see cref="Recipients"/>.</param>
    /// <param name="progress">Told after each recording.</param>
    /// <param name="cancellationToken">Cancels the report.</param>
    /// <exception cref="InvalidOperationException">There are no recipients: who else can open a recording is unknown.</exception>
    /// <exception cref="RegisterException">The register cannot be read.</exception>
    public async Task<RetirementReport> CheckRetirementAsync(
        Recipient retiring, IProgress<CustodyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(retiring);
        Recipients recipients = Recipients ?? throw new InvalidOperationException("Set KeyHolder.Recipients: a stanza of somebody unknown helps nobody.");
        int recordings = 0, named = 0;
        List<CoreId> only = [];
        await foreach (RegisteredRecording row in Register.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (row.Envelope is { } envelope)
            {
                recordings++;
                named += envelope.Stanzas.Any(stanza => stanza.Names(retiring)) ? 1 : 0;
                if (!envelope.Stanzas.Any(stanza => recipients.Opens(stanza, without: retiring)))
                {
                    only.Add(row.Header.CoreId);
                }
            }

            progress?.Report(new CustodyProgress(recordings, 0, only.Count));
        }

        return new RetirementReport { Recordings = recordings, Named = named, OnlyThisKey = only };
    }

    private async ValueTask<bool> RotateAsync(
        RegisteredRecording row, Recipients recipients, ConcurrentBag<string>? findings, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (row.Envelope is not { } envelope || recipients.AreThoseOf(envelope))
            {
                return false;
            }

            List<string> noticed = [];
            KeyEnvelope next;
            using (OpenedEnvelope opened = Open(row, noticed))
            {
                next = opened.Rewrap(recipients);
            }

            try
            {
                await Register.ReplaceEnvelopeAsync(next, cancellationToken).ConfigureAwait(false);
                noticed.ForEach(finding => findings?.Add($"Recording {row.Header.CoreId}: {finding}"));
                return true;
            }
            catch (RegisterException)
            {
                if (await ChangedAsync(row, attempt, cancellationToken).ConfigureAwait(false) is not { } changed)
                {
                    throw;
                }

                row = changed;
            }
        }
    }
}
