using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>A recording that a test writes to a spool, and what it wrote.</summary>
internal sealed class SpooledCall
{
    private const int CheckpointEvery = 5;

    private readonly SpoolFixture _fixture;
    private readonly RecordingWriter _writer;
    private readonly ChunkPool _pool;

    public SpooledCall(SpoolFixture fixture, RecordingWriter writer, RecordingStart start, string callId)
    {
        _fixture = fixture;
        _writer = writer;
        _pool = new ChunkPool(writer.StoredChunkSize, writer.PayloadOffset, start.Header.PayloadSize);
        Recording = fixture.Spool.Begin(null, start, callId);
    }

    /// <summary>Of the life that runs.</summary>
    public SpooledRecording Recording { get; set; }

    public CoreId CoreId => Recording.CoreId;

    /// <summary>Every chunk that was ever written.</summary>
    public List<byte[]> Chunks { get; } = [];

    public List<int> Checkpoints { get; } = [0];

    public bool IsSealed { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>Its writer is gone with an earlier life.</summary>
    public bool IsOver { get; set; }

    public bool TryAppend()
    {
        if (!_fixture.Spool.TryReserve(_writer.StoredChunkSize))
        {
            return false;
        }

        ChunkBuffer chunk = _pool.Rent();
        RandomNumberGenerator.Fill(chunk.Stored.Span);
        chunk.Index = _writer.EncryptChunk(chunk.Stored.Span, chunk.Leaf.Span);
        Chunks.Add(chunk.Stored.ToArray());
        if (Chunks.Count % CheckpointEvery == 0)
        {
            chunk.Checkpoint = _pool.RentCheckpoint();
            chunk.Checkpoint.Sign(_writer, TimeProvider.System.GetUtcNow());
            Checkpoints.Add(Chunks.Count);
        }

        _fixture.Spool.Append(Recording, chunk);
        return true;
    }

    public void Seal()
    {
        byte[] closing = new byte[Recording.Header.StoredClosingSize], seal = new byte[Statement.Size];
        _writer.Seal(new CallSummary(TimeProvider.System.GetUtcNow(), EndReason.Completed, 0, 0, TimeSpan.Zero), closing, seal);
        _fixture.Spool.End(Recording, closing, seal);
        IsSealed = IsOver = true;
    }

    /// <summary>An archive says how far it is.</summary>
    public void Acknowledge(int archive, int chunks)
    {
        ArchiveUpload upload = Recording.Uploads[archive];
        upload.DurableChunks = Math.Max(upload.DurableChunks, chunks);
        upload.DurableStatements = Checkpoints.FindLast(count => count <= upload.DurableChunks);
        _fixture.Spool.Release(Recording);
    }

    /// <summary>Both archives have everything.</summary>
    public void Finish()
    {
        foreach (ArchiveUpload upload in Recording.Uploads)
        {
            upload.IsOver = true;
        }

        Assert.True(_fixture.Spool.Release(Recording));
        _fixture.Spool.Done(Recording);
        IsDone = IsOver = true;
    }

    public byte[] Root(int count)
    {
        MerklePeaks peaks = new();
        for (int i = 0; i < count; i++)
        {
            peaks.AppendChunk(Chunks[i]);
        }

        byte[] root = new byte[MerkleTree.HashSize];
        peaks.Root(root);
        return root;
    }

    /// <summary>What is in the spool is what was written, and nothing is missing that an archive lacks.</summary>
    public void AssertHeld(int durable)
    {
        Assert.True(Recording.First <= durable, $"chunk {durable} was given up");
        for (int i = Recording.First; i < Recording.Count; i++)
        {
            SpoolLocation location = Recording.Chunk(i);
            byte[] record = new byte[location.Size];
            Assert.True(location.Segment.TryRead(location, record), $"chunk {i} cannot be read");
            Assert.Equal(Chunks[i], record[(SpoolRecord.HeadSize + 4)..]);
        }
    }
}
