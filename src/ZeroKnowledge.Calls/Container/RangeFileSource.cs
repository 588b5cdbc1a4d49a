using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ZeroKnowledge.Calls;

/// <summary>The file of a range as a source: a grant, the records if it opens them, and its chunks. Chunks stay in the file.</summary>
internal sealed class RangeFileSource : IRecordingSource
{
    public static readonly byte[] Magic = [.. "ZKCRNG1\0"u8];

    private readonly SafeFileHandle _file;
    private readonly long _chunksAt;
    private readonly int _chunkSize;
    private readonly RecordingParts _parts;
    private readonly Dictionary<(int Low, int High), byte[]> _hashes = [];
    private byte[] _leaves = [];

    private RangeFileSource(SafeFileHandle file, string name)
    {
        _file = file;
        long position = Magic.Length;
        byte[] grant = ReadPart(ref position, Format.MaxGrant, name);
        if (!Grant.TryParse(grant, out Grant? parsed, out string? error))
        {
            throw new TamperedException($"{name} is not the file of a range: {error}");
        }

        if (parsed.Statement is not { } statement)
        {
            throw new TamperedException($"{name} is not the file of a range: its grant is live, and proves nothing.");
        }

        Grant = parsed;
        _chunkSize = parsed.Header.StoredChunkSize;
        byte[] opening = ReadPart(ref position, parsed.HasMetadataKeys ? parsed.Header.StoredOpeningSize : 0, name);
        byte[] closing = ReadPart(ref position, parsed.HasMetadataKeys ? parsed.Header.StoredClosingSize : 0, name);
        _chunksAt = position;
        if (RandomAccess.GetLength(file) - position != (long)parsed.Range.Count * _chunkSize)
        {
            throw new TamperedException($"{name} does not hold exactly the {parsed.Range.Count} chunks of its grant: it was cut short, or something was added.");
        }

        RangeProver.Collect(_hashes, statement.ChunkCount, parsed.Range, parsed.Proof.ToArray());
        _parts = new RecordingParts(
            parsed.Header.ToArray(), opening, [statement.ToArray()], closing, statement.ChunkCount, HasNoRecords: !parsed.HasMetadataKeys);
    }

    public Grant Grant { get; }

    /// <summary>Opens a file that begins as one; null for any other.</summary>
    /// <exception cref="ArgumentException">A grant was given beside the file's own.</exception>
    /// <exception cref="TamperedException">It goes on as none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RangeFileSource? TryOpen(string path, Grant? given)
    {
        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            byte[] magic = new byte[Magic.Length];
            if (RandomAccess.Read(file, magic, 0) == magic.Length && magic.AsSpan().SequenceEqual(Magic))
            {
                return given is null
                    ? new RangeFileSource(file, Path.GetFileName(path))
                    : throw new ArgumentException("The file of a range has its own grant: set none in the options.", nameof(given));
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_parts);

    public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        // There is nothing outside, and no proof but under the grant's own statement: the reader finds that too little.
        List<ReadOnlyMemory<byte>> chunks = [];
        for (int i = Math.Max(first, Grant.Range.First); i < Math.Min(end, Grant.Range.End); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            chunks.Add(ReadChunk(i));
        }

        bool canProve = treeSize == Grant.Statement!.ChunkCount && chunks.Count == end - first;
        return ValueTask.FromResult(new ChunkBatch(chunks, canProve ? Prove(first, end, treeSize, cancellationToken) : default(ReadOnlyMemory<byte>)));
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // Of the file's own chunks, good or bad, and what the grant says stands beside them.
    private byte[] Prove(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        if (_leaves.Length == 0)
        {
            byte[] leaves = new byte[Grant.Range.Count * Format.HashSize];
            for (int i = 0; i < Grant.Range.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                MerkleTree.LeafHash(ReadChunk(Grant.Range.First + i), leaves.AsSpan(i * Format.HashSize, Format.HashSize));
            }

            _leaves = leaves;
        }

        return RangeProof.Create(treeSize, first, end, Hash);
    }

    private void Hash(int low, int high, Span<byte> hash)
    {
        ChunkRange range = Grant.Range;
        if (_hashes.TryGetValue((low, high), out byte[]? known))
        {
            known.CopyTo(hash);
            return;
        }

        if (high - low == 1 && range.Contains(low))
        {
            _leaves.AsSpan((low - range.First) * Format.HashSize, Format.HashSize).CopyTo(hash);
            return;
        }

        int middle = low + MerkleTree.Split(high - low);
        Span<byte> halves = stackalloc byte[2 * Format.HashSize];
        Hash(low, middle, halves[..Format.HashSize]);
        Hash(middle, high, halves[Format.HashSize..]);
        MerkleTree.NodeHash(halves[..Format.HashSize], halves[Format.HashSize..], hash);
        // Kept: the proofs of the next chunks need most of them again.
        _hashes[(low, high)] = hash.ToArray();
    }

    private byte[] ReadChunk(int index) => Read(_chunksAt + ((long)(index - Grant.Range.First) * _chunkSize), _chunkSize)
        ?? throw new IOException("The file became shorter while it was read.");

    private byte[] ReadPart(ref long position, int limit, string name)
    {
        byte[]? length = Read(position, 4);
        uint size = length is null ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(length);
        position += 4;
        byte[]? part = size <= (uint)limit ? Read(position, (int)size) : null;
        position += part?.Length ?? 0;
        return part ?? throw new TamperedException($"{name} is not the file of a range: a part of it is cut short, too long, or does not belong.");
    }

    private byte[]? Read(long position, int size)
    {
        byte[] bytes = new byte[size];
        for (int done = 0; done < size;)
        {
            int read = RandomAccess.Read(_file, bytes.AsSpan(done), position + done);
            if (read == 0)
            {
                return null;
            }

            done += read;
        }

        return bytes;
    }
}
