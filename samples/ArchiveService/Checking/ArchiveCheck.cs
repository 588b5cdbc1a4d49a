using System.Security.Cryptography;
using ArchiveService.Recordings;
using ArchiveService.Storage;
using RocksDbSharp;
using ZeroKnowledge.Calls;

namespace ArchiveService.Checking;

/// <summary>Reads everything that is stored and compares it with what was signed. Needs no decryption key, and changes nothing.</summary>
internal sealed class ArchiveCheck(Engine engine, TrustList gateways)
{
    /// <summary>Number of recordings that were checked.</summary>
    public long Recordings { get; private set; }

    /// <summary>Number of chunks that were read.</summary>
    public long Chunks { get; private set; }

    /// <summary>Number of tombstones.</summary>
    public long Tombstones { get; private set; }

    /// <summary>Checks all recordings, in the order of their core ids.</summary>
    /// <returns>What is wrong, a sentence each.</returns>
    public IEnumerable<(CoreId Recording, string Finding)> Run()
    {
        byte[] end = [.. Enumerable.Repeat(byte.MaxValue, CoreId.Size + 1)];
        using Scan scan = engine.Scan(engine.Recordings, [], end);
        while (scan.Next())
        {
            var id = new CoreId(scan.Key);
            byte[] row = scan.Value.ToArray();
            foreach (string finding in Row.IsTombstone(row) ? CheckTombstone(row) : CheckRow(id, row))
            {
                yield return (id, finding);
            }
        }
    }

    private List<string> CheckTombstone(byte[] row)
    {
        Tombstones++;
        return DeletionCertificate.TryParse(Row.DecodeTombstone(row).Certificate, out _, out string? fault) ? [] : [fault];
    }

    private List<string> CheckRow(CoreId id, byte[] row)
    {
        Recordings++;
        var findings = new List<string>();
        try
        {
            CheckRecording(id, Row.Decode(row), findings);
        }
        catch (Exception e) when (e is InvalidDataException or RocksDbException)
        {
            findings.Add(e.Message);
        }

        return findings;
    }

    private void CheckRecording(CoreId id, StoredState state, List<string> findings)
    {
        Expect(findings, state.Header.CoreId == id, "The header is of another recording.");
        Expect(findings, state.Header.IsTrusted(gateways), "The gateway key is not on the trust list, or was not valid when the recording began.");
        Expect(findings, HasHash(Key.Opening(state.Number), state.OpeningHash), "The opening record is missing or damaged.");
        Expect(
            findings, !state.IsSealed || HasHash(Key.Closing(state.Number), state.NewestLive.ClosingHash.ToArray()),
            "The closing record is missing or damaged.");
        CheckChunks(state, findings);
    }

    private void CheckChunks(StoredState state, List<string> findings)
    {
        StatementSet statements = Statements(state.Number, state.Header);
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
                findings.Add($"Chunk {peaks.Count} of {count} is missing or damaged.");
                return;
            }

            peaks.Append(hash);
            Compare(statements, peaks, other);
        }

        Expect(findings, peaks.Count == count, $"Chunk {peaks.Count} of {count} is missing.");
        Expect(findings, state.NewestLive.ChunkCount <= count, $"{state.NewestLive.ChunkCount} chunks are signed, {count} are stored.");

        // A fork is no damage: the archive found it, keeps both statements, and says so.
        Expect(findings, statements.IsForked == state.IsForked, "The statements are in conflict, or no longer are.");
        if (!state.IsForked)
        {
            findings.AddRange(statements.Findings);
            findings.AddRange(other.Select(signed => $"The statement of {signed} chunks is not about those that are stored."));
        }
    }

    private static void Compare(StatementSet statements, MerklePeaks peaks, List<int> other)
    {
        if (statements.HasStatementAt(peaks.Count))
        {
            Span<byte> root = stackalloc byte[MerkleTree.HashSize];
            peaks.Root(root);
            if (statements.CheckPrefix(peaks.Count, root) == PrefixAgreement.Differs)
            {
                other.Add(peaks.Count);
            }
        }
    }

    private StatementSet Statements(ulong number, RecordingHeader header)
    {
        var statements = new StatementSet(header, gateways);
        byte[] first = Key.Statements(number);
        byte[] end = [.. first];
        end[^1]++;
        using Scan scan = engine.Scan(engine.Evidence, first, end);
        while (scan.Next())
        {
            statements.Add(scan.Value);
        }

        return statements;
    }

    private bool HasHash(byte[] key, byte[] hash) =>
        engine.Get(engine.Evidence, key) is { } stored && SHA256.HashData(stored).AsSpan().SequenceEqual(hash);

    private static void Expect(List<string> findings, bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            findings.Add(otherwise);
        }
    }
}
