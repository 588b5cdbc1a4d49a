using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A recording written by the real writer into memory, and a source that reads it back, whole or after somebody changed it.</summary>
internal sealed class TestRecording
{
    public static readonly DateTimeOffset Begun = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    private TestRecording(TestKeys keys, RecordingStart start, byte[] signingKey)
    {
        Keys = keys;
        ParsedHeader = start.Header;
        Header = start.Header.ToArray();
        OpeningRecord = start.OpeningRecord;
        Statements = [start.Checkpoint.ToArray()];
        Envelope = start.Envelope;
        CoreId = start.Header.CoreId;
        SigningKey = signingKey;
    }

    public TestKeys Keys { get; }

    public CoreId CoreId { get; }

    public RecordingHeader ParsedHeader { get; }

    public byte[] Header { get; set; }

    public byte[] OpeningRecord { get; set; }

    public List<byte[]> Statements { get; private init; }

    public List<byte[]> Chunks { get; private init; } = [];

    public byte[] ClosingRecord { get; set; } = [];

    public KeyEnvelope Envelope { get; set; }

    /// <summary>What only a copy of the running writer would have.</summary>
    public byte[] SigningKey { get; }

    /// <summary>What went in, in order: leg and payload of each audio frame.</summary>
    public List<(int Leg, byte[] Payload)> Written { get; private init; } = [];

    /// <summary>What the source answers when it is asked for [first, end) under a tree: null for what there is.</summary>
    public Func<int, int, int, ChunkBatch, ChunkBatch>? Answer { get; set; }

    /// <summary>How many chunks the source says it has; default: as many as there are.</summary>
    public int? Claims { get; set; }

    /// <summary>Two legs of A-law, a frame of each every 20 ms, 50 of them in a chunk.</summary>
    public static TestRecording Write(
        TestKeys keys, int chunks, Suite suite = Suite.Aes256Gcm, EndReason end = EndReason.Completed, string callId = "call-1", CoreId previous = default) =>
        Write(keys, keys.Policy(suite), [Leg.Pcma("caller"), Leg.Pcma("assistant")], chunks, framesPerChunk: 50, end, callId, previous);

    /// <summary>One leg of A-law, one frame in each chunk of 20 ms.</summary>
    public static TestRecording Small(TestKeys keys, int chunks, Suite suite = Suite.Aes256Gcm, EndReason end = EndReason.Completed, string callId = "call-1") =>
        Write(keys, keys.SmallPolicy(suite), [Leg.Pcma("caller")], chunks, framesPerChunk: 1, end, callId, default);

    public static TestRecording Write(
        TestKeys keys, RecordingPolicy policy, Leg[] formats, int chunks, int framesPerChunk, EndReason end, string callId, CoreId previous)
    {
        CallMetadata metadata = new() { CallId = callId, Legs = formats, Parties = [new Party(0, "Erika Mustermann", "+4930123456")] };
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, metadata, new RecordingId(Guid.NewGuid().ToByteArray()), Begun, previous, SecretSlabs.Shared, out RecordingStart start);
        TestRecording recording = new(keys, start, Slot(writer).SigningKey.ToArray());
        object owner = new();
        LegEncoder[] legs = [.. formats.Select((format, number) => new LegEncoder(owner, number, format))];
        uint arrival = 0;
        for (int i = 0; i < chunks; i++)
        {
            byte[] stored = new byte[writer.StoredChunkSize];
            PayloadBuffer buffer = new(stored, writer.PayloadOffset, start.Header.PayloadSize);
            buffer.Open(owner, arrival, 0);
            for (int f = 0; f < framesPerChunk; f++)
            {
                int number = (i * framesPerChunk) + f;
                arrival = (uint)((i * policy.TickMs) + (f * 20));
                foreach (LegEncoder leg in legs)
                {
                    byte[] payload = new byte[160];
                    Random.Shared.NextBytes(payload);
                    MediaFrame frame = new(FrameKind.Audio, 8, (ushort)number, (uint)(number * 160), 7u + (uint)leg.Number, false, payload);
                    Assert.Equal(AppendResult.Accepted, buffer.TryAppend(leg, frame, arrival));
                    recording.Written.Add((leg.Number, payload));
                }
            }

            buffer.Close(null);
            buffer.Finish((uint)i);
            writer.EncryptChunk(stored);
            recording.Chunks.Add(stored);
            if (writer.ChunkCount % policy.CheckpointEvery == 0)
            {
                byte[] checkpoint = new byte[Statement.Size];
                writer.WriteCheckpoint(Begun.AddMilliseconds(i * policy.TickMs), checkpoint);
                recording.Statements.Add(checkpoint);
            }
        }

