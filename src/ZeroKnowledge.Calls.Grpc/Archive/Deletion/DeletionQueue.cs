using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>
/// The owner's deletions over several archives, kept in a file: each is repeated until its archive signed that it deleted the recording, and the certificates are kept.
/// An archive that does not have the recording signs too, and takes it from no spool later. What the register holds is not asked for until the hold ends, nor what it
/// does not know. Thread-safe; one process at a time.
/// </summary>
/// <remarks>
/// Archives are called by the names that the trust list has for their keys, so that one archive's certificate never ends the deletion at another. The file is readable by
/// its owner only and holds core ids, names and certificates. All of it is kept in memory too.
/// </remarks>
public sealed class DeletionQueue : IDisposable
{
    /// <summary>The first pause after an archive failed: 1 second.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two attempts: 1 minute.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private const string Unknown = "The register does not know this recording, so it cannot say whether it is under legal hold.";

    private const int MaxName = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<PendingDeletion> _pending = [];
    private readonly Dictionary<CoreId, List<DeletionCertificate>> _certificates = [];
    private readonly DeletionLog _log;

    private DeletionQueue(string path)
    {
        Path = path;
        _log = DeletionLog.Open(path, Apply);
    }

    /// <summary>The file, as a full path.</summary>
    public string Path { get; }

    /// <summary>The deletions that are not certified yet, in no order.</summary>
    public IReadOnlyList<PendingDeletion> Pending
    {
        get
        {
            lock (_gate)
            {
                return [.. _pending];
            }
        }
    }

