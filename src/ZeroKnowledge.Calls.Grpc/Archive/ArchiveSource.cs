using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording in an archive as a source. What it holds of an answer is bounded by the recording's own sizes, whatever the archive sends.</summary>
internal sealed class ArchiveSource(CallArchive.CallArchiveClient client, PatientCaller caller, CoreId coreId) : IRecordingSource
{
    // Far more than an honest archive keeps: a checkpoint every chunk of the longest recording is bounded by the message size anyway.
    private const int MaxStatements = 100_000;

    private static readonly int LargestStoredChunk = Format.MaxPayloadSize + Format.Overhead(Suite.Aegis256);

    private int _largestChunk = LargestStoredChunk;

    /// <summary>The archive's receipts, once the parts were asked for; unchecked.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Receipts { get; private set; } = [];

    public async ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken)
    {
        StoredRecording stored = await caller.AskAsync(
            token => client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(coreId.Span) }, cancellationToken: token),
            $"Recording {coreId} could not be read",
            cancellationToken).ConfigureAwait(false);
        Receipts = [.. stored.Receipts.Take(MaxStatements).Select(receipt => receipt.Memory)];
        if (RecordingHeader.TryParse(stored.Header.Span, out RecordingHeader? header, out _))
        {
            _largestChunk = header.StoredChunkSize;
        }

        return new RecordingParts(
            stored.Header.Memory,
            stored.OpeningRecord.Memory,
            [.. stored.Statements.Take(MaxStatements).Select(statement => statement.Memory)],
            stored.ClosingRecord.Memory,
            (int)Math.Min(stored.Chunks, Format.MaxChunks));
    }

    public async ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> chunks = new(end - first);
        byte[] proof = [];
        await foreach (ReadChunksResponse response in caller.StreamAsync(
            token => client.ReadChunks(
                new ReadChunksRequest { CoreId = ByteString.CopyFrom(coreId.Span), First = (uint)first, End = (uint)end, TreeSize = (uint)treeSize },
                cancellationToken: token),
            $"Recording {coreId}, chunks from {first} could not be read",
            cancellationToken).ConfigureAwait(false))
        {
            if (response.Chunks.Count == 0)
            {
                // Else messages with nothing in them could keep a reader for ever.
                throw new ArchiveException($"Recording {coreId}, chunks from {first} could not be read: the archive sent a message without a chunk.");
            }

            if (chunks.Count == 0)
            {
                proof = Proof(response);
            }

            foreach (ByteString chunk in response.Chunks.Take(end - first - chunks.Count))
            {
                chunks.Add(Bounded(chunk));
            }

            if (chunks.Count == end - first)
            {
                break;
            }
        }

        return new ChunkBatch(chunks, proof);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte[] Proof(ReadChunksResponse response)
    {
        if (response.Proof.Count > RangeProof.MaxHashes || response.Proof.Any(hash => hash.Length != MerkleTree.HashSize))
        {
            return [];
        }

        byte[] proof = new byte[response.Proof.Count * MerkleTree.HashSize];
        for (int i = 0; i < response.Proof.Count; i++)
        {
            response.Proof[i].Span.CopyTo(proof.AsSpan(i * MerkleTree.HashSize));
        }

        return proof;
    }

    // One byte too many shows that a chunk is too long; more of it need not be kept.
    private ReadOnlyMemory<byte> Bounded(ByteString chunk) =>
        chunk.Length > _largestChunk + 1 ? chunk.Span[..(_largestChunk + 1)].ToArray() : chunk.Memory;
}
