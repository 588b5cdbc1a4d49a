using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// All that happens to one second of G.711 on its way into the spool: 50 RTP packets a leg parsed and copied, the payload closed and changed for the next, key step, nonce, AEAD,
/// leaf and tree hash, and a 64th of a statement.
/// </summary>
internal sealed class ChunkPipeline : IDisposable
{
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly RecordingPolicy _policy;
    private readonly CallMetadata _metadata;
    private readonly object _owner = new();
    private readonly LegEncoder[] _legs;
    private readonly byte[][] _packets;
    private readonly int _reserve;
    private readonly NonceBatch _nonces = new();
    private readonly byte[] _checkpoint = new byte[Statement.Size];
    private readonly byte[] _leaf = new byte[MerkleTree.HashSize];
    private RecordingWriter _writer;
    private ChunkMemory _current;
    private ChunkMemory _next;
    private uint _tick;

    public ChunkPipeline(Suite suite, AudioKind audio)
    {
        using Identity active = Identity.Generate(), recovery = Identity.Generate();
        int legs = audio.Legs.Count;
        _policy = new RecordingPolicy { Recipients = Recipients.Of(active.Recipient, recovery.Recipient), Gateway = _gateway, Suite = suite, Legs = legs, MaxBitRate = audio.MaxBitRate };
        _metadata = new CallMetadata { CallId = "gate", Legs = audio.Legs };
        _writer = Begin();
        _legs = [.. audio.Legs.Select((leg, number) => new LegEncoder(_owner, number, leg))];
        _packets = [.. audio.Packets];
        _reserve = PayloadSize.Reserve(legs);
        int payload = _writer.StoredChunkSize - Format.Overhead(suite);
        _current = new ChunkMemory(_writer.StoredChunkSize, _writer.PayloadOffset, payload);
        _next = new ChunkMemory(_writer.StoredChunkSize, _writer.PayloadOffset, payload);
        _current.Payload.Open(_owner, 0, _reserve);
    }

    public int StoredBytes => _writer.StoredChunkSize;

    public int FramesPerChunk => _packets.Length * _legs.Length;

    public void Chunk()
    {
        uint now = _tick * 1_000;
        foreach (byte[] packet in _packets)
        {
            foreach (LegEncoder leg in _legs)
            {
                if (!RtpPacket.TryParse(packet, out RtpPacket rtp)
                    || _current.Payload.TryAppend(leg, new MediaFrame(leg.KindOf(rtp.PayloadType), rtp), now) != AppendResult.Accepted)
                {
                    throw new InvalidOperationException("A frame was not accepted.");
                }
            }

            now += 20;
        }

        _next.Payload.Prepare(_owner, _reserve);
        _current.Payload.Close(_next.Payload);
        _current.Payload.Finish(_tick);
        if (_writer.ChunkCount == Format.MaxChunks)
        {
            _writer.Dispose();
            _writer = Begin();
        }

        // As a pump's pass over 64 recordings.
        if (_tick % NonceBatch.Most == 0)
        {
            _nonces.End();
            _nonces.Begin(NonceBatch.Most);
        }

        _writer.EncryptChunk(_current.Stored, _leaf, _nonces);
        if (_writer.ChunkCount % RecordingPolicy.DefaultCheckpointEvery == 0)
        {
            _writer.WriteCheckpoint(DateTimeOffset.UnixEpoch, _checkpoint);
        }

        _current.Payload.Release(isEncrypted: true);
        (_current, _next) = (_next, _current);
        _tick = (_tick + 1) % 2_000_000;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _gateway.Dispose();
    }

    private RecordingWriter Begin() => RecordingWriter.Begin(
        _policy, _metadata, new RecordingId(Guid.NewGuid().ToByteArray()), DateTimeOffset.UnixEpoch.AddYears(56), default, SecretSlabs.Shared, out _);

    private sealed class ChunkMemory
    {
        private readonly byte[] _memory;

        public ChunkMemory(int stored, int offset, int payload)
        {
            _memory = new byte[stored];
            Payload = new PayloadBuffer(_memory, offset, payload);
        }

        public PayloadBuffer Payload { get; }

        public Span<byte> Stored => _memory;
    }
}