    /// <summary>Opens a queue. Makes the file, readable by its owner only, where there is none; its folder must exist. A line that a crash tore at the end is cut off.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">It is another file, or was edited; the message names the line. It is left as it is.</exception>
    /// <exception cref="IOException">It cannot be written, or another process has it open.</exception>
    public static DeletionQueue Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new DeletionQueue(System.IO.Path.GetFullPath(path));
    }

    /// <summary>Notes that recordings are to be deleted in archives. Durable when the task ends; one that is certified already is asked for again.</summary>
    /// <param name="coreIds">The recordings.</param>
    /// <param name="archives">The archives' names, as the trust list has them for their keys.</param>
    /// <param name="cancellationToken">Cancels before anything was written.</param>
    /// <exception cref="ArgumentException">A name is empty, longer than 64 characters, or has control characters.</exception>
    /// <exception cref="IOException">The file could not be written; nothing was noted.</exception>
    public Task AddAsync(IReadOnlyCollection<CoreId> coreIds, IReadOnlyCollection<string> archives, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(coreIds);
        ArgumentNullException.ThrowIfNull(archives);
        foreach (string name in archives)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name, nameof(archives));
            if (name.Length > MaxName || name.Any(char.IsControl) || name.Trim() != name)
            {
                throw new ArgumentException($"The name of an archive has at most {MaxName} characters, without control characters, and without spaces at its ends.", nameof(archives));
            }
        }

        PendingDeletion[] deletions = [.. coreIds.SelectMany(id => archives.Select(name => new PendingDeletion(id, name)))];
        return Task.Run(() => Add(deletions), cancellationToken);
    }

    /// <summary>The certificates of a recording that were verified when they came, in that order. Verify them again before they are shown to anybody.</summary>
    /// <param name="coreId">The recording.</param>
    public IReadOnlyList<DeletionCertificate> Certificates(CoreId coreId)
    {
        lock (_gate)
        {
            return _certificates.TryGetValue(coreId, out List<DeletionCertificate>? certificates) ? [.. certificates] : [];
        }
    }

    /// <summary>
    /// Asks each archive for its pending deletions, again and again with pauses, until every one of them is certified, but for those that a legal hold keeps, or
    /// that the register does not know: they stay pending for a later run. The archives do not wait for each other.
    /// </summary>
    /// <param name="archives">The archives by name; deletions at others stay pending.</param>
    /// <param name="register">Says which recordings are under legal hold: asked before each attempt.</param>
    /// <param name="trust">The archives' pinned keys.</param>
    /// <param name="progress">Told after each attempt.</param>
    /// <param name="timeProvider">The clock of the pauses; default the system's.</param>
    /// <param name="allowUnknown">True to delete also what the register does not know, as after its row was removed; default false: another register, or an older copy of it, knows no holds.</param>
    /// <param name="cancellationToken">Ends the attempts; what is not certified stays pending.</param>
    /// <exception cref="ArgumentException">The trust list has no archive's key of a name.</exception>
    /// <exception cref="RegisterException">The register cannot be read; what is not certified by then stays pending.</exception>
    /// <exception cref="IOException">A certificate could not be written to the file; its deletion stays pending.</exception>
    public Task RunAsync(
        IReadOnlyDictionary<string, ArchiveClient> archives,
        IRegister register,
        TrustList trust,
        IProgress<DeletionProgress>? progress = null,
        TimeProvider? timeProvider = null,
        bool allowUnknown = false,
        CancellationToken cancellationToken = default)
    {
        Require(archives, register, trust);
        return Task.WhenAll(archives.Select(archive => RunAsync(archive.Key, archive.Value, register, trust, progress, timeProvider ?? TimeProvider.System, allowUnknown, cancellationToken)));
    }

    /// <summary>Asks each archive once for its pending deletions, but for those that a legal hold keeps, or that the register does not know. An archive that does not answer is asked for one only.</summary>
    /// <param name="archives">The archives by name; deletions at others stay pending.</param>
    /// <param name="register">Says which recordings are under legal hold: asked before each attempt.</param>
    /// <param name="trust">The archives' pinned keys.</param>
    /// <param name="progress">Told after each attempt.</param>
    /// <param name="allowUnknown">True to delete also what the register does not know, as after its row was removed; default false: another register, or an older copy of it, knows no holds.</param>
    /// <param name="cancellationToken">Ends the attempts; what is not certified stays pending.</param>
    /// <returns>True if nothing is pending any more at these archives.</returns>
    /// <exception cref="ArgumentException">The trust list has no archive's key of a name.</exception>
    /// <exception cref="RegisterException">The register cannot be read; what is not certified by then stays pending.</exception>
    /// <exception cref="IOException">A certificate could not be written to the file; its deletion stays pending.</exception>
    public async Task<bool> AttemptAsync(
        IReadOnlyDictionary<string, ArchiveClient> archives,
        IRegister register,
        TrustList trust,
        IProgress<DeletionProgress>? progress = null,
        bool allowUnknown = false,
        CancellationToken cancellationToken = default)
    {
        Require(archives, register, trust);
        await Task.WhenAll(archives.Select(archive => AttemptAsync(archive.Key, archive.Value, register, trust, progress, allowUnknown, cancellationToken))).ConfigureAwait(false);
        return archives.Keys.All(name => PendingAt(name).Length == 0);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _log.Dispose();
        }
    }

    private static void Require(IReadOnlyDictionary<string, ArchiveClient> archives, IRegister register, TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(archives);
        ArgumentNullException.ThrowIfNull(register);
        ArgumentNullException.ThrowIfNull(trust);
        foreach (string name in archives.Keys)
        {
            if (!trust.Keys.Any(key => key.Kind == TrustedKeyKind.Archive && key.Name == name))
            {
                throw new ArgumentException($"The trust list has no archive's key with the name '{name}'.", nameof(archives));
            }
        }
    }

    private async Task RunAsync(
        string name, ArchiveClient archive, IRegister register, TrustList trust, IProgress<DeletionProgress>? progress, TimeProvider timeProvider, bool allowUnknown, CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (PendingAt(name).Length > 0)
        {
            (bool moved, int held) = await AttemptAsync(name, archive, register, trust, progress, allowUnknown, cancellationToken).ConfigureAwait(false);
            if (PendingAt(name).Length == held)
            {
                // A hold may last for years: whoever releases it runs this again, and so does who brings the right register.
                return;
            }

            pause = moved ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            // Jitter, so that many owners do not come back at once.
            await Task.Delay(pause * (RandomNumberGenerator.GetInt32(500, 1_001) / 1_000.0), timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // Whether a certificate came, and how many deletions the register keeps.
    private async Task<(bool Moved, int Held)> AttemptAsync(
        string name, ArchiveClient archive, IRegister register, TrustList trust, IProgress<DeletionProgress>? progress, bool allowUnknown, CancellationToken cancellationToken)
    {
        bool moved = false;
        int held = 0;
        foreach (PendingDeletion deletion in PendingAt(name))
        {
            // Asked each time: a hold that came while others were deleted counts.
            RegisteredRecording? row = await register.FindAsync(deletion.CoreId, cancellationToken).ConfigureAwait(false);
            if ((row is null && !allowUnknown ? Unknown : row?.Hold) is { } hold)
            {
                held++;
                progress?.Report(new DeletionProgress(deletion.CoreId, name, null, null, hold));
                continue;
            }

            try
            {
                DeletionCertificate certificate = await archive.DeleteAsync(deletion.CoreId, trust, cancellationToken).ConfigureAwait(false);
                if (trust.Find(TrustedKeyKind.Archive, certificate.ArchiveKey)?.Name != name)
                {
                    throw new ArchiveException($"The archive '{name}' answered the deletion of {deletion.CoreId} with another archive's certificate.");
                }

                await Task.Run(() => Keep(deletion, certificate), CancellationToken.None).ConfigureAwait(false);
                moved = true;
                progress?.Report(new DeletionProgress(deletion.CoreId, name, certificate, null));
            }
            catch (ArchiveException e)
            {
                progress?.Report(new DeletionProgress(deletion.CoreId, name, null, e));
                if (e.IsTransient)
                {
                    break;
                }
            }
        }

        return (moved, held);
    }

    private PendingDeletion[] PendingAt(string name)
    {
        lock (_gate)
        {
            return [.. _pending.Where(deletion => deletion.Archive == name)];
        }
    }

    private void Add(PendingDeletion[] deletions)
    {
        lock (_gate)
        {
            StringBuilder lines = new();
            foreach (PendingDeletion deletion in deletions.Where(deletion => !_pending.Contains(deletion)))
            {
                lines.Append(DeletionLog.Line(deletion.CoreId, deletion.Archive, null));
            }

            if (lines.Length > 0)
            {
                _log.Append(lines.ToString());
                _pending.UnionWith(deletions);
            }
        }
    }

    private void Keep(PendingDeletion deletion, DeletionCertificate certificate)
    {
        lock (_gate)
        {
            _log.Append(DeletionLog.Line(deletion.CoreId, deletion.Archive, certificate));
            Apply(deletion.CoreId, deletion.Archive, certificate);
        }
    }

    private void Apply(CoreId coreId, string archive, DeletionCertificate? certificate)
    {
        if (certificate is null)
        {
            _pending.Add(new PendingDeletion(coreId, archive));
            return;
        }

        _pending.Remove(new PendingDeletion(coreId, archive));
        if (!_certificates.TryGetValue(coreId, out List<DeletionCertificate>? certificates))
        {
            _certificates.Add(coreId, certificates = new List<DeletionCertificate>(1));
        }

        certificates.Add(certificate);
    }
}
