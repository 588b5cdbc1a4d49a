using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

/// <summary>A recording made by the real writer an hour ago, one frame of one leg in each chunk, with all that a register and an archive are given of it.</summary>
internal sealed class WrittenCall
{
    private const int TickMs = 20;
    private const int CheckpointEvery = 4;

    private readonly Customer _customer;
    private readonly byte[] _signingKey;

    private WrittenCall(Customer customer, RecordingStart start, byte[] signingKey)
    {
        _customer = customer;
        _signingKey = signingKey;
        Start = start;
        Statements = [start.Checkpoint.ToArray()];
    }

    public RecordingStart Start { get; }

    public RecordingHeader Header => Start.Header;

    public CoreId Id => Start.Header.CoreId;

    public List<byte[]> Chunks { get; } = [];

    /// <summary>By count; the seal is the last.</summary>
    public List<byte[]> Statements { get; }

    public byte[] Closing { get; private set; } = [];

    public List<byte[]> Payloads { get; } = [];

    public Receipt? Receipt { get; private set; }

    public static WrittenCall Write(
        Customer customer, int chunks = 10, EndReason end = EndReason.Completed, CoreId previous = default, string callId = "call", DateTimeOffset? begun = null)
    {
        RecordingPolicy policy = new()
        {
            Recipients = Recipients.Of(customer.Identity.Recipient, customer.Recovery.Recipient),
            Gateway = customer.Gateway,
            Tick = TimeSpan.FromMilliseconds(TickMs),
            Legs = 1,
            CheckpointEvery = CheckpointEvery,
        };
        Leg leg = Leg.Pcma("caller");
        DateTimeOffset start = DateTimeOffset.FromUnixTimeMilliseconds((begun ?? DateTimeOffset.UtcNow.AddHours(-1)).ToUnixTimeMilliseconds());
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, new CallMetadata { CallId = callId, Legs = [leg] }, new RecordingId(RandomNumberGenerator.GetBytes(16)), start, previous, SecretSlabs.Shared, out RecordingStart begin);
        WrittenCall call = new(customer, begin, SlotOf(writer).SigningKey.ToArray());
        object owner = new();
        LegEncoder encoder = new(owner, 0, leg);
        for (int i = 0; i < chunks; i++)
        {
            byte[] stored = new byte[writer.StoredChunkSize];
            PayloadBuffer buffer = new(stored, writer.PayloadOffset, begin.Header.PayloadSize);
            uint arrival = (uint)(i * TickMs);
            buffer.Open(owner, arrival, 0);
            byte[] payload = RandomNumberGenerator.GetBytes(160);
            Assert.Equal(AppendResult.Accepted, buffer.TryAppend(encoder, new MediaFrame(FrameKind.Audio, 8, (ushort)i, (uint)(i * 160), 7, false, payload), arrival));
            call.Payloads.Add(payload);
            buffer.Close(null);
            buffer.Finish((uint)i);
            writer.EncryptChunk(stored);
            call.Chunks.Add(stored);
            if (writer.ChunkCount % CheckpointEvery == 0)
            {
                byte[] checkpoint = new byte[Statement.Size];
                writer.WriteCheckpoint(start.AddMilliseconds((i + 1) * TickMs), checkpoint);
                call.Statements.Add(checkpoint);
            }
        }

        if (end != EndReason.None)
        {
            call.Closing = new byte[begin.Header.StoredClosingSize];
            byte[] seal = new byte[Statement.Size];
            writer.Seal(new CallSummary(start.AddMilliseconds(chunks * TickMs), end, chunks, 0, TimeSpan.Zero), call.Closing, seal);
            call.Statements.Add(seal);
        }

        return call;
    }

    /// <summary>The register's row, with the statements of at most so many chunks.</summary>
    public RegisteredRecording Row(int upTo = int.MaxValue) => new()
    {
        Header = Header,
        Envelope = Start.Envelope,
        Statements = [.. Statements.Select(Parse).Where(statement => statement.ChunkCount <= upTo)],
        Receipts = Receipt is null ? [] : [Receipt],
    };

    /// <summary>Sends all of it, or the first chunks with the statements that cover them, and keeps the receipt.</summary>
    public async Task UploadAsync(CallArchive.CallArchiveClient archive, int upTo = int.MaxValue)
    {
        using UploadSession upload = new(archive);
        List<Record> records = [Of(record => record.Begin = new Begin { Header = Bytes(Header.ToArray()), OpeningRecord = Bytes(Start.OpeningRecord), Checkpoint = Bytes(Statements[0]) })];
        for (int i = 0; i < Math.Min(upTo, Chunks.Count); i++)
        {
            int index = i;
            records.Add(Of(record => record.Chunk = new Chunk { Index = (uint)index, Data = Bytes(Chunks[index]) }));
        }

        records.AddRange(Statements.Skip(1).Select(Parse).Where(statement => statement.Type != StatementType.Seal && statement.ChunkCount <= upTo)
            .Select(statement => Of(record => record.Statement = Bytes(statement.ToArray()))));
        if (upTo >= Chunks.Count && Closing.Length > 0)
        {
            records.Add(Of(record => record.End = new End { ClosingRecord = Bytes(Closing), Seal = Bytes(Statements[^1]) }));
        }

        List<Progress> answers = await upload.SendAllAsync(records);
        Assert.All(answers, answer => Assert.Equal(Status.Durable, answer.Status));
        if (answers[^1].Receipt.Length > 0)
        {
            Assert.True(Receipt.TryParse(answers[^1].Receipt.Span, out Receipt? receipt, out _));
            Receipt = receipt;
        }
    }

    /// <summary>A statement that only this recording's writer, or a copy of it, could sign.</summary>
    public byte[] Live(int count, byte[] root)
    {
        byte[] bytes = new byte[Statement.Size];
        Statement.Write(bytes, StatementType.Checkpoint, Id, SHA256.HashData(Start.OpeningRecord), count, count, root, Parse(Statements[^1]).TimeMs, EndReason.None, []);
        Statement.Sign(bytes, _signingKey);
        return bytes;
    }

    /// <summary>What the gateway signs after a crash.</summary>
    public byte[] RecoveryOf(int count, int live)
    {
        byte[] bytes = new byte[Statement.Size];
        Statement.Write(
            bytes, StatementType.Recovery, Id, SHA256.HashData(Start.OpeningRecord), count, live, Root(count), Parse(Statements[^1]).TimeMs, EndReason.Restart, []);
        Statement.Sign(bytes, _customer.Gateway);
        return bytes;
    }

    public byte[] Root(int count)
    {
        MerklePeaks peaks = new();
        Chunks.Take(count).ToList().ForEach(chunk => peaks.AppendChunk(chunk));
        byte[] root = new byte[32];
        peaks.Root(root);
        return root;
    }

    public Record Of(Action<Record> fill)
    {
        Record record = new() { CoreId = Bytes(Id.ToArray()) };
        fill(record);
        return record;
    }

    public static Statement Parse(byte[] bytes) => Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new ArgumentException(error);

    private static ByteString Bytes(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_slot")]
    private static extern ref SecretSlot SlotOf(RecordingWriter writer);
}
