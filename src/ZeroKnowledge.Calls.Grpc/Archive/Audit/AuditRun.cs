using Grpc.Core;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>One audit: the register's rows against the archive, the archive's list against the register, and the drill. Memory does not grow with either list.</summary>
internal sealed class AuditRun(ArchiveClient archiveClient, CallArchive.CallArchiveClient client, PatientCaller caller, AuditOptions options, IProgress<AuditProgress>? progress)
{
    // So many answers are awaited at once: on a distant archive the way there and back is what takes the time.
    private const int Concurrent = 8;

    // The archive is away, and waiting for every recording in turn would take days.
    private const int MaxUnavailableInARow = 2 * Concurrent;

    // An honest archive takes none whose header does not verify; one that invents them would never end.
    private const int MaxUnverifiable = 10_000;

    private readonly Dictionary<AuditVerdict, long> _totals = [];
    private readonly List<AuditedRecording> _findings = [];
    private readonly List<string> _archiveFindings = [];
    private readonly List<RegisteredRecording> _sample = [];
    private readonly TimeSpan _freshness = TimeSpan.FromDays(1);
    private long _eligible;
    private long _registered;
    private long _listed;
    private TimeSpan? _worst;
    private CoreId? _mostExposed;

    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset begun = options.TimeProvider.GetUtcNow();
        long start = options.TimeProvider.GetTimestamp();
        AuditedArchive archive = new(options.Trust, await InfoAsync(begun, cancellationToken).ConfigureAwait(false));
        await RequireOwnerAsync(cancellationToken).ConfigureAwait(false);
        int unavailable = 0;
        await foreach ((RegisteredRecording row, AuditedRecording found) in JudgeAsync(new RecordingAuditor(client, caller, archive, options), cancellationToken).ConfigureAwait(false))
        {
            _registered++;
            Pick(row, found);
            Count(found);
            unavailable = found.Verdict == AuditVerdict.Unavailable ? unavailable + 1 : 0;
            if (unavailable == MaxUnavailableInARow)
            {
                throw new ArchiveException($"The audit was given up: {unavailable} recordings in a row could not be had. {found.Details[0]}") { IsTransient = true };
            }
        }

