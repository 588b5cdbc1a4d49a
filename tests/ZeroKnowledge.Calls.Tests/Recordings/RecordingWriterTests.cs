using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Tests;

public sealed class RecordingWriterTests : IDisposable
{
    private readonly TestKeys _keys = new();
    private readonly SecretSlabs _slabs = new(LockedMemory.Preferred);

    public static TheoryData<Suite> Suites => [Suite.Aes256Gcm, Suite.Aegis256];

    public void Dispose()
    {
        _slabs.Dispose();
        _keys.Dispose();
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void EncryptChunk_AndCheckpoint_AllocateNothing(Suite suite)
    {
        using RecordingWriter writer = Begin(suite, out _);
        byte[] stored = new byte[writer.StoredChunkSize];
        byte[] checkpoint = new byte[Statement.Size];
        Run(200);

        Assert.Equal(0, Allocations.Least(() => Run(2_000)));

        void Run(int chunks)
        {
            for (int i = 0; i < chunks; i++)
            {
                writer.EncryptChunk(stored);
                writer.WriteCheckpoint(TestRecording.Begun, checkpoint);
            }
        }
    }

    [Theory]
    [InlineData(Suite.Aes256Gcm, 1)]
    [InlineData(Suite.Aegis256, 6)]
    [InlineData(Suite.Aes256Gcm, 16)]
    public void EncryptChunk_Afterwards_NoWindowOfTheSlotLeadsToAnEarlierKey(Suite suite, int chunks)
    {
        using RecordingWriter writer = Begin(suite, out RecordingStart start);
        byte[] stored = new byte[writer.StoredChunkSize];
        for (int i = 0; i < chunks; i++)
        {
            writer.EncryptChunk(stored);
        }

        using RecordingKeys keys = EnvelopeReader.Open(start.Envelope, start.Header, _keys.Active);
        byte[] slot = Slot(writer);
        Assert.False(ForwardSecrecy.AnyWindowLeadsTo(slot, [.. Enumerable.Range(0, chunks).Select(Key)], chunks));
        // The same search finds the next chunk's key, so it would have found an earlier one.
        Assert.True(ForwardSecrecy.AnyWindowLeadsTo(slot, [Key(chunks)], chunks + 1));

        string Key(int chunk)
        {
            byte[] key = new byte[Format.KeySize];
            Assert.True(keys.TryChunkKey(chunk, key));
            return Convert.ToHexString(key);
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void EncryptChunk_OfEachChunk_UsesAKeyOfItsOwn(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 20, suite);
        using RecordingKeys keys = recording.OpenKeys();
        byte[] key = new byte[Format.KeySize], payload = new byte[recording.ParsedHeader.PayloadSize];
        for (int chunk = 0; chunk < 20; chunk++)
        {
            for (int other = 0; other < 20; other++)
            {
                Assert.True(keys.TryChunkKey(other, key));
                Assert.Equal(chunk == other, Sealing.TryOpen(suite, key, recording.Chunks[chunk], payload));
            }
        }
    }

    [Fact]
    public void Begin_Twice_SharesNothing()
    {
        using RecordingWriter a = Begin(Suite.Aes256Gcm, out RecordingStart first);
        using RecordingWriter b = Begin(Suite.Aes256Gcm, out RecordingStart second);
        Assert.NotEqual(first.Header.CoreId, second.Header.CoreId);
        Assert.NotEqual(first.Header.SigningKey, second.Header.SigningKey);
        Assert.NotEqual(first.Header.Commitment.ToArray(), second.Header.Commitment.ToArray());
        Assert.NotEqual(first.OpeningRecord[..12], second.OpeningRecord[..12]);
        Assert.Empty(Slot(a).Chunk(32).Select(Convert.ToHexString).Intersect(Slot(b).Chunk(32).Select(Convert.ToHexString)).Except([new string('0', 64)]));
        Assert.NotEqual(Secret(first), Secret(second));
    }

    [Fact]
    public void Begin_Always_SignsACheckpointOfNoChunks()
    {
        using RecordingWriter writer = Begin(Suite.Aes256Gcm, out RecordingStart start);
        Assert.Equal((StatementType.Checkpoint, 0), (start.Checkpoint.Type, start.Checkpoint.ChunkCount));
        Assert.True(start.Checkpoint.Verify(start.Header));
        Assert.Equal(1u, start.Envelope.Version);
    }

    [Fact]
    public void Dispose_OfAWriter_WipesItsSlot()
    {
        RecordingWriter writer = Begin(Suite.Aes256Gcm, out _);
        SecretBytes slab = Assert.Single(SlabsOf(_slabs));
        Assert.True(slab.Span.IndexOfAnyExcept((byte)0) >= 0);
        writer.Dispose();
        Assert.True(slab.Span.IndexOfAnyExcept((byte)0) < 0);
        writer.Dispose();
    }

    [Fact]
    public void Seal_OfARecording_WipesItsSlot()
    {
        using RecordingWriter writer = Begin(Suite.Aes256Gcm, out RecordingStart start);
        Seal(writer, start);
        Assert.True(SlabsOf(_slabs)[0].Span.IndexOfAnyExcept((byte)0) < 0);
        Assert.Throws<ObjectDisposedException>(() => writer.EncryptChunk(new byte[writer.StoredChunkSize]));
        Assert.Throws<ObjectDisposedException>(() => writer.WriteCheckpoint(TestRecording.Begun, new byte[Statement.Size]));
        Assert.Throws<ObjectDisposedException>(() => Seal(writer, start));
    }

    [Fact]
    public void Begin_WithAFailingGateway_WipesItsSlot()
    {
        using GatewayKey failing = new FailingKey();
        RecordingPolicy policy = new() { Recipients = _keys.Policy().Recipients, Gateway = failing };
        Assert.Throws<InvalidOperationException>(() => RecordingWriter.Begin(
            policy, Metadata, new RecordingId(new byte[16]), TestRecording.Begun, default, _slabs, out _));
        Assert.True(SlabsOf(_slabs)[0].Span.IndexOfAnyExcept((byte)0) < 0);
        using SecretSlot next = _slabs.Rent();
        Assert.Single(SlabsOf(_slabs));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void EncryptChunk_OfAnotherSize_ThrowsAndUsesNoKey(int more)
    {
        using RecordingWriter writer = Begin(Suite.Aes256Gcm, out _);
        byte[] before = Slot(writer);
        Assert.Throws<ArgumentException>("stored", () => writer.EncryptChunk(new byte[writer.StoredChunkSize + more]));
        Assert.Equal(0, writer.ChunkCount);
        Assert.Equal(before, Slot(writer));
    }

    // A dual-leg recording of 5 minutes of G.711 at 1 s as a file, with everything in it, and its envelope.
    [Theory]
    [InlineData(Suite.Aes256Gcm, 5.0)]
    [InlineData(Suite.Aegis256, 5.25)]
    public void Recording_OfFiveMinutesDualG711_HasLittleOverhead(Suite suite, double perCent)
    {
        const int Seconds = 300;
        RecordingPolicy policy = new() { Recipients = _keys.Policy().Recipients, Gateway = _keys.Gateway, Suite = suite };
        Leg[] legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")];
        TestRecording recording = TestRecording.Write(_keys, policy, legs, Seconds, framesPerChunk: 50, EndReason.Completed, "call", default);
        long audio = recording.Written.Sum(frame => frame.Payload.Length);
        long blocks = recording.Statements.Count + recording.Chunks.Count;
        long stored = recording.Header.Length + recording.OpeningRecord.Length + recording.ClosingRecord.Length + recording.Envelope.ToArray().Length
            + recording.Statements.Sum(statement => statement.Length) + recording.Chunks.Sum(chunk => chunk.Length) + (blocks * ContainerFormat.BlockHead);
        Assert.Equal(Seconds * 16_000, audio);
        Assert.Equal(2 + (Seconds / RecordingPolicy.DefaultCheckpointEvery), recording.Statements.Count);
        Assert.InRange(100.0 * (stored - audio) / audio, 0, perCent);
    }

    [Fact]
    public void ToString_OfWriterAndSlot_TellsNothing()
    {
        using RecordingWriter writer = Begin(Suite.Aes256Gcm, out _);
        Assert.Equal("RecordingWriter", writer.ToString());
        Assert.Equal("SecretSlot", TestRecording.Slot(writer).ToString());
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_slabs")]
    internal static extern ref List<SecretBytes> SlabsOf(SecretSlabs slabs);

    private static CallMetadata Metadata => new() { CallId = "call", Legs = [Leg.Pcma("caller")] };

    private static byte[] Slot(RecordingWriter writer)
    {
        SecretSlot slot = TestRecording.Slot(writer);
        return [.. slot.Frontier, .. slot.ClosingKey, .. slot.SigningKey];
    }

    private static void Seal(RecordingWriter writer, RecordingStart start) => writer.Seal(
        new CallSummary(TestRecording.Begun, EndReason.Completed, 0, 0, TimeSpan.Zero), new byte[start.Header.StoredClosingSize], new byte[Statement.Size]);

    private RecordingWriter Begin(Suite suite, out RecordingStart start) => RecordingWriter.Begin(
        _keys.SmallPolicy(suite), Metadata, new RecordingId(Guid.NewGuid().ToByteArray()), TestRecording.Begun, default, _slabs, out start);

    private sealed class FailingKey : GatewayKey
    {
        public override VerifyKey PublicKey => default;

        protected internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => throw new InvalidOperationException("The token was pulled out.");
    }

    private byte[] Secret(RecordingStart start) =>
        WriterSecrets.Forgotten(start.Header, start.Envelope, _keys.Active, 1).First(secret => secret.Name == "S").Bytes;
}
