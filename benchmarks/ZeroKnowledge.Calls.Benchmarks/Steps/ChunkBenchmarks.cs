using BenchmarkDotNet.Attributes;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>One chunk through the key step, nonce, AEAD, leaf and tree hash; and back. BenchmarkDotNet needs the class public and not sealed.</summary>
[MemoryDiagnoser]
public class ChunkBenchmarks
{
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Identity _active = Identity.Generate();
    private readonly Identity _recovery = Identity.Generate();
    private RecordingWriter? _writer;
    private RecordingStart? _start;
    private RecordingKeys? _keys;
    private ChunkOpener? _opener;
    private byte[] _stored = [];
    private byte[] _first = [];

    [Params(Suite.Aes256Gcm, Suite.Aegis256)]
    public Suite Suite { get; set; }

    /// <summary>G.711 for 1 s: one leg is about 8 KiB, two are about 16 KiB.</summary>
    [Params(1, 2)]
    public int Legs { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Begin();
        _keys = EnvelopeReader.Open(_start!.Envelope, _start.Header, _active);
        _opener = new ChunkOpener(_start.Header, _keys);
        _stored = new byte[_writer!.StoredChunkSize];
        Fill();
        _writer.EncryptChunk(_stored);
        _first = [.. _stored];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _writer?.Dispose();
        _keys?.Dispose();
        _gateway.Dispose();
        _active.Dispose();
        _recovery.Dispose();
    }

    /// <summary>The payload is not filled again: what is encrypted does not change how long it takes.</summary>
    [Benchmark]
    public int Encrypt()
    {
        if (_writer!.ChunkCount == Format.MaxChunks)
        {
            _writer.Dispose();
            Begin();
        }

        return _writer.EncryptChunk(_stored);
    }

    [Benchmark]
    public int Decrypt() => _opener!.Open(0, _first)!.Frames.Count;

    private void Begin() => _writer = RecordingWriter.Begin(
        new RecordingPolicy { Recipients = Recipients.Of(_active.Recipient, _recovery.Recipient), Gateway = _gateway, Suite = Suite, Legs = Legs },
        new CallMetadata { CallId = "benchmark", Legs = [.. Enumerable.Range(0, Legs).Select(_ => Leg.Pcma("leg"))] },
        new RecordingId(Guid.NewGuid().ToByteArray()),
        DateTimeOffset.UnixEpoch.AddYears(56),
        default,
        SecretSlabs.Shared,
        out _start);

    private void Fill()
    {
        object owner = new();
        PayloadBuffer payload = new(_stored, _writer!.PayloadOffset, _start!.Header.PayloadSize);
        payload.Open(owner, 0, 0);
        LegEncoder[] legs = [.. Enumerable.Range(0, Legs).Select(leg => new LegEncoder(owner, leg, Leg.Pcma("leg")))];
        for (ushort i = 0; i < 50; i++)
        {
            foreach (LegEncoder leg in legs)
            {
                payload.TryAppend(leg, new MediaFrame(FrameKind.Audio, 8, i, i * 160u, 1, false, new byte[160]), i * 20u);
            }
        }

        payload.Close(null);
        payload.Finish(0);
    }
}
