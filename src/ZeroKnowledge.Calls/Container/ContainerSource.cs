using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ZeroKnowledge.Calls;

/// <summary>A <c>.zkc</c> file as a source. It is scanned once, block by block; chunks stay in the file.</summary>
internal sealed class ContainerSource : IRecordingSource
{
    private readonly SafeFileHandle _file;
    private readonly List<long> _chunks = [];
    private LeafHashes? _leaves;
    private readonly RecordingParts _parts;
    private readonly int _chunkSize;

    private ContainerSource(SafeFileHandle file, string name)
    {
        _file = file;
        byte[] headerBytes = Read(0, Format.HeaderSize) ?? throw Cut(name, "header");
        if (!RecordingHeader.TryParse(headerBytes, out RecordingHeader? header, out string? error))
        {
            throw new TamperedException($"{name} is not a recording: {error}");
        }

        _chunkSize = header.StoredChunkSize;
        long position = Format.HeaderSize;
        byte[] opening = Read(position, header.StoredOpeningSize) ?? throw Cut(name, "opening record");
        position += opening.Length;
        byte[] checkpoint = Read(position, Format.StatementSize) ?? throw Cut(name, "first checkpoint");
        position += checkpoint.Length;

        List<ReadOnlyMemory<byte>> statements = [checkpoint];
        byte[] closing = [];
        string? cut = null;
        string? fault = null;
        bool sealFollows = false, isSealed = false;
        int smallestEarly = int.MaxValue;
        long length = RandomAccess.GetLength(file);
        while (position < length && cut is null && fault is null)
        {
            byte[]? head = Read(position, ContainerFormat.BlockHead);
            long size = head is null ? 0 : BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(1));
            bool belongs = head is null || head[0] switch
            {
                ContainerFormat.Chunk => size == _chunkSize && closing.Length == 0 && !isSealed && _chunks.Count < Format.MaxChunks,
                ContainerFormat.Statement => size == Format.StatementSize,
                ContainerFormat.ClosingRecord => size == header.StoredClosingSize && closing.Length == 0 && !isSealed,
                _ => false,
            };
            if (!belongs)
            {
                fault = $"there is a block that does not belong at byte {position} of the file";
                break;
            }

            long start = position + ContainerFormat.BlockHead;
            position = start + size;
            if (head is null || position > length)
            {
                cut = "the file is cut short within a block";
                break;
            }

            switch (head[0])
            {
                case ContainerFormat.Chunk:
                    _chunks.Add(start);
                    break;
                case ContainerFormat.ClosingRecord:
                    closing = Read(start, (int)size)!;
                    sealFollows = true;
                    break;
                default:
                    byte[] bytes = Read(start, Format.StatementSize)!;
                    Statement? statement = Parsed(bytes);
                    bool isSeal = statement?.Type == StatementType.Seal;
                    if (sealFollows && !isSeal)
                    {
                        fault = "the closing record is not followed by the seal";
                        break;
                    }

                    statements.Add(bytes);
                    isSealed |= isSeal;
                    sealFollows = false;
                    smallestEarly = statement?.ChunkCount > _chunks.Count ? Math.Min(smallestEarly, statement.ChunkCount) : smallestEarly;
                    break;
            }
        }

        // One that counts more than the whole file holds shows that the file is truncated: that is judged elsewhere.
        fault ??= smallestEarly <= _chunks.Count ? "a statement stands before chunks that it counts" : null;
        fault ??= Parsed(checkpoint) is { Type: StatementType.Checkpoint, ChunkCount: 0 } ? null : "the first statement is not a checkpoint of no chunks";
        cut ??= sealFollows ? "the file is cut short before the seal" : null;
        _parts = new RecordingParts(headerBytes, opening, statements, closing, _chunks.Count, fault ?? cut, IsMalformed: fault is not null);
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="TamperedException">It does not begin as a recording.</exception>
    public static ContainerSource Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            return new ContainerSource(file, Path.GetFileName(path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ValueTask<RecordingParts> GetPartsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_parts);

    public ValueTask<ChunkBatch> ReadAsync(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> chunks = new(end - first);
        for (int i = first; i < end; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            chunks.Add(ReadChunk(i));
        }

        return ValueTask.FromResult(new ChunkBatch(chunks, treeSize == 0 ? default(ReadOnlyMemory<byte>) : Prove(first, end, treeSize, cancellationToken)));
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // Of a statement that nobody has judged yet.
    private static Statement? Parsed(ReadOnlySpan<byte> statement) => Calls.Statement.TryParse(statement, out Statement? parsed, out _) ? parsed : null;

    private static TamperedException Cut(string name, string part) => new($"{name} is not a recording: it ends within the {part}.");

    private byte[] ReadChunk(int index) =>
        Read(_chunks[index], _chunkSize) ?? throw new IOException("The file became shorter while it was read.");

    // The proof is made of the file's own chunks, good or bad: the reader is the one who judges.
    private byte[] Prove(int first, int end, int treeSize, CancellationToken cancellationToken)
    {
        _leaves ??= new LeafHashes(_chunks.Count);
        while (_leaves.Count < treeSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _leaves.Add(ReadChunk(_leaves.Count));
        }

        return _leaves.Prove(first, end, treeSize);
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
