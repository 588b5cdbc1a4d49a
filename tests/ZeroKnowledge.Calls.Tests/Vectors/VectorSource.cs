namespace ZeroKnowledge.Calls.Tests;

/// <summary>The parts of a vector as an archive would give them: chunks in order, and proofs made of these chunks.</summary>
internal sealed class VectorSource(VectorFile file) : IRecordingSource
{
    private readonly byte[][] _chunks = [.. file.Chunks!.Select(Convert.FromHexString)];

    public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new RecordingParts(
        Convert.FromHexString(file.Header!),
        Convert.FromHexString(file.OpeningRecord!),
        [.. file.Statements!.Select(statement => (ReadOnlyMemory<byte>)Convert.FromHexString(statement))],
        Convert.FromHexString(file.ClosingRecord!),
        _chunks.Length));

    public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        byte[] leaves = new byte[treeSize * MerkleTree.HashSize];
        for (int i = 0; i < treeSize; i++)
        {
            MerkleTree.LeafHash(_chunks[i], leaves.AsSpan(i * MerkleTree.HashSize, MerkleTree.HashSize));
        }

        return ValueTask.FromResult(new ChunkBatch(
            [.. _chunks[first..end].Select(chunk => (ReadOnlyMemory<byte>)chunk)],
            treeSize == 0 ? default : RangeProof.Create(leaves, first, end)));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A register that knows statements, or the envelope, of one recording and nothing else.</summary>
internal sealed class VectorRegister(VectorFile file) : IRegister
{
    public ValueTask<RegisteredRecording?> FindAsync(CoreId coreId, CancellationToken cancellationToken = default)
    {
        Assert.True(RecordingHeader.TryParse(Convert.FromHexString(file.Header!), out RecordingHeader? header, out string? error), error);
        return ValueTask.FromResult<RegisteredRecording?>(new RegisteredRecording { Header = header, Envelope = Envelope(), Statements = [.. (file.Register ?? []).Select(Parse)] });
    }

    public ValueTask AddAsync(IReadOnlyList<RegisteredRecording> recordings, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask AddEvidenceAsync(IReadOnlyList<RegisteredEvidence> evidence, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RegisteredRecording>> FindAsync(RecordingId recordingId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<RegisteredRecording> ListAsync(DateTimeOffset? since = null, DateTimeOffset? until = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask ReplaceEnvelopeAsync(KeyEnvelope envelope, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask EraseAsync(ErasureCertificate certificate, KeyEnvelope? remaining, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask SetHoldAsync(CoreId coreId, string? reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RemoveAsync(IReadOnlyList<CoreId> coreIds, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private KeyEnvelope? Envelope()
    {
        if (file.RegisterEnvelope is null)
        {
            return null;
        }

        Assert.True(KeyEnvelope.TryParse(Convert.FromHexString(file.RegisterEnvelope), out KeyEnvelope? envelope, out string? error), error);
        return envelope;
    }

    private static Statement Parse(string hex) =>
        Statement.TryParse(Convert.FromHexString(hex), out Statement? statement, out string? error) ? statement : throw new FormatException(error);
}
