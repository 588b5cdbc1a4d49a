using BenchmarkDotNet.Attributes;

namespace ZeroKnowledge.Calls.Benchmarks;

// Stands here until the first benchmark does. BenchmarkDotNet needs the class public and not sealed.
public class PlaceholderBenchmark
{
    [Benchmark]
    public byte[] Message() => Placeholder.Message();
}
