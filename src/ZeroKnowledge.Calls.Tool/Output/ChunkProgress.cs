namespace ZeroKnowledge.Calls.Tool;

/// <summary>Counts chunks on a bar.</summary>
internal sealed class ChunkProgress(IProgress<double> bar) : IProgress<int>
{
    public void Report(int value) => bar.Report(value);
}
