using ArchiveService.Recordings;
using ArchiveService.Storage;
using Google.Protobuf;
using Grpc.Core;
using RocksDbSharp;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Reading;

/// <summary>Serves ranges of chunks, and proves them from the stored leaf hashes.</summary>
internal sealed class ChunkReader(Engine engine)
{
    /// <summary>Bytes of chunks in one message, about: one chunk that is larger still goes.</summary>
    public const int MessageBytes = 1 << 20;

    /// <summary>Checks a request and gives its messages one by one; each reads the engine anew, so that a slow client keeps no old files alive.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT, OUT_OF_RANGE; ABORTED if the range was replaced or deleted meanwhile.</exception>
    public IEnumerable<ReadChunksResponse> Read(StoredState state, ReadChunksRequest request)
    {
        if (request.First >= request.End)
        {
            throw RecordingReader.Fault(StatusCode.InvalidArgument, "The range is empty.");
        }

        byte[] proof;
        using (Snapshot snapshot = engine.Snapshot())
        {
            int count = StoredTree.Count(engine, state.Number, snapshot);
            if (request.End > count)
            {
                throw RecordingReader.Fault(StatusCode.OutOfRange, $"The recording has {count} chunks.");
            }

            proof = request.TreeSize == 0 ? [] : Prove(state.Number, request, count, snapshot);
        }

        return Messages(state.Number, request, proof);
    }

    private byte[] Prove(ulong number, ReadChunksRequest request, int count, Snapshot snapshot)
    {
        if (request.TreeSize < request.End || request.TreeSize > count)
        {
            throw RecordingReader.Fault(StatusCode.OutOfRange, $"A tree of {request.TreeSize} chunks does not hold the range, or is not stored: there are {count}.");
        }

        // Subtrees are asked for from left to right, each over stored leaves in sequence.
        return RangeProof.Create((int)request.TreeSize, (int)request.First, (int)request.End, (first, end, hash) =>
        {
            var peaks = new MerklePeaks();
            StoredTree.Append(engine, number, peaks, first, end, snapshot);
            peaks.Root(hash);
        });
    }

    private IEnumerable<ReadChunksResponse> Messages(ulong number, ReadChunksRequest request, byte[] proof)
    {
        uint next = request.First;
        while (next < request.End)
        {
            var message = new ReadChunksResponse();
            if (next == request.First)
            {
                for (int i = 0; i < proof.Length; i += MerkleTree.HashSize)
                {
                    message.Proof.Add(ByteString.CopyFrom(proof.AsSpan(i, MerkleTree.HashSize)));
                }
            }

            next = Fill(message, number, next, request.End);
            yield return message;
        }
    }

    private uint Fill(ReadChunksResponse message, ulong number, uint next, uint end)
    {
        int bytes = 0;
        using Scan scan = engine.Scan(engine.Chunks, Key.Indexed(number, next), Key.Indexed(number, end));
        while (bytes < MessageBytes && scan.Next())
        {
            if (Key.IndexOf(scan.Key) != next)
            {
                break;
            }

            message.Chunks.Add(ByteString.CopyFrom(scan.Value));
            bytes += scan.Value.Length;
            next++;
        }

        return message.Chunks.Count > 0
            ? next
            : throw RecordingReader.Fault(StatusCode.Aborted, $"Chunk {next} is gone: the range was replaced or deleted meanwhile.");
    }
}
