namespace ZeroKnowledge.Calls;

/// <summary>All statements known of one recording, judged by the rules of docs/FORMAT.md, section 8, in whatever order they come. Not thread-safe.</summary>
public sealed class StatementSet
{
    /// <summary>How many refused statements are described in <see cref="Findings"/>; further ones are counted.</summary>
    public const int MaxRefusals = 100;

    // For every recording without a seal an honest gateway makes one.
    private const int MaxRecoveries = 64;

    private readonly TrustList _trust;
    private readonly LiveStatements _live = new();
    private readonly List<Statement> _recoveries = [];
    private readonly Dictionary<int, byte[]> _prefixes = [];
    private readonly List<string> _refusals = [];
    private long _moreRefusals;

    /// <summary>Makes an empty set.</summary>
    /// <param name="header">The recording's header; that its gateway is trusted is the caller's to check.</param>
    /// <param name="trust">Says whether the gateway key was valid at the time of a recovery.</param>
    public StatementSet(RecordingHeader header, TrustList trust)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(trust);
        Header = header;
        _trust = trust;
    }

    /// <summary>The recording's header.</summary>
    public RecordingHeader Header { get; }

    /// <summary>The seal, or null if none is known; of two conflicting ones the longer.</summary>
    public Statement? Seal => _live.Seal;

    /// <summary>The seal, else the checkpoint of the highest count; null if there is none.</summary>
    public Statement? NewestLive => _live.Newest;

    /// <summary>Number of chunks that <see cref="NewestLive"/> covers: "signed through".</summary>
    public int LiveCount => NewestLive?.ChunkCount ?? 0;

    /// <summary>Number of chunks that a live statement covers whose root <see cref="CheckPrefix"/> was given; 0 before.</summary>
    internal int MatchedLiveCount => _live.HighestMatch;

    /// <summary>The statement that counts: the seal, else the single recovery that no live statement exceeds or contradicts, else the checkpoint of the highest count; null if there is none.</summary>
    public Statement? Newest => Seal ?? SingleRecovery(out _) ?? NewestLive;

    /// <summary>Two conflicting live statements prove two writer lives with one signing key.</summary>
    public bool IsForked => _live.IsForked;

    /// <summary>Two different recoveries stand, so neither counts: the recording is open.</summary>
    public bool HasConflictingRecoveries
    {
        get
        {
            _ = SingleRecovery(out bool several);
            return several;
        }
    }

    /// <summary>The verified statements without duplicates: live ones by count, then recoveries. Of one count at most 64 are kept, and 64 recoveries.</summary>
    public IReadOnlyList<Statement> Statements => [.. _live.All, .. _recoveries];

    /// <summary>What a person should know, a sentence each: refused statements, forks, recoveries that do not count because they contradict.</summary>
    public IReadOnlyList<string> Findings
    {
        get
        {
            List<string> findings = [.. _refusals];
            if (_moreRefusals > 0)
            {
                findings.Add($"{_moreRefusals} more statements were refused.");
            }

            _live.AddFindings(findings);
            foreach (Statement recovery in _recoveries)
            {
                if (_live.Contradict(recovery, Prefix(recovery.ChunkCount)))
                {
                    findings.Add($"A recovery of {recovery.ChunkCount} chunks conflicts with what the writer itself signed; it does not count.");
                }
            }

            if (SingleRecovery(out bool several) is { } single && single.LiveCount > LiveCount)
            {
                findings.Add($"The recovery names a live statement of {single.LiveCount} chunks, which is not here.");
            }

            if (several)
            {
                findings.Add("There are different recoveries; none of them counts.");
            }

            return findings;
        }
    }

    /// <summary>Takes a statement from anywhere, if it is well-formed, of this recording and signed by the right key. A refusal is a finding.</summary>
    /// <param name="bytes">The statement's bytes.</param>
    /// <returns>True if it was verified, also when the same one was there before.</returns>
    public bool Add(ReadOnlySpan<byte> bytes) => Add(bytes, out _);

    /// <summary>Takes a statement from anywhere, if it is well-formed, of this recording and signed by the right key. A refusal is a finding.</summary>
    /// <param name="bytes">The statement's bytes.</param>
    /// <param name="refusal">Why it was refused, or null.</param>
    /// <returns>True if it was verified, also when the same one was there before.</returns>
    public bool Add(ReadOnlySpan<byte> bytes, out string? refusal)
    {
        if (Statement.TryParse(bytes, out Statement? statement, out refusal))
        {
            refusal = Refusal(statement);
        }

        if (refusal is not null)
        {
            if (_refusals.Count < MaxRefusals)
            {
                _refusals.Add("A statement was refused. " + refusal);
            }
            else
            {
                _moreRefusals++;
            }

            return false;
        }

        if (statement!.IsLive)
        {
            _live.Add(statement);
            if (_prefixes.TryGetValue(statement.ChunkCount, out byte[]? root))
            {
                _ = _live.Compare(statement.ChunkCount, root);
            }
        }
        else if (_recoveries.Count < MaxRecoveries && !_recoveries.Exists(r => r.Bytes.SequenceEqual(statement.Bytes)))
        {
            _recoveries.Add(statement);
        }

        return true;
    }

    /// <summary>Whether a statement counts exactly so many chunks: where <see cref="CheckPrefix"/> has something to compare.</summary>
    /// <param name="count">Number of chunks.</param>
    public bool HasStatementAt(int count) => _live.Has(count) || _recoveries.Exists(r => r.ChunkCount == count);

    /// <summary>Compares the statements of one count with the root computed over as many of the chunks at hand. Two live statements of which only the larger matches prove a fork.</summary>
    /// <param name="count">Number of chunks, from the first one on.</param>
    /// <param name="root">The Merkle root over them, 32 bytes. All roots are of one sequence of chunks; before another is walked over, call <see cref="ForgetPrefixes"/>.</param>
    /// <returns>Differs if a live statement, or the recovery that counts, has another root; None if there is neither of this count.</returns>
    /// <exception cref="ArgumentException"><paramref name="root"/> is not 32 bytes long.</exception>
    /// <exception cref="InvalidOperationException">Another root of this count was given before.</exception>
    public PrefixAgreement CheckPrefix(int count, ReadOnlySpan<byte> root)
    {
        MerkleTree.RequireHash(root, nameof(root));
        if (!_prefixes.TryGetValue(count, out byte[]? known))
        {
            _prefixes.Add(count, root.ToArray());
        }
        else if (!root.SequenceEqual(known))
        {
            throw new InvalidOperationException($"Another root over {count} chunks was given before. Call {nameof(ForgetPrefixes)} when the chunks are others.");
        }

        PrefixAgreement live = _live.Compare(count, root);
        // A recovery that does not count vouches for nothing, even if its root is this one.
        return live != PrefixAgreement.None || SingleRecovery(out _) is not { } single || single.ChunkCount != count ? live
            : single.Root.SequenceEqual(root) ? PrefixAgreement.Agrees
            : PrefixAgreement.Differs;
    }

    /// <summary>Forgets the roots given to <see cref="CheckPrefix"/>, and what followed from them.</summary>
    internal void ForgetPrefixes()
    {
        _prefixes.Clear();
        _live.ForgetComparisons();
    }

    private ReadOnlySpan<byte> Prefix(int count) => _prefixes.TryGetValue(count, out byte[]? root) ? root : [];

    private string? Refusal(Statement statement) =>
        statement.CoreId != Header.CoreId ? $"It is of recording {statement.CoreId}, not {Header.CoreId}."
        : !statement.Verify(Header) ? "Its signature is wrong."
        : !statement.IsLive && !_trust.IsTrusted(TrustedKeyKind.Gateway, Header.GatewayKey, statement.TimeMs)
            ? $"The gateway key is not trusted at the time of the recovery, {statement.TimeMs} ms since 1970."
        : null;

    // The recovery that stands: neither ignored nor in conflict. Of two that say different things, none stands.
    private Statement? SingleRecovery(out bool several)
    {
        Statement? single = null;
        several = false;
        if (Seal is not null)
        {
            return null;
        }

        foreach (Statement recovery in _recoveries)
        {
            // One of an equal count stands too: it adds that nothing more exists (docs/decisions/0005-recovery-of-equal-count.md).
            if (recovery.ChunkCount >= _live.HighestCount && !_live.Contradict(recovery, Prefix(recovery.ChunkCount)))
            {
                several |= single is not null && !single.Signed.SequenceEqual(recovery.Signed);
                single ??= recovery;
            }
        }

        return several ? null : single;
    }
}
