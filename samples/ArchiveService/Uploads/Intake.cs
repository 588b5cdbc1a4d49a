using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>Makes operations of the records of one stream: everything that needs no state is checked and hashed here, on the stream's own thread.</summary>
internal sealed class Intake(HeaderCache headers, Tenant tenant, SubjectId writer, IReply reply)
{
    // The smallest payload and the smaller overhead (docs/FORMAT.md, section 1).
    private const int SmallestStoredChunk = 256 + 60;

    /// <summary>Checks a record. What is wrong with it becomes a refusal, never an exception.</summary>
    public Operation Take(Record record)
    {
        int weight = record.CalculateSize();
        if (record.CoreId.Length != CoreId.Size)
        {
            return Refuse(record, Outcome.Invalid($"A core id has {CoreId.Size} bytes, not {record.CoreId.Length}."));
        }

        var name = new RecordingName(tenant, new CoreId(record.CoreId.Span));
        string? fault;
        Operation? operation = record.ItemCase switch
        {
            Record.ItemOneofCase.Chunk => TakeChunk(name, record.Chunk, weight, out fault),
            Record.ItemOneofCase.Statement => TakeStatement(name, record.Statement, weight, out fault),
            Record.ItemOneofCase.Begin => TakeBegin(name, record.Begin, weight, out fault),
            Record.ItemOneofCase.End => TakeEnd(name, record.End, weight, out fault),
            Record.ItemOneofCase.Replacement => TakeReplacement(name, record.Replacement, weight, out fault),
            Record.ItemOneofCase.Query => TakeQuery(name, weight, out fault),
            _ => Nothing(out fault),
        };
        return operation ?? Refuse(record, Outcome.Invalid(fault ?? "The record is not valid."));
    }

    /// <summary>Refuses a record, whatever is stored.</summary>
    public RefusedOperation Refuse(Record record, Outcome refusal) => new()
    {
        Name = new RecordingName(tenant, record.CoreId.Length == CoreId.Size ? new CoreId(record.CoreId.Span) : default),
        Writer = writer,
        Refusal = refusal,
        Reply = reply,
        Weight = record.CalculateSize(),
    };

    private static Operation? Nothing(out string? fault)
    {
        fault = "The record is empty, or of a kind that this archive does not know.";
        return null;
    }

    private QueryOperation TakeQuery(RecordingName name, int weight, out string? fault)
    {
        fault = null;
        return new QueryOperation { Name = name, Writer = writer, Reply = reply, Weight = weight };
    }

    private ChunkOperation TakeChunk(RecordingName name, Chunk chunk, int weight, out string? fault)
    {
        fault = null;
        return new ChunkOperation
        {
            Name = name, Writer = writer, Index = chunk.Index, Data = chunk.Data.Memory, Leaf = Leaf(chunk.Data), Reply = reply, Weight = weight,
        };
    }

    private StatementOperation? TakeStatement(RecordingName name, ByteString bytes, int weight, out string? fault)
    {
        if (Parse(name, bytes, out fault) is not { } signed)
        {
            return null;
        }

        if (signed.Statement.Type == StatementType.Seal)
        {
            fault = "A seal comes with its closing record, as an end.";
            return null;
        }

        return new StatementOperation { Name = name, Writer = writer, Signed = signed, Reply = reply, Weight = weight };
    }

    private BeginOperation? TakeBegin(RecordingName name, Begin begin, int weight, out string? fault)
    {
        if (!RecordingHeader.TryParse(begin.Header.Span, out RecordingHeader? header, out fault))
        {
            return null;
        }

        if (!Statement.TryParse(begin.Checkpoint.Span, out Statement? checkpoint, out fault))
        {
            return null;
        }

        fault = header.CoreId != name.Id ? "The core id is not that of the header."
            : !header.IsTrusted(tenant.Gateways) ? "The gateway key is not on this archive's trust list, or was not valid when the recording began."
            : begin.OpeningRecord.Length != header.StoredOpeningSize
                ? $"An opening record of this suite has {header.StoredOpeningSize} bytes, not {begin.OpeningRecord.Length}."
            : checkpoint.Type != StatementType.Checkpoint || checkpoint.ChunkCount != 0 ? "The first statement is a checkpoint of no chunks."
            : !checkpoint.Verify(header) ? "The first checkpoint's signature is wrong."
            : !HasHash(begin.OpeningRecord, checkpoint.OpeningHash) ? "The opening record is not the one that the first checkpoint names."
            : null;
        if (fault is not null)
        {
            return null;
        }

        // The statements behind it in the stream are checked before this one is committed.
        headers.Add(name, writer, header);
        return new BeginOperation
        {
            Name = name, Writer = writer, Header = header, OpeningRecord = begin.OpeningRecord.Memory, Checkpoint = checkpoint, Reply = reply, Weight = weight,
        };
    }

    private EndOperation? TakeEnd(RecordingName name, End end, int weight, out string? fault)
    {
        if (Parse(name, end.Seal, out fault) is not { } signed)
        {
            return null;
        }

        fault = signed.Statement.Type != StatementType.Seal ? "The statement of an end is a seal."
            : !HasHash(end.ClosingRecord, signed.Statement.ClosingHash) ? "The closing record is not the one that the seal names."
            : null;
        return fault is not null ? null : new EndOperation
        {
            Name = name, Writer = writer, ClosingRecord = end.ClosingRecord.Memory, Signed = signed, Reply = reply, Weight = weight,
        };
    }

    private ReplacementOperation? TakeReplacement(RecordingName name, Replacement replacement, int weight, out string? fault)
    {
        if (Parse(name, replacement.Statement, out fault) is not { } signed)
        {
            return null;
        }

        // Before anything is made for each of them: a message could hold millions of empty ones.
        if (replacement.Chunks.Any(chunk => chunk.Length < SmallestStoredChunk))
        {
            fault = $"A stored chunk has at least {SmallestStoredChunk} bytes.";
            return null;
        }

        return new ReplacementOperation
        {
            Name = name,
            Writer = writer,
            Signed = signed,
            First = replacement.First,
            Chunks = [.. replacement.Chunks.Select(chunk => chunk.Memory)],
            Leaves = [.. replacement.Chunks.Select(Leaf)],
            Reply = reply,
            Weight = weight,
        };
    }

    private SignedStatement? Parse(RecordingName name, ByteString bytes, out string? fault)
    {
        if (!Statement.TryParse(bytes.Span, out Statement? statement, out fault))
        {
            return null;
        }

        if (statement.CoreId != name.Id)
        {
            fault = "The statement is of another recording.";
            return null;
        }

        return new SignedStatement(statement, headers.Find(name, writer));
    }

    private static byte[] Leaf(ByteString chunk)
    {
        var leaf = new byte[MerkleTree.HashSize];
        MerkleTree.LeafHash(chunk.Span, leaf);
        return leaf;
    }

    private static bool HasHash(ByteString bytes, ReadOnlySpan<byte> hash)
    {
        Span<byte> own = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.Span, own);
        return own.SequenceEqual(hash);
    }
}
