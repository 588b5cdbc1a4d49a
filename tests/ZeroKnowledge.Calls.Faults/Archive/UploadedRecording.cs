using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// A recording on its way into an archive that is killed: what was made, what was acknowledged, and what is to be sent again. Only what the archive
/// acknowledged is expected of it later.
/// </summary>
internal sealed class UploadedRecording : IDisposable
{
    private const int CheckpointEvery = 16;

    // What may be sent beyond what is acknowledged.
    private const int Window = 48;

    private readonly RecordingWriter _writer;
    private readonly RecordingStart _start;
    private readonly ByteString _id;
    private readonly List<byte[]?> _chunks = [];
    private readonly List<byte[]> _hashes = [];
    private readonly List<(int Count, byte[] Bytes)> _statements = [];
    private readonly int _length;
    private byte[]? _closing;
    private byte[]? _seal;
    private int _nextChunk;
    private bool _beginSent;
    private bool _endSent;
    private bool _awaitsAnswer;

    public UploadedRecording(RecordingPolicy policy, SecretSlabs slabs, int length)
    {
        _length = length;
        CallMetadata metadata = new() { CallId = "uploaded", Legs = [Leg.Pcma("a")] };
        _writer = RecordingWriter.Begin(policy, metadata, new RecordingId(RandomNumberGenerator.GetBytes(RecordingId.Size)), TimeProvider.System.GetUtcNow(), default, slabs, out _start);
        _id = ByteString.CopyFrom(Id.Span);
    }

    public CoreId Id => _start.Header.CoreId;

    public int AcknowledgedChunks { get; private set; }

    public int AcknowledgedStatements { get; private set; }

    /// <summary>The receipt, once the seal is acknowledged.</summary>
    public ByteString? Receipt { get; private set; }

    /// <summary>The archive was killed: it is asked where this stands before anything is sent.</summary>
    public void Reconnect(List<Record> records)
    {
        _awaitsAnswer = true;
        records.Add(new Record { CoreId = _id, Query = new Query() });
    }

    /// <summary>Adds what can be sent now.</summary>
    public void Fill(List<Record> records)
    {
        if (_awaitsAnswer || _endSent)
        {
            return;
        }

        if (!_beginSent)
        {
            _beginSent = true;
            records.Add(new Record
            {
                CoreId = _id,
                Begin = new Begin { Header = Bytes(_start.Header.ToArray()), OpeningRecord = Bytes(_start.OpeningRecord), Checkpoint = Bytes(_start.Checkpoint.ToArray()) },
            });
        }

        while (_nextChunk < _length && _nextChunk < AcknowledgedChunks + Window)
        {
            if (_nextChunk == _chunks.Count)
            {
                Make();
            }

            records.Add(new Record { CoreId = _id, Chunk = new Chunk { Index = (uint)_nextChunk, Data = Bytes(_chunks[_nextChunk]!) } });
            _nextChunk++;
            if (_nextChunk % CheckpointEvery == 0)
            {
                records.Add(new Record { CoreId = _id, Statement = Bytes(_statements[(_nextChunk / CheckpointEvery) - 1].Bytes) });
            }
        }

        if (_nextChunk == _length)
        {
            Seal();
            _endSent = true;
            records.Add(new Record { CoreId = _id, End = new End { ClosingRecord = Bytes(_closing!), Seal = Bytes(_seal!) } });
        }
    }

    /// <summary>Takes an answer.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public string? Take(Progress progress)
    {
        bool asked = _awaitsAnswer;
        _awaitsAnswer = false;
        if (progress.Status == Status.Unknown && asked)
        {
            _beginSent = false;
            _nextChunk = 0;
            return _chunks.Count > 0 && (AcknowledgedChunks > 0 || Receipt is not null) ? $"{Id}: forgotten, with {AcknowledgedChunks} chunks acknowledged" : null;
        }

        if (progress.Status != Status.Durable)
        {
            return $"{Id}: answered {progress.Status}: {progress.Message}";
        }

        if (asked && (progress.DurableChunks < AcknowledgedChunks || progress.DurableStatements < AcknowledgedStatements || (Receipt is not null && !progress.Sealed)))
        {
            return $"{Id}: {AcknowledgedChunks} chunks, a statement of {AcknowledgedStatements}{(Receipt is null ? "" : " and the seal")} were acknowledged; "
                + $"now it has {progress.DurableChunks} and {progress.DurableStatements}";
        }

        for (int i = AcknowledgedChunks; i < progress.DurableChunks; i++)
        {
            _chunks[i] = null;
        }

        AcknowledgedChunks = Math.Max(AcknowledgedChunks, (int)progress.DurableChunks);
        AcknowledgedStatements = Math.Max(AcknowledgedStatements, (int)progress.DurableStatements);
        Receipt = progress.Sealed ? progress.Receipt : Receipt;
        if (asked)
        {
            Resume();
        }

        return null;
    }

    /// <summary>Whether these are the chunks from <paramref name="first"/> on, byte for byte.</summary>
    public bool Are(int first, IEnumerable<ByteString> chunks) => chunks.Select((chunk, i) => _hashes[first + i].AsSpan().SequenceEqual(SHA256.HashData(chunk.Span))).All(same => same);

    public bool HasStatement(IEnumerable<ByteString> stored) =>
        AcknowledgedStatements == 0 || stored.Any(bytes => Statement.TryParse(bytes.Span, out Statement? statement, out _) && statement.ChunkCount >= AcknowledgedStatements);

    public void Dispose() => _writer.Dispose();

    private void Make()
    {
        byte[] chunk = new byte[_writer.StoredChunkSize];
        _writer.EncryptChunk(chunk);
        _chunks.Add(chunk);
        _hashes.Add(SHA256.HashData(chunk));
        if (_chunks.Count % CheckpointEvery == 0)
        {
            byte[] statement = new byte[Statement.Size];
            _writer.WriteCheckpoint(TimeProvider.System.GetUtcNow(), statement);
            _statements.Add((_chunks.Count, statement));
        }
    }

    private void Seal()
    {
        if (_seal is not null)
        {
            return;
        }

        _closing = new byte[Format.ClosingPadded + Format.Overhead(_writer.Suite)];
        _seal = new byte[Statement.Size];
        _writer.Seal(new CallSummary(TimeProvider.System.GetUtcNow(), EndReason.Completed, 0, 0, TimeSpan.Zero), _closing, _seal);
    }

    // From the archive's watermark, with the same bytes. A statement that it lacks is covered by the next one.
    private void Resume()
    {
        _beginSent = true;
        _endSent = Receipt is not null;
        _nextChunk = AcknowledgedChunks;
    }

    private static ByteString Bytes(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);
}
