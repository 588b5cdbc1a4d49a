using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A recording in an archive as a source.</summary>
internal sealed class ArchiveSource(CallArchive.CallArchiveClient client, CoreId coreId) : IRecordingSource
{
    // Far more than an honest archive keeps: a checkpoint every chunk of the longest recording is bounded by the message size anyway.
    private const int MaxStatements = 100_000;

    public async ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken)
    {
        StoredRecording stored = await ArchiveClient.Guard(
            client.GetRecordingAsync(new GetRecordingRequest { CoreId = ByteString.CopyFrom(coreId.Span) }, cancellationToken: cancellationToken).ResponseAsync,
            $"Recording {coreId} could not be read").ConfigureAwait(false);
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
        using AsyncServerStreamingCall<ReadChunksResponse> call = client.ReadChunks(
            new ReadChunksRequest { CoreId = ByteString.CopyFrom(coreId.Span), First = (uint)first, End = (uint)end, TreeSize = (uint)treeSize },
            cancellationToken: cancellationToken);
        while (chunks.Count < end - first
            && await ArchiveClient.Guard(call.ResponseStream.MoveNext(cancellationToken), $"Recording {coreId}, chunks from {first} could not be read").ConfigureAwait(false))
        {
            ReadChunksResponse response = call.ResponseStream.Current;
            if (response.Proof.Count is > 0 and <= RangeProof.MaxHashes)
            {
                proof = [.. response.Proof.SelectMany(hash => hash)];
            }

            chunks.AddRange(response.Chunks.Take(end - first - chunks.Count).Select(chunk => chunk.Memory));
        }

        return new ChunkBatch(chunks, proof);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
