using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

/// <summary>Gives the payloads of chunks in sequence, each verified against a statement's root by a range proof where it is covered, then opened.</summary>
internal sealed class RecordingPlayer(Recording recording, RecordingHeader header, RecordingKeys keys)
{
    private readonly ChunkOpener _opener = new(header, keys);
    private readonly StatementSet _statements = recording.Evidence.Statements!;

    // In a truncated recording it is an older one: what it covers is still proven.
    private readonly Statement? _live = recording.Evidence.LiveBase;

    // Proves what comes after the live statements, and never what they cover: the gateway's word does not replace the writer's.
    private readonly Statement? _recovery =
        recording.Evidence.Statements!.Newest is { IsLive: false } newest && newest.ChunkCount <= recording.Chunks ? newest : null;

    /// <summary>From a chunk to the end. Chunks without a key are passed over.</summary>
    public async IAsyncEnumerable<ParsedPayload> PlayAsync(int first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long tick = -1, arrival = 0;
        while (first < recording.Chunks)
        {
            int end = BatchEnd(first);
            IReadOnlyList<ReadOnlyMemory<byte>> chunks = await VerifiedAsync(first, end, cancellationToken).ConfigureAwait(false);
            for (int i = first; i < end; i++)
            {
                if (Open(i, chunks[i - first].Span) is not { } payload)
                {
                    continue;
                }

                if (payload.TickNumber <= tick || payload.EarliestMs < arrival)
                {
                    throw new TamperedException(header.CoreId, i, "it does not follow the one before it in time.");
                }

                (tick, arrival) = (payload.TickNumber, payload.LatestMs);
                yield return payload;
            }

            first = end;
        }

        if (_statements.Newest is { } newest && newest.ChunkCount > recording.Chunks)
        {
            throw new TamperedException(header.CoreId, recording.Chunks, $"a {newest} is known, but the source has only {recording.Chunks}: truncated. What came before was verified.");
        }

        if (recording.Evidence.Parts.IsMalformed)
        {
            throw new TamperedException(header.CoreId, null, $"{recording.Evidence.Parts.Finding}. What came before was verified.");
        }
    }

    /// <summary>The first chunk with a frame that arrived at or after a time: a binary search over the heads of the payloads.</summary>
    public async ValueTask<int> FindAsync(long arrivalMs, CancellationToken cancellationToken)
    {
        int low = 0, high = recording.Chunks;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int probe = middle;
            ParsedPayload? payload = null;
            // A chunk without a key tells no time: look at the ones after it.
            while (probe < high && payload is null)
            {
                if (keys.HasChunkKey(probe))
                {
                    IReadOnlyList<ReadOnlyMemory<byte>> chunks = await VerifiedAsync(probe, probe + 1, cancellationToken).ConfigureAwait(false);
                    payload = Open(probe, chunks[0].Span);
                }
                else
                {
                    probe++;
                }
            }

            if (payload is null || payload.LatestMs >= arrivalMs)
            {
                high = middle;
            }
            else
            {
                low = probe + 1;
            }
        }

        return low;
    }

    // A batch does not reach over the end of what is covered: what follows has no proof.
    private int BatchEnd(int first)
    {
        int end = Math.Min(first + ChunkBatch.Size, recording.Chunks);
        return Base(first) is { } proven ? Math.Min(end, proven.ChunkCount) : end;
    }

    private Statement? Base(int chunk) =>
        chunk < _live?.ChunkCount ? _live
        : chunk < _recovery?.ChunkCount ? _recovery
        : null;

    private async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> VerifiedAsync(int first, int end, CancellationToken cancellationToken)
    {
        if (Base(first) is not { } proven)
        {
            return _statements.Seal is { } seal && first >= seal.ChunkCount
                ? throw new TamperedException(header.CoreId, first, "it stands after the end of the recording: trailing data.")
                : (await recording.ReadAsync(first, end, 0, cancellationToken).ConfigureAwait(false)).Chunks;
        }

        ChunkBatch batch = await recording.ReadAsync(first, end, proven.ChunkCount, cancellationToken).ConfigureAwait(false);
        if (!IsProven(batch, first, proven))
        {
            for (int i = first; i < end; i++)
            {
                _ = Open(i, batch.Chunks[i - first].Span);
            }

            throw new TamperedException(header.CoreId, first, "this and the chunks around it are not proven to be those that were signed.");
        }

        return batch.Chunks;
    }

    private static bool IsProven(ChunkBatch batch, int first, Statement proven)
    {
        byte[] leaves = new byte[batch.Chunks.Count * Format.HashSize];
        for (int i = 0; i < batch.Chunks.Count; i++)
        {
            MerkleTree.LeafHash(batch.Chunks[i].Span, leaves.AsSpan(i * Format.HashSize, Format.HashSize));
        }

        return RangeProof.TryVerify(proven.ChunkCount, first, leaves, batch.Proof.Span, proven.Root);
    }

    private ParsedPayload? Open(int index, ReadOnlySpan<byte> stored)
    {
        ParsedPayload? payload = stored.Length == header.StoredChunkSize
            ? _opener.Open(index, stored)
            : throw new TamperedException(header.CoreId, index, $"it has {stored.Length} bytes, not {header.StoredChunkSize}.");
        if (payload is not null)
        {
            foreach (Frame frame in payload.Frames)
            {
                frame.Chunk = index;
                frame.IsSigned = index < _live?.ChunkCount;
            }
        }

        return payload;
    }
}
