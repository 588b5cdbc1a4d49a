namespace ZeroKnowledge.Calls.Tool;

/// <summary>Counts recordings while a run goes over the register.</summary>
internal sealed class CustodyCounter(IProgress<double> bar) : IProgress<CustodyProgress>
{
    public void Report(CustodyProgress value) => bar.Report(value.Recordings);
}
