namespace ZeroKnowledge.Calls;

/// <summary>Copies a recording from any source into a <c>.zkc</c> file: every statement stands as soon as its chunks do.</summary>
internal static class RecordingSaver
{
    public static async Task SaveAsync(Recording recording, Stream stream, CancellationToken cancellationToken)
    {
        RecordingParts parts = recording.Evidence.Parts;
        List<Statement> statements = [.. recording.Evidence.Statements!.Statements.OrderBy(statement => statement.ChunkCount)];
        Statement first = statements.Find(statement => statement.Type == StatementType.Checkpoint && statement.ChunkCount == 0)
            ?? throw new TamperedException(recording.Header.CoreId, null, "the first checkpoint is missing; a file cannot be written without it.");
        Statement? seal = recording.Evidence.Statements.Seal;
        statements.RemoveAll(statement => statement == first || statement == seal);

        ContainerWriter writer = new(stream);
        await writer.BeginAsync(parts.Header, parts.OpeningRecord, first.ToArray(), cancellationToken).ConfigureAwait(false);
        int next = 0;
        for (int begin = 0; begin < parts.Chunks; begin += ChunkBatch.Size)
        {
            int end = Math.Min(begin + ChunkBatch.Size, parts.Chunks);
            ChunkBatch batch = await recording.ReadAsync(begin, end, 0, cancellationToken).ConfigureAwait(false);
            for (int i = begin; i < end; i++)
            {
                await writer.ChunkAsync(batch.Chunks[i - begin], cancellationToken).ConfigureAwait(false);
                for (; next < statements.Count && statements[next].ChunkCount <= i + 1; next++)
                {
                    await writer.StatementAsync(statements[next].ToArray(), cancellationToken).ConfigureAwait(false);
                }
            }
        }

        for (; next < statements.Count && statements[next].ChunkCount <= parts.Chunks; next++)
        {
            await writer.StatementAsync(statements[next].ToArray(), cancellationToken).ConfigureAwait(false);
        }

        if (seal is not null && seal.ChunkCount <= parts.Chunks && !parts.ClosingRecord.IsEmpty)
        {
            await writer.EndAsync(parts.ClosingRecord, seal.ToArray(), cancellationToken).ConfigureAwait(false);
        }
    }
}
