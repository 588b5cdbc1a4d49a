using BenchmarkDotNet.Attributes;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The begin of a recording: keys, header, opening record, envelope for two recipients, first checkpoint; without the register. Not sealed for BenchmarkDotNet.</summary>
[MemoryDiagnoser]
public class SetupBenchmarks
{
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Identity _active = Identity.Generate();
    private readonly Identity _recovery = Identity.Generate();
    private readonly CallMetadata _metadata = new() { CallId = "benchmark", Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")] };
    private RecordingPolicy? _policy;

    [Params(Suite.Aes256Gcm, Suite.Aegis256)]
    public Suite Suite { get; set; }

    [GlobalSetup]
    public void Setup() => _policy = new RecordingPolicy { Recipients = Recipients.Of(_active.Recipient, _recovery.Recipient), Gateway = _gateway, Suite = Suite };

    [GlobalCleanup]
    public void Cleanup()
    {
        _gateway.Dispose();
        _active.Dispose();
        _recovery.Dispose();
    }

    [Benchmark]
    public int Begin()
    {
        using RecordingWriter writer = RecordingWriter.Begin(
            _policy!, _metadata, new RecordingId(Guid.NewGuid().ToByteArray()), DateTimeOffset.UnixEpoch.AddYears(56), default, SecretSlabs.Shared, out RecordingStart start);
        return start.OpeningRecord.Length;
    }
}
