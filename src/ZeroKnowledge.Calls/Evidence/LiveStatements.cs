using System.Diagnostics.CodeAnalysis;

namespace ZeroKnowledge.Calls;

// The verified checkpoints and seals of one recording, and what they prove about each other (docs/FORMAT.md, section 8).
// Every answer is the same in whatever order they came.
internal sealed class LiveStatements
{
    // An honest writer makes at most three of one count. More are judged, but not kept: memory must not be a stranger's to fill.
    private const int MaxPerCount = 64;

    private readonly SortedDictionary<int, List<Statement>> _byCount = [];
    private Statement? _first;
    private Statement? _newestCheckpoint;
    private bool _openingsDiffer;
    private bool _rootsDiffer;
    private bool _sealsDiffer;
    private int _shortestSeal = int.MaxValue;
    private int _highest = -1;

    // About the chunks that the caller walks over: see Compare.
    private int _lowestMismatch = int.MaxValue;
    private int _highestMatch = -1;

    public Statement? Seal { get; private set; }

    /// <summary>The seal, else the checkpoint of the highest count.</summary>
    public Statement? Newest => Seal ?? _newestCheckpoint;

    public int HighestCount => _highest;

    /// <summary>The highest count whose root <see cref="Compare"/> found to be that of a statement; 0 if there is none.</summary>
    public int HighestMatch => Math.Max(0, _highestMatch);

    public bool IsForked => _openingsDiffer || _rootsDiffer || _sealsDiffer || IsBeyondSeal || HasForeignPrefix;

    private bool IsBeyondSeal => _highest > _shortestSeal;

    // The larger statement's chunks are these, and the smaller one's root is not that of their beginning.
    private bool HasForeignPrefix => _lowestMismatch < _highestMatch;

    public IEnumerable<Statement> All => _byCount.Values.SelectMany(s => s);

    public bool Has(int count) => _byCount.ContainsKey(count);

    public void Add(Statement statement)
    {
        _first ??= statement;
        _openingsDiffer |= !statement.OpeningHash.SequenceEqual(_first.OpeningHash);
        int count = statement.ChunkCount;
        _highest = Math.Max(_highest, count);
        if (statement.Type == StatementType.Seal)
        {
            _sealsDiffer |= Seal is not null && !Seal.Signed.SequenceEqual(statement.Signed);
            _shortestSeal = Math.Min(_shortestSeal, count);
            Seal = Later(Seal, statement);
        }
        else
        {
            _newestCheckpoint = Later(_newestCheckpoint, statement);
        }

        if (!_byCount.TryGetValue(count, out List<Statement>? same))
        {
            _byCount.Add(count, same = new List<Statement>(1));
        }

        _rootsDiffer |= same.Count > 0 && !same[0].Root.SequenceEqual(statement.Root);
        if (same.Count < MaxPerCount && !same.Exists(s => s.Bytes.SequenceEqual(statement.Bytes)))
        {
            same.Add(statement);
        }
    }

    /// <summary>Compares the statements of one count with the root of as many chunks at hand; one that differs is enough.</summary>
    public PrefixAgreement Compare(int count, ReadOnlySpan<byte> root)
    {
        var agreement = PrefixAgreement.None;
        if (_byCount.TryGetValue(count, out List<Statement>? same))
        {
            foreach (Statement statement in same)
            {
                if (statement.Root.SequenceEqual(root))
                {
                    _highestMatch = Math.Max(_highestMatch, count);
                    agreement = agreement == PrefixAgreement.None ? PrefixAgreement.Agrees : agreement;
                }
                else
                {
                    _lowestMismatch = Math.Min(_lowestMismatch, count);
                    agreement = PrefixAgreement.Differs;
                }
            }
        }

        return agreement;
    }

    public void ForgetComparisons()
    {
        _lowestMismatch = int.MaxValue;
        _highestMatch = -1;
    }

    /// <summary>Whether a recovery conflicts with a live statement.</summary>
    /// <param name="recovery">The recovery.</param>
    /// <param name="prefix">The root of as many chunks at hand, or empty if it is not known.</param>
    public bool Contradict(Statement recovery, ReadOnlySpan<byte> prefix)
    {
        if (_first is null)
        {
            return false;
        }

        int count = recovery.ChunkCount;
        bool matches = recovery.Root.SequenceEqual(prefix);
        return _openingsDiffer || !recovery.OpeningHash.SequenceEqual(_first.OpeningHash)
            || count > _shortestSeal
            || (_byCount.TryGetValue(count, out List<Statement>? same) && same.Exists(s => !s.Root.SequenceEqual(recovery.Root)))
            || (!prefix.IsEmpty && (matches ? _lowestMismatch < count : _highestMatch > count));
    }

    public void AddFindings(List<string> findings)
    {
        const string Two = "two writers signed with one signing key: ";
        Span<(bool Found, string What)> kinds =
        [
            (_openingsDiffer, "live statements name different opening records"),
            (_rootsDiffer, "live statements of one count have different roots"),
            (_sealsDiffer, "there are two different seals"),
            (IsBeyondSeal, "a live statement counts more chunks than a seal"),
            (HasForeignPrefix, "a live statement's root is not that of the first chunks of a later one's"),
        ];
        foreach ((bool found, string what) in kinds)
        {
            if (found)
            {
                findings.Add(Two + what + ".");
            }
        }
    }

    [return: NotNullIfNotNull(nameof(a))]
    private static Statement? Later(Statement? a, Statement b)
    {
        if (a is null)
        {
            return b;
        }

        int order = a.ChunkCount.CompareTo(b.ChunkCount);
        // Of one root the later time wins, since it stands next in the bytes; the order of arrival decides nothing.
        order = order != 0 ? order : a.Bytes.SequenceCompareTo(b.Bytes);
        return order >= 0 ? a : b;
    }
}
