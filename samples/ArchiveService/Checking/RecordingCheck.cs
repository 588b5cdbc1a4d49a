using System.Security.Cryptography;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using ZeroKnowledge.Calls;

namespace ArchiveService.Checking;

/// <summary>Compares what is stored of one recording with what was signed. For one recording.</summary>
internal sealed class RecordingCheck(Engine engine, CoreId id, TrustList gateways, TrustList archives, StoredState state)
{
    private readonly List<string> _findings = [];
    private readonly StatementSet _statements = new(state.Header, gateways);
    private readonly List<Statement> _stored = [];

    /// <summary>Number of chunks that were read.</summary>
    public long Chunks { get; private set; }

    /// <summary>Checks everything.</summary>
    /// <returns>What is wrong, a sentence each.</returns>
    /// <exception cref="InvalidDataException">What is stored cannot be read at all.</exception>
    public IReadOnlyList<string> Run()
    {
        Expect(state.Header.CoreId == id, "The header is of another recording.");
        Expect(state.Header.IsTrusted(gateways), "The gateway key is not on the trust list, or was not valid when the recording began.");
        Expect(HasHash(Key.Opening(state.Number), state.OpeningHash), "The opening record is missing or damaged.");
        Expect(
            !state.IsSealed || HasHash(Key.Closing(state.Number), state.NewestLive.ClosingHash.ToArray()), "The closing record is missing or damaged.");
        LoadStatements();
        CheckRow();
        CheckReceipts();
        CheckChunks();
        return _findings;
    }

    private void LoadStatements()
    {
        byte[] first = Key.Statements(state.Number);
        using Scan scan = engine.Scan(engine.Evidence, first, Key.EndOf(first));
        while (scan.Next())
        {
            // A recovery that contradicts the writer, or another recovery, is refused nowhere: it is kept as evidence, and is no damage.
            if (!_statements.Add(scan.Value, out string? refusal))
            {
                _findings.Add($"A stored statement is damaged: {refusal}");
                continue;
            }

            Statement statement = Row.Statement(scan.Value);
            Expect(scan.Key.SequenceEqual(KeyOf(statement)), "A statement is stored where another one belongs.");
            _stored.Add(statement);
        }
    }

    private void CheckRow()
    {
        Expect(IsStored(state.NewestLive), "The newest statement is missing.");
        Expect(state.Recovery is not { } recovery || IsStored(recovery), "The recovery is missing.");
        Expect(state.Conflict is not { } conflict || IsStored(conflict), "The conflicting statement is missing.");
        Expect(state.IsSealed == (state.NewestLive.Type == StatementType.Seal), "The recording is marked as sealed, or as not, against its newest statement.");
        Expect(_statements.HasStatementAt(0), "The first checkpoint is missing.");
        Expect(state.Peaks.HasRoot(state.NewestLive.Root), "The stored tree is not that of the newest statement.");
        Expect(state.NewestLive.OpeningHash.SequenceEqual(state.OpeningHash), "The opening record is not the one that was signed.");
    }

    private void CheckReceipts()
    {
        bool isNewestStored = state.Receipt.IsEmpty;
        bool isReceipted = false;
        byte[] first = Key.Receipts(state.Number);
        using Scan scan = engine.Scan(engine.Evidence, first, Key.EndOf(first));
        while (scan.Next())
        {
            if (!Receipt.TryParse(scan.Value, out Receipt? receipt, out string? fault))
            {
                _findings.Add($"A stored receipt is damaged: {fault}");
                continue;
            }

            Expect(receipt.Verify(archives), "A stored receipt was not signed by this archive.");
            Expect(_stored.Any(receipt.Matches), "A stored receipt is for a statement that is not here.");
            isNewestStored |= state.Receipt.Span.SequenceEqual(scan.Value);
            isReceipted |= receipt.Matches(state.Newest);
        }

        Expect(isNewestStored, "The newest receipt is missing.");
        Expect(isReceipted || !(state.IsSealed || state.Recovery is not null), "The receipt of the newest statement is missing.");
    }

    private void CheckChunks()
    {
        int count = StoredTree.Count(engine, state.Number);
        var peaks = new MerklePeaks();
        var other = new List<int>();
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        using Scan leaves = engine.Scan(engine.Leaves, Key.Number(state.Number), Key.Indexed(state.Number, MerklePeaks.MaxCount));
        using Scan chunks = engine.Scan(engine.Chunks, Key.Number(state.Number), Key.Indexed(state.Number, uint.MaxValue));
        while (chunks.Next())
        {
            Chunks++;
            MerkleTree.LeafHash(chunks.Value, hash);
            if (!leaves.Next() || !leaves.Key.SequenceEqual(chunks.Key) || Key.IndexOf(chunks.Key) != peaks.Count
                || chunks.Value.Length != state.Header.StoredChunkSize || !leaves.Value.SequenceEqual(hash))
            {
                _findings.Add($"Chunk {peaks.Count} of {count} is missing or damaged.");
                return;
            }

            peaks.Append(hash);
            Compare(peaks, other);
        }

        Expect(peaks.Count == count, $"Chunk {peaks.Count} of {count} is missing.");
        Expect(state.NewestLive.ChunkCount <= count, $"{state.NewestLive.ChunkCount} chunks are signed, {count} are stored.");
        Expect(state.Recovery is not { } recovery || recovery.ChunkCount <= count, $"{state.Recovery?.ChunkCount} chunks are attested, {count} are stored.");
        Expect(!state.IsSealed || state.NewestLive.ChunkCount == count, $"{state.NewestLive.ChunkCount} chunks are sealed, {count} are stored.");

        // A fork is no damage: the archive found it, keeps both statements, and says so.
        Expect(_statements.IsForked == state.IsForked, "The statements are in conflict, or no longer are.");
        if (!state.IsForked)
        {
            _findings.AddRange(other.Select(signed => $"The statement of {signed} chunks is not about those that are stored."));
        }
    }

    private void Compare(MerklePeaks peaks, List<int> other)
    {
        if (_statements.HasStatementAt(peaks.Count))
        {
            Span<byte> root = stackalloc byte[MerkleTree.HashSize];
            peaks.Root(root);
            if (_statements.CheckPrefix(peaks.Count, root) == PrefixAgreement.Differs)
            {
                other.Add(peaks.Count);
            }
        }
    }

    private bool IsStored(Statement statement) => _stored.Any(one => one.ToArray().AsSpan().SequenceEqual(statement.ToArray()));

    private byte[] KeyOf(Statement statement)
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        statement.CopyHashTo(hash);
        return Key.Statement(state.Number, (uint)statement.ChunkCount, (byte)statement.Type, hash);
    }

    private bool HasHash(byte[] key, byte[] hash) =>
        engine.Get(engine.Evidence, key) is { } stored && SHA256.HashData(stored).AsSpan().SequenceEqual(hash);

    private void Expect(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            _findings.Add(otherwise);
        }
    }
}
