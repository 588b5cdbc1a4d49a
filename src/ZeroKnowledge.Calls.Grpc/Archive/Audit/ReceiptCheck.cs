namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The receipts of one recording, from the register and from the archive: what is wrong with them, and what the archive owes by them.</summary>
internal sealed class ReceiptCheck
{
    private readonly List<Receipt> _good = [];
    private readonly List<string> _faults = [];
    private readonly List<Receipt> _own = [];

    public ReceiptCheck(RegisteredRecording row, IReadOnlyList<ReadOnlyMemory<byte>> stored, AuditedArchive archive, TrustList trust)
    {
        foreach (Receipt receipt in row.Receipts)
        {
            Take(receipt, "The register's", row.Header.CoreId, trust);
        }

        foreach (ReadOnlyMemory<byte> bytes in stored)
        {
            if (Receipt.TryParse(bytes.Span, out Receipt? receipt, out string? error))
            {
                Take(receipt, "The archive's", row.Header.CoreId, trust);
            }
            else
            {
                _faults.Add($"The archive gives a receipt that is none: {error}");
            }
        }

        _own.AddRange(_good.Where(receipt => archive.Has(receipt.ArchiveKey)));
        foreach (IGrouping<int, Receipt> same in _good.GroupBy(receipt => receipt.ChunkCount))
        {
            Receipt first = same.First();
            if (same.FirstOrDefault(receipt => !receipt.Root.SequenceEqual(first.Root)) is { } other)
            {
                _faults.Add($"Two receipts for {same.Key} chunks, of {first.Time:u} and {other.Time:u}, are for different chunks.");
            }
        }
    }

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The receipt of the audited archive for the most chunks; null if it signed none.</summary>
    public Receipt? Owed => _own.MaxBy(receipt => receipt.ChunkCount);

    /// <summary>Compares with what writer and gateway signed: a receipt for other chunks is a fault.</summary>
    public void Compare(StatementSet statements)
    {
        IReadOnlyList<Statement> all = statements.Statements;
        foreach (Receipt receipt in _good)
        {
            if (all.Any(statement => statement.ChunkCount == receipt.ChunkCount)
                && !all.Any(statement => statement.ChunkCount == receipt.ChunkCount && statement.Root.SequenceEqual(receipt.Root)))
            {
                _faults.Add($"A receipt for {receipt.ChunkCount} chunks, of {receipt.Time:u}, is for other chunks than those that were signed.");
            }

            if (statements.Seal is { } seal && receipt.ChunkCount > seal.ChunkCount)
            {
                _faults.Add($"A receipt of {receipt.Time:u} is for {receipt.ChunkCount} chunks, and the recording was sealed at {seal.ChunkCount}.");
            }
        }
    }

    /// <summary>A receipt of the audited archive for a statement that nobody has any more; null if there is none.</summary>
    public Receipt? Forgotten(IEnumerable<Statement> known)
    {
        HashSet<string> hashes = new(StringComparer.Ordinal);
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        foreach (Statement statement in known)
        {
            statement.CopyHashTo(hash);
            hashes.Add(Convert.ToHexString(hash));
        }

        return _own.Find(receipt => !hashes.Contains(Convert.ToHexString(receipt.StatementHash)));
    }

    private void Take(Receipt receipt, string whose, CoreId id, TrustList trust)
    {
        if (receipt.CoreId != id)
        {
            _faults.Add($"{whose} receipt is for another recording, {receipt.CoreId}.");
        }
        else if (!receipt.Verify(trust))
        {
            _faults.Add($"{whose} receipt of {receipt.Time:u} is signed by {receipt.ArchiveKey.ToString(TrustedKeyKind.Archive)}, which was not trusted then, or its signature is wrong.");
        }
        else
        {
            _good.Add(receipt);
        }
    }
}
