namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>What <c>-- calls</c>, <c>-- burst</c> and <c>-- endtoend</c> have in common.</summary>
internal sealed record LiveOptions(int Calls, int Seconds, Suite Suite, int FrameMs, int MediaThreads, int Pumps)
{
    public static readonly string[] Names = ["--calls", "--seconds", "--suite", "--frame-ms", "--media-threads", "--pumps"];

    public static LiveOptions Read(Arguments arguments, int calls) => new(
        arguments.Number("--calls", calls),
        arguments.Number("--seconds", 20),
        arguments.Suite(),
        arguments.Number("--frame-ms", 20),
        arguments.Number("--media-threads", 2),
        arguments.Number("--pumps", Environment.ProcessorCount));
}
