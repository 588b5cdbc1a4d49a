using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Interop;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>A recording as an archive sees one: signed headers and statements over chunks of random bytes. It cannot tell the difference.</summary>
internal sealed class TestRecording
{
    public const int Payload = 256;

    private readonly byte[] _signingKey = new byte[Ed25519.SecretKeySize];
    private readonly GatewayKey _gateway;

    public TestRecording(GatewayKey gateway, int chunks = 10, ulong? begunMs = null, int payload = Payload, Suite suite = Suite.Aes256Gcm)
    {
        _gateway = gateway;
        var publicKey = new byte[32];
        Ed25519.KeyPair(RandomNumberGenerator.GetBytes(32), publicKey, _signingKey);
        var prefix = new byte[RecordingHeader.PrefixSize];
        begunMs ??= (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        RecordingHeader.WritePrefix(
            prefix, suite, 1000, payload, new RecordingId(RandomNumberGenerator.GetBytes(16)), begunMs.Value, default);
        Header = RecordingHeader.Build(prefix, RandomNumberGenerator.GetBytes(32), new VerifyKey(publicKey), gateway);
        Opening = RandomNumberGenerator.GetBytes(Header.StoredOpeningSize);
        Closing = RandomNumberGenerator.GetBytes(Header.StoredClosingSize);
        Chunks = [.. Enumerable.Range(0, chunks).Select(_ => RandomNumberGenerator.GetBytes(Header.StoredChunkSize))];
    }

    private TestRecording(TestRecording twin)
    {
        _gateway = twin._gateway;
        _signingKey = twin._signingKey;
        Header = twin.Header;
        Opening = twin.Opening;
        Closing = twin.Closing;
        TimeMs = twin.TimeMs;
        Chunks = [.. twin.Chunks];
    }

    public RecordingHeader Header { get; }

    public CoreId Id => Header.CoreId;

    /// <summary>When it signs: a seal that is made again says the same.</summary>
    public ulong TimeMs { get; init; } = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public byte[] Opening { get; set; }

    public byte[] Closing { get; set; }

    public List<byte[]> Chunks { get; }

    /// <summary>A second writer life with the same keys, whose chunks differ from <paramref name="from"/> on: a cloned machine.</summary>
    public TestRecording Clone(int from)
    {
        var clone = new TestRecording(this);
        for (int i = from; i < Chunks.Count; i++)
        {
            clone.Chunks[i] = RandomNumberGenerator.GetBytes(Header.StoredChunkSize);
        }

        return clone;
    }

    public byte[] Root(int count)
    {
        var peaks = new MerklePeaks();
        Chunks.Take(count).ToList().ForEach(chunk => peaks.AppendChunk(chunk));
        var root = new byte[32];
        peaks.Root(root);
        return root;
    }

    public byte[] Checkpoint(int count) => Sign(StatementType.Checkpoint, count, count, EndReason.None, []);

    public byte[] Seal(int count) => Sign(StatementType.Seal, count, count, EndReason.Completed, SHA256.HashData(Closing));

    public byte[] Recovery(int count, int live, ulong? timeMs = null) => Sign(StatementType.Recovery, count, live, EndReason.Restart, [], timeMs);

    public Record BeginRecord() => Of(record => record.Begin = new Begin
    {
        Header = Bytes(Header.ToArray()), OpeningRecord = Bytes(Opening), Checkpoint = Bytes(Checkpoint(0)),
    });

    public Record ChunkRecord(int index) => Of(record => record.Chunk = new Chunk { Index = (uint)index, Data = Bytes(Chunks[index]) });

    public Record StatementRecord(byte[] statement) => Of(record => record.Statement = Bytes(statement));

    public Record EndRecord(int count) => Of(record => record.End = new End { ClosingRecord = Bytes(Closing), Seal = Bytes(Seal(count)) });

    public Record ReplacementRecord(byte[] statement, int first, int end) => Of(record => record.Replacement = new Replacement
    {
        Statement = Bytes(statement), First = (uint)first, Chunks = { Chunks.Take(end).Skip(first).Select(Bytes) },
    });

    public Record QueryRecord() => Of(record => record.Query = new Query());

    /// <summary>Begin, chunks, checkpoints and end, in order.</summary>
    public IEnumerable<Record> All(int every = 4)
    {
        yield return BeginRecord();
        for (int i = 0; i < Chunks.Count; i++)
        {
            yield return ChunkRecord(i);
            if ((i + 1) % every == 0)
            {
                yield return StatementRecord(Checkpoint(i + 1));
            }
        }

        yield return EndRecord(Chunks.Count);
    }

    public Record Of(Action<Record> fill)
    {
        var record = new Record { CoreId = Bytes(Id.ToArray()) };
        fill(record);
        return record;
    }

    public static ByteString Bytes(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    private byte[] Sign(StatementType type, int count, int live, EndReason reason, byte[] closingHash, ulong? timeMs = null)
    {
        var bytes = new byte[Statement.Size];
        Statement.Write(
            bytes, type, Id, SHA256.HashData(Opening), count, live, Root(count),
            timeMs ?? TimeMs, reason, closingHash);
        if (type == StatementType.Recovery)
        {
            Statement.Sign(bytes, _gateway);
        }
        else
        {
            Statement.Sign(bytes, _signingKey);
        }

        return bytes;
    }
}
