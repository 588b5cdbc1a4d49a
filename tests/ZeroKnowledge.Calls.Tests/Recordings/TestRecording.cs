namespace ZeroKnowledge.Calls.Tests;

/// <summary>A recording written by the real writer into memory, and a source that reads it back, whole or after somebody changed it.</summary>
internal sealed class TestRecording : IDisposable
{
    private TestRecording(TestKeys keys, RecordingStart start)
    {
        Keys = keys;
        Header = start.Header.ToArray();
        OpeningRecord = start.OpeningRecord;
        Statements = [start.Checkpoint.ToArray()];
        Envelope = start.Envelope;
        CoreId = start.Header.CoreId;
    }

    public TestKeys Keys { get; }

    public CoreId CoreId { get; }

    public byte[] Header { get; set; }

    public byte[] OpeningRecord { get; set; }

    public List<byte[]> Statements { get; }

    public List<byte[]> Chunks { get; } = [];

    public byte[] ClosingRecord { get; set; } = [];

    public KeyEnvelope Envelope { get; set; }

    /// <summary>What went in, in order: leg and payload of each audio frame.</summary>
    public List<(int Leg, byte[] Payload)> Written { get; } = [];

    /// <summary>Two legs of A-law, a frame of each every 20 ms, with a checkpoint every 4 chunks.</summary>
    public static TestRecording Write(
        TestKeys keys, int chunks, Suite suite = Suite.Aes256Gcm, EndReason end = EndReason.Completed, string callId = "call-1", CoreId previous = default)
    {
        RecordingPolicy policy = keys.Policy(suite);
        CallMetadata metadata = new() { CallId = callId, Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")], Parties = [new Party(0, "Erika Mustermann", "+4930123456")] };
        DateTimeOffset begun = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, metadata, new RecordingId(Guid.NewGuid().ToByteArray()), begun, previous, SecretSlabs.Shared, out RecordingStart start);
        TestRecording recording = new(keys, start);
        object owner = new();
        LegEncoder[] legs = [new(owner, 0, metadata.Legs[0]), new(owner, 1, metadata.Legs[1])];
        uint arrival = 0;
        for (int i = 0; i < chunks; i++)
        {
            byte[] stored = new byte[writer.StoredChunkSize];
            PayloadBuffer buffer = new(stored, writer.PayloadOffset, start.Header.PayloadSize);
            buffer.Open(owner, arrival, 0);
            for (int f = 0; f < 50; f++)
            {
                arrival = (uint)((i * 1000) + (f * 20));
                foreach (LegEncoder leg in legs)
                {
                    byte[] payload = new byte[160];
                    Random.Shared.NextBytes(payload);
                    MediaFrame frame = new(FrameKind.Audio, 8, (ushort)((i * 50) + f), (uint)(((i * 50) + f) * 160), 7u + (uint)leg.Number, false, payload);
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
                writer.WriteCheckpoint(begun.AddSeconds(i), checkpoint);
                recording.Statements.Add(checkpoint);
            }
        }

        if (end != EndReason.None)
        {
            byte[] closing = new byte[start.Header.StoredClosingSize];
            byte[] seal = new byte[Statement.Size];
            writer.Seal(new CallSummary(begun.AddSeconds(chunks), end, recording.Written.Count, 0, TimeSpan.Zero), closing, seal);
            recording.ClosingRecord = closing;
            recording.Statements.Add(seal);
        }

        return recording;
    }

    public ReaderOptions Options(bool withKey = true, bool recovery = false, IRegister? register = null) => new()
    {
        Trust = Keys.Trust,
        Identity = withKey ? (recovery ? Keys.Recovery : Keys.Active) : null,
        Envelope = withKey ? Envelope : null,
        Register = register,
    };

    public ValueTask<Recording> OpenAsync(ReaderOptions? options = null) =>
        Recording.OpenAsync(new MemorySource(this), CoreId, options ?? Options(), CancellationToken.None);

    public async Task<List<(int Leg, byte[] Payload)>> ReadAsync(ReaderOptions? options = null)
    {
        await using Recording recording = await OpenAsync(options);
        List<(int, byte[])> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            if (frame.Kind == FrameKind.Audio)
            {
                frames.Add((frame.Leg, frame.Payload.ToArray()));
            }
        }

        return frames;
    }

    public async Task<RecordingReport> VerifyAsync(ReaderOptions? options = null)
    {
        await using Recording recording = await OpenAsync(options);
        return await recording.VerifyAsync();
    }

    public void Dispose()
    {
    }

    private sealed class MemorySource(TestRecording recording) : IRecordingSource
    {
        public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new RecordingParts(
            recording.Header, recording.OpeningRecord, [.. recording.Statements.Select(s => (ReadOnlyMemory<byte>)s)], recording.ClosingRecord, recording.Chunks.Count));

        public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
        {
            byte[] leaves = new byte[treeSize * MerkleTree.HashSize];
            for (int i = 0; i < treeSize; i++)
            {
                MerkleTree.LeafHash(recording.Chunks[i], leaves.AsSpan(i * MerkleTree.HashSize, MerkleTree.HashSize));
            }

            return ValueTask.FromResult(new ChunkBatch(
                [.. recording.Chunks.Skip(first).Take(end - first).Select(c => (ReadOnlyMemory<byte>)c)],
                treeSize == 0 ? default : RangeProof.Create(leaves, first, end)));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
