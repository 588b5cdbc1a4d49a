namespace ZeroKnowledge.Calls;

/// <summary>What a run over a register has done so far. Thread-safe while it runs.</summary>
internal sealed class BulkCounts(IProgress<CustodyProgress>? progress)
{
    private readonly Lock _gate = new();
    private readonly List<CustodyFailure> _failures = [];

    public int Recordings { get; private set; }

    public int Changed { get; private set; }

    public IReadOnlyList<CustodyFailure> Failures => _failures;

    public void Count(bool changed) => Count(changed ? 1 : 0, null);

    public void Fail(CoreId coreId, string reason) => Count(0, new CustodyFailure(coreId, reason));

    private void Count(int changed, CustodyFailure? failure)
    {
        lock (_gate)
        {
            Recordings++;
            Changed += changed;
            if (failure is { } one)
            {
                _failures.Add(one);
            }

            progress?.Report(new CustodyProgress(Recordings, Changed, _failures.Count));
        }
    }
}