        await ListAsync(cancellationToken).ConfigureAwait(false);
        RestoreDrill? drill = options.DecryptSample == 0 ? null
            : await new DrillRun(archiveClient, options).RunAsync(_sample, _eligible, restored => Tell(null, restored), cancellationToken).ConfigureAwait(false);
        return new AuditReport
        {
            Begun = begun,
            Elapsed = options.TimeProvider.GetElapsedTime(start),
            Archive = archive.Name,
            Region = archive.Region,
            Registered = _registered,
            Listed = _listed,
            Totals = _totals,
            Findings = _findings,
            ArchiveFindings = _archiveFindings,
            WorstExposure = _worst,
            MostExposed = _mostExposed,
            Drill = drill,
        };
    }

    // An archive answers who may not read as if nothing were there: without this every recording would be missing.
    private async Task RequireOwnerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (ArchivedRecording _ in archiveClient.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (ArchiveException e) when (e.StatusCode == StatusCode.NotFound)
        {
            throw new ArchiveException($"The archive does not let this client list recordings: an audit needs the owner's certificate. {e.Message}", e) { StatusCode = e.StatusCode };
        }
        catch (ArchiveException e) when (e.StatusCode == StatusCode.OK && !e.IsTransient)
        {
            // A list that is not one is a finding of the list's own turn.
        }
    }

    private async Task<ArchiveInfo?> InfoAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            ArchiveInfo info = await archiveClient.GetInfoAsync(options.Trust, cancellationToken).ConfigureAwait(false);
            if (options.Region is { } region && info.Region != region)
            {
                _archiveFindings.Add($"The archive signed that it stores in the region '{ArchiveException.Readable(info.Region)}', not in '{region}'.");
            }

            if ((now - info.Time).Duration() > _freshness)
            {
                _archiveFindings.Add($"The archive's information is signed for {info.Time:u}: it is an old one, or a clock is wrong.");
            }

            return info;
        }
        catch (ArchiveException e) when (e.StatusCode == StatusCode.OK && !e.IsTransient)
        {
            _archiveFindings.Add(e.Message);
            return null;
        }
    }

    private async IAsyncEnumerable<(RegisteredRecording Row, AuditedRecording Found)> JudgeAsync(
        RecordingAuditor auditor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<(RegisteredRecording Row, Task<AuditedRecording> Found)> running = new();
        try
        {
            await foreach (RegisteredRecording row in options.Register.ListAsync(options.Since, options.Until, cancellationToken).ConfigureAwait(false))
            {
                if (running.Count == Concurrent)
                {
                    (RegisteredRecording Row, Task<AuditedRecording> Found) oldest = running.Dequeue();
                    yield return (oldest.Row, await oldest.Found.ConfigureAwait(false));
                }

                running.Enqueue((row, auditor.JudgeAsync(row, ending.Token)));
            }

            while (running.TryDequeue(out (RegisteredRecording Row, Task<AuditedRecording> Found) oldest))
            {
                yield return (oldest.Row, await oldest.Found.ConfigureAwait(false));
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running.Select(Task (one) => one.Found)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The other way round: what the archive has and the register has not.
    private async Task ListAsync(CancellationToken cancellationToken)
    {
        int unverifiable = 0;
        try
        {
            await foreach (ArchivedRecording listed in archiveClient.ListAsync(cancellationToken).ConfigureAwait(false))
            {
                _listed++;
                bool isVerified = listed.Header?.IsTrusted(options.Trust) == true;
                if ((isVerified && (listed.Header!.Begun < options.Since || listed.Header.Begun >= options.Until))
                    || await options.Register.FindAsync(listed.CoreId, cancellationToken).ConfigureAwait(false) is not null)
                {
                    Tell(null, 0);
                    continue;
                }

                unverifiable += isVerified ? 0 : 1;
                if (unverifiable > MaxUnverifiable)
                {
                    _archiveFindings.Add($"The archive lists more than {MaxUnverifiable:N0} recordings that no trusted gateway signed; the rest of its list was not read.");
                    return;
                }

                Count(new AuditedRecording
                {
                    CoreId = listed.CoreId,
                    Verdict = AuditVerdict.Unknown,
                    Header = listed.Header,
                    Chunks = listed.Chunks,
                    Details = [isVerified
                        ? $"A trusted gateway recorded it, {listed.Header!.GatewayKey.ToString(TrustedKeyKind.Gateway)}: its row was never brought into this register, was removed, or the gateway's key is in other hands."
                        : "Its header is not one, or not signed by a trusted gateway."],
                });
            }
        }
        catch (ArchiveException e)
        {
            _archiveFindings.Add(e.Message);
        }
    }

    // Each of those that ought to open has the same chance (reservoir sampling), and only the sample is kept.
    private void Pick(RegisteredRecording row, AuditedRecording found)
    {
        if (options.DecryptSample == 0 || row.Envelope is null || found.Verdict is AuditVerdict.Deleted or AuditVerdict.Pending)
        {
            return;
        }

        _eligible++;
        if (_sample.Count < options.DecryptSample)
        {
            _sample.Add(row);
        }
        else if (RandomNumberGenerator.GetInt32((int)Math.Min(_eligible, int.MaxValue)) is int place && place < _sample.Count)
        {
            _sample[place] = row;
        }
    }

    private void Count(AuditedRecording found)
    {
        _totals[found.Verdict] = _totals.GetValueOrDefault(found.Verdict) + 1;
        if (!found.IsWell && _findings.Count < options.MaxFindings)
        {
            _findings.Add(found);
        }

        if (found.Exposure is { } exposure && (_worst is null || exposure > _worst))
        {
            (_worst, _mostExposed) = (exposure, found.CoreId);
        }

        Tell(found, 0);
    }

    private void Tell(AuditedRecording? found, int restored) => progress?.Report(new AuditProgress(_registered, _listed, restored, found));
}
