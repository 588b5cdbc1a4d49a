using System.Security.Cryptography;
using Google.Protobuf;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>Makes operations of records: everything that needs no state is checked and hashed here, on the stream's own thread.</summary>
internal sealed class Intake(HeaderCache headers, TrustList gateways)
{
    // The smallest payload and the smaller overhead (docs/FORMAT.md, section 1).
    private const int SmallestStoredChunk = 256 + 60;

    /// <summary>Checks a record. What is wrong with it becomes a refusal, never an exception.</summary>
    public Operation Take(Record record, IReply reply)
    {
        int weight = record.CalculateSize();
        ReadOnlySpan<byte> id = record.CoreId.Span;
        if (id.Length != CoreId.Size)
        {
            return Refuse(default, $"A core id has {CoreId.Size} bytes, not {id.Length}.", reply, weight);
        }

        var coreId = new CoreId(id);
        string? fault;
        Operation? operation = record.ItemCase switch
        {
            Record.ItemOneofCase.Chunk => TakeChunk(coreId, record.Chunk, reply, weight, out fault),
            Record.ItemOneofCase.Statement => TakeStatement(coreId, record.Statement, reply, weight, out fault),
            Record.ItemOneofCase.Begin => TakeBegin(coreId, record.Begin, reply, weight, out fault),
            Record.ItemOneofCase.End => TakeEnd(coreId, record.End, reply, weight, out fault),
            Record.ItemOneofCase.Replacement => TakeReplacement(coreId, record.Replacement, reply, weight, out fault),
            Record.ItemOneofCase.Query => TakeQuery(coreId, reply, weight, out fault),
            _ => Nothing(out fault),
        };
        return operation ?? Refuse(coreId, fault ?? "The record is not valid.", reply, weight);
    }

    private static RefusedOperation Refuse(CoreId id, string fault, IReply reply, int weight) =>
        new() { CoreId = id, Fault = fault, Reply = reply, Weight = weight };

    private static Operation? Nothing(out string? fault)
    {
        fault = "The record is empty, or of a kind that this archive does not know.";
        return null;
    }

    private static QueryOperation TakeQuery(CoreId id, IReply reply, int weight, out string? fault)
    {
        fault = null;
        return new QueryOperation { CoreId = id, Reply = reply, Weight = weight };
    }

    private static ChunkOperation TakeChunk(CoreId id, Chunk chunk, IReply reply, int weight, out string? fault)
    {
        fault = null;
        return new ChunkOperation
        {
            CoreId = id, Index = chunk.Index, Data = chunk.Data.Memory, Leaf = Leaf(chunk.Data), Reply = reply, Weight = weight,
        };
    }

    private StatementOperation? TakeStatement(CoreId id, ByteString bytes, IReply reply, int weight, out string? fault)
    {
        if (Parse(id, bytes, out fault) is not { } signed)
        {
            return null;
        }

        if (signed.Statement.Type == StatementType.Seal)
        {
            fault = "A seal comes with its closing record, as an end.";
            return null;
        }

        return new StatementOperation { CoreId = id, Signed = signed, Gateways = gateways, Reply = reply, Weight = weight };
    }

    private BeginOperation? TakeBegin(CoreId id, Begin begin, IReply reply, int weight, out string? fault)
    {
        if (!RecordingHeader.TryParse(begin.Header.Span, out RecordingHeader? header, out fault))
        {
            return null;
        }

        if (!Statement.TryParse(begin.Checkpoint.Span, out Statement? checkpoint, out fault))
        {
            return null;
        }

        fault = header.CoreId != id ? "The core id is not that of the header."
            : !header.IsTrusted(gateways) ? "The gateway key is not on this archive's trust list, or was not valid when the recording began."
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
        headers.Add(header);
        return new BeginOperation
        {
            CoreId = id, Header = header, OpeningRecord = begin.OpeningRecord.Memory, Checkpoint = checkpoint, Reply = reply, Weight = weight,
        };
    }

    private EndOperation? TakeEnd(CoreId id, End end, IReply reply, int weight, out string? fault)
    {
        if (Parse(id, end.Seal, out fault) is not { } signed)
        {
            return null;
        }

        fault = signed.Statement.Type != StatementType.Seal ? "The statement of an end is a seal."
            : !HasHash(end.ClosingRecord, signed.Statement.ClosingHash) ? "The closing record is not the one that the seal names."
            : null;
        return fault is not null ? null : new EndOperation
        {
            CoreId = id, ClosingRecord = end.ClosingRecord.Memory, Signed = signed, Reply = reply, Weight = weight,
        };
    }

    private ReplacementOperation? TakeReplacement(CoreId id, Replacement replacement, IReply reply, int weight, out string? fault)
    {
        if (Parse(id, replacement.Statement, out fault) is not { } signed)
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
            CoreId = id,
            Signed = signed,
            First = replacement.First,
            Chunks = [.. replacement.Chunks.Select(chunk => chunk.Memory)],
            Leaves = [.. replacement.Chunks.Select(Leaf)],
            Reply = reply,
            Weight = weight,
        };
    }

    private SignedStatement? Parse(CoreId id, ByteString bytes, out string? fault)
    {
        if (!Statement.TryParse(bytes.Span, out Statement? statement, out fault))
        {
            return null;
        }

        if (statement.CoreId != id)
        {
            fault = "The statement is of another recording.";
            return null;
        }

        return new SignedStatement(statement, headers.Find(id));
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