        if (end != EndReason.None)
        {
            byte[] closing = new byte[start.Header.StoredClosingSize];
            byte[] seal = new byte[Statement.Size];
            writer.Seal(new CallSummary(Begun.AddMilliseconds(chunks * policy.TickMs), end, recording.Written.Count, 0, TimeSpan.Zero), closing, seal);
            recording.ClosingRecord = closing;
            recording.Statements.Add(seal);
        }

        return recording;
    }

    /// <summary>A copy whose parts can be changed alone.</summary>
    public TestRecording Copy() => new(Keys, new RecordingStart(ParsedHeader, [.. OpeningRecord], Parse(Statements[0]), Envelope), SigningKey)
    {
        Header = [.. Header],
        Statements = [.. Statements.Select(statement => statement.ToArray())],
        Chunks = [.. Chunks.Select(chunk => chunk.ToArray())],
        ClosingRecord = [.. ClosingRecord],
        Written = Written,
    };

    public ReaderOptions Options(bool withKey = true, bool recovery = false, IRegister? register = null) => new()
    {
        Trust = Keys.Trust,
        Identity = withKey ? (recovery ? Keys.Recovery : Keys.Active) : null,
        Envelope = withKey ? Envelope : null,
        Register = register,
    };

    public ValueTask<Recording> OpenAsync(ReaderOptions? options = null) =>
        Recording.OpenAsync(new MemorySource(this), CoreId, options ?? Options(), CancellationToken.None);

    /// <summary>The audio frames, all of them or an exception.</summary>
    public async Task<List<(int Leg, byte[] Payload)>> ReadAsync(ReaderOptions? options = null)
    {
        (List<Frame> frames, Exception? exception) = await PlayAsync(options);
        return exception is null ? [.. frames.Where(frame => frame.Kind == FrameKind.Audio).Select(frame => (frame.Leg, frame.Payload.ToArray()))] : throw exception;
    }

    /// <summary>Every frame that was released, and what ended the reading.</summary>
    public async Task<(List<Frame> Frames, Exception? Exception)> PlayAsync(ReaderOptions? options = null)
    {
        await using Recording recording = await OpenAsync(options);
        return await recording.PlayAsync();
    }

    public async Task<RecordingReport> VerifyAsync(ReaderOptions? options = null)
    {
        await using Recording recording = await OpenAsync(options);
        return await recording.VerifyAsync();
    }

    /// <summary>The frames are the first ones that were written, byte for byte.</summary>
    public void AssertPrefix(IEnumerable<Frame> frames)
    {
        int index = 0;
        foreach (Frame frame in frames.Where(frame => frame.Kind == FrameKind.Audio))
        {
            Assert.Equal(Written[index].Leg, frame.Leg);
            Assert.Equal(Written[index].Payload, frame.Payload.ToArray());
            index++;
        }
    }

    /// <summary>The Merkle root over the first chunks as they are now.</summary>
    public byte[] Root(int count)
    {
        MerklePeaks peaks = new();
        Chunks.Take(count).ToList().ForEach(chunk => peaks.AppendChunk(chunk));
        byte[] root = new byte[MerkleTree.HashSize];
        peaks.Root(root);
        return root;
    }

    /// <summary>Signed with the writer's key, over the chunks as they are now unless another root is given.</summary>
    public byte[] Checkpoint(int count, byte[]? root = null) => Sign(StatementType.Checkpoint, count, root, EndReason.None, []);

    /// <summary>A seal over the chunks and the closing record as they are now.</summary>
    public byte[] Seal(int count, EndReason reason = EndReason.Completed) =>
        Sign(StatementType.Seal, count, null, reason, System.Security.Cryptography.SHA256.HashData(ClosingRecord));

    /// <summary>Signed with the gateway's key.</summary>
    public byte[] Recover(int count, int live, byte[]? root = null) => Calls.Statement.Recover(
        ParsedHeader, OpeningHash, count, live, root ?? Root(count), (ulong)Begun.ToUnixTimeMilliseconds(), Keys.Gateway).ToArray();

    /// <summary>The register's row as it was when the recording had these statements.</summary>
    public RegisteredRecording Row(KeyEnvelope? envelope, IEnumerable<byte[]> statements, params ErasureCertificate[] erasures) => new()
    {
        Header = ParsedHeader,
        Envelope = envelope,
        Statements = [.. statements.Select(bytes => Parse(bytes))],
        Erasures = erasures,
    };

    /// <summary>What a key holder has.</summary>
    public RecordingKeys OpenKeys() => EnvelopeReader.Open(Envelope, ParsedHeader, Keys.Active);

    /// <summary>A chunk that opens at its index and holds this payload: what a key holder can make.</summary>
    public byte[] Encrypt(int index, byte[] payload)
    {
        using RecordingKeys keys = OpenKeys();
        byte[] key = new byte[Format.KeySize];
        Assert.True(keys.TryChunkKey(index, key));
        return Sealing.Seal(ParsedHeader.Suite, key, payload);
    }

    public byte[] Decrypt(int index)
    {
        using RecordingKeys keys = OpenKeys();
        byte[] key = new byte[Format.KeySize];
        byte[] payload = new byte[ParsedHeader.PayloadSize];
        Assert.True(keys.TryChunkKey(index, key));
        Assert.True(Sealing.TryOpen(ParsedHeader.Suite, key, Chunks[index], payload));
        return payload;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_slot")]
    public static extern ref SecretSlot Slot(RecordingWriter writer);

    private static Statement Parse(byte[] bytes) =>
        Statement.TryParse(bytes, out Statement? statement, out string? error) ? statement : throw new InvalidOperationException(error);

    private ReadOnlySpan<byte> OpeningHash => System.Security.Cryptography.SHA256.HashData(OpeningRecord);

    private byte[] Sign(StatementType type, int count, byte[]? root, EndReason reason, ReadOnlySpan<byte> closingHash)
    {
        byte[] bytes = new byte[Statement.Size];
        Statement.Write(bytes, type, CoreId, OpeningHash, count, count, root ?? Root(count), (ulong)Begun.ToUnixTimeMilliseconds(), reason, closingHash);
        Statement.Sign(bytes, SigningKey);
        return bytes;
    }

    private sealed class MemorySource(TestRecording recording) : IRecordingSource
    {
        public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new RecordingParts(
            recording.Header,
            recording.OpeningRecord,
            [.. recording.Statements.Select(statement => (ReadOnlyMemory<byte>)statement)],
            recording.ClosingRecord,
            recording.Claims ?? recording.Chunks.Count));

        public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
        {
            List<ReadOnlyMemory<byte>> chunks = [.. recording.Chunks.Skip(first).Take(end - first).Select(chunk => (ReadOnlyMemory<byte>)chunk)];
            ChunkBatch honest = new(chunks, treeSize == 0 || treeSize > recording.Chunks.Count ? default(ReadOnlyMemory<byte>) : Prove(first, end, treeSize));
            return ValueTask.FromResult(recording.Answer?.Invoke(first, end, treeSize, honest) ?? honest);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private byte[] Prove(int first, int end, int treeSize)
        {
            byte[] leaves = new byte[treeSize * MerkleTree.HashSize];
            for (int i = 0; i < treeSize; i++)
            {
                MerkleTree.LeafHash(recording.Chunks[i], leaves.AsSpan(i * MerkleTree.HashSize, MerkleTree.HashSize));
            }

            return RangeProof.Create(leaves, first, end);
        }
    }
}
