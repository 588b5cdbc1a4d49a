using BenchmarkDotNet.Attributes;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>One second of a call through everything between the RTP packets and the spool. BenchmarkDotNet needs the class public and not sealed.</summary>
[MemoryDiagnoser]
public class PipelineBenchmarks
{
    private ChunkPipeline? _pipeline;

    [Params(Suite.Aes256Gcm, Suite.Aegis256)]
    public Suite Suite { get; set; }

    [Params(Audio.G711Mono, Audio.G711Dual, Audio.Opus, Audio.L16)]
    public Audio Audio { get; set; }

    [GlobalSetup]
    public void Setup() => _pipeline = new ChunkPipeline(Suite, Audio switch
    {
        Audio.G711Dual => AudioKind.G711(2),
        Audio.Opus => AudioKind.Opus(),
        Audio.L16 => AudioKind.L16(),
        _ => AudioKind.G711(1),
    });

    [GlobalCleanup]
    public void Cleanup() => _pipeline?.Dispose();

    [Benchmark]
    public void Chunk() => _pipeline!.Chunk();
}
