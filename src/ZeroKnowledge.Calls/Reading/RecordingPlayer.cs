using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls;

/// <summary>Gives the payloads of chunks in sequence, each verified against a statement's root by a range proof where it is covered, then opened.</summary>
internal sealed class RecordingPlayer(Recording recording, RecordingHeader header, RecordingKeys keys)
{
    private readonly ChunkOpener _opener = new(header, keys);
    private readonly StatementSet _statements = recording.Evidence.Statements!;

    // The live statements all of whose chunks the source has: only their roots can be proven. By ascending count.
    private readonly Statement[] _live = [.. recording.Evidence.Statements!.Statements.Where(statement => statement.IsLive && statement.ChunkCount <= recording.Chunks).OrderBy(statement => statement.ChunkCount)];

    // Proves what comes after the live statements, and never what they cover: the gateway's word does not replace the writer's.
    private readonly Statement? _recovery =
        recording.Evidence.Statements!.Newest is { IsLive: false } newest && newest.ChunkCount <= recording.Chunks ? newest : null;

    /// <summary>From a chunk to the end. Chunks without a key are passed over.</summary>
    public async IAsyncEnumerable<ParsedPayload> PlayAsync(int first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long tick = -1, arrival = 0;
        ChunkRange range = recording.Range;
        first = Math.Max(first, range.First);
        while (first < range.End)
        {
            (IReadOnlyList<ReadOnlyMemory<byte>> chunks, bool signed) =
                await VerifiedAsync(first, Math.Min(first + ChunkBatch.Size, range.End), cancellationToken).ConfigureAwait(false);
            int end = first + chunks.Count;
            for (int i = first; i < end; i++)
            {
                if (Open(i, chunks[i - first].Span, signed) is not { } payload)
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

        if (_statements.IsForked)
        {
            throw new TamperedException(header.CoreId, null, "two writer lives signed conflicting statements; what came before is of one of them.");
        }

        if (recording.Evidence.Parts.IsMalformed)
        {
            throw new TamperedException(header.CoreId, null, $"{recording.Evidence.Parts.Finding}. What came before was verified.");
        }

        if (_statements.Newest is { } newest && newest.ChunkCount > recording.Chunks)
        {
            throw new TamperedException(header.CoreId, recording.Chunks, $"a {newest} is known, but the source has only {recording.Chunks}: truncated. What came before was verified.");
        }
    }

    /// <summary>One chunk alone; null if there is no key for it.</summary>
    public async ValueTask<ParsedPayload?> OpenAsync(int index, CancellationToken cancellationToken) =>
        (await OpenAsync(index, index + 1, cancellationToken).ConfigureAwait(false)).Payloads[0];

    /// <summary>Chunks from the first on, as many as one statement covers; the payload of one without a key is null. Says whether a live statement covers them, or any.</summary>
    public async ValueTask<(IReadOnlyList<ParsedPayload?> Payloads, bool IsSigned, bool IsProven)> OpenAsync(int first, int end, CancellationToken cancellationToken)
    {
        (IReadOnlyList<ReadOnlyMemory<byte>> chunks, bool signed) = await VerifiedAsync(first, end, cancellationToken).ConfigureAwait(false);
        return ([.. chunks.Select((chunk, i) => Open(first + i, chunk.Span, signed))], signed, Covering(first).Any());
    }

    /// <summary>Whether a chunk opens under its key, or has none; whatever a statement says of it. Nothing of it is released.</summary>
    public async ValueTask<bool> OpensAsync(int index, CancellationToken cancellationToken)
    {
        ChunkBatch batch = await recording.ReadAsync(index, index + 1, 0, cancellationToken).ConfigureAwait(false);
        try
        {
            _ = Open(index, batch.Chunks[0].Span, signed: false);
            return true;
        }
        catch (TamperedException)
        {
            return false;
        }
    }

    /// <summary>The first chunk with a frame that arrived at or after a time: a binary search over the heads of the payloads.</summary>
    public async ValueTask<int> FindAsync(long arrivalMs, CancellationToken cancellationToken)
    {
        int low = recording.Range.First, high = recording.Range.End;
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
                    payload = await OpenAsync(probe, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Chunks from the first on, as many as one statement covers. Where none covers them they are not proven, and not signed.</summary>
    private async ValueTask<(IReadOnlyList<ReadOnlyMemory<byte>> Chunks, bool Signed)> VerifiedAsync(int first, int end, CancellationToken cancellationToken)
    {
        ChunkBatch? unproven = null;
        foreach (Statement statement in Covering(first))
        {
            ChunkBatch batch = await recording.ReadAsync(first, Math.Min(end, statement.ChunkCount), statement.ChunkCount, cancellationToken).ConfigureAwait(false);
            if (IsProven(batch, first, statement))
            {
                return (batch.Chunks, statement.IsLive);
            }

            unproven ??= batch;
        }

        if (unproven is not null)
        {
            for (int i = 0; i < unproven.Chunks.Count; i++)
            {
                // Names the chunk, if one does not open.
                _ = Open(first + i, unproven.Chunks[i].Span, signed: false);
            }

            throw new TamperedException(header.CoreId, first, "this and the chunks around it are not proven to be those that were signed.");
        }

        return _statements.Seal is { } seal && first >= seal.ChunkCount
            ? throw new TamperedException(header.CoreId, first, "it stands after the end of the recording: trailing data.")
            : ((await recording.ReadAsync(first, end, 0, cancellationToken).ConfigureAwait(false)).Chunks, false);
    }

    // The longest statement, for one proof of everything. Where its root is not that of the chunks, the shortest that covers this one still says
    // whether the beginning is right; and in a fork each of them may be of the life whose chunks these are.
    private IEnumerable<Statement> Covering(int chunk)
    {
        Statement[] covering = [.. _live.Where(statement => statement.ChunkCount > chunk)];
        return covering.Length == 0 ? (_recovery is { } recovery && recovery.ChunkCount > chunk ? [recovery] : [])
            : _statements.IsForked ? [covering[^1], .. covering[..^1]]
            : [covering[^1], covering[0]];
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

    private ParsedPayload? Open(int index, ReadOnlySpan<byte> stored, bool signed)
    {
        ParsedPayload? payload = stored.Length == header.StoredChunkSize
            ? _opener.Open(index, stored)
            : throw new TamperedException(header.CoreId, index, $"it has {stored.Length} bytes, not {header.StoredChunkSize}.");
        if (payload is not null)
        {
            foreach (Frame frame in payload.Frames)
            {
                frame.Chunk = index;
                frame.IsSigned = signed;
            }
        }

        return payload;
    }
}
