using ArchiveService.Recordings;
using ArchiveService.Storage;
using Google.Protobuf;
using Grpc.Core;
using RocksDbSharp;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Reading;

/// <summary>Answers questions about stored recordings, each from one state of the engine.</summary>
internal sealed class RecordingReader(Engine engine)
{
    /// <summary>Recordings of one list call, if the client names no limit.</summary>
    public const int DefaultPage = 1_000;

    /// <summary>Recordings of one list call, at most.</summary>
    public const int MaxPage = 10_000;

    private const int ListedTogether = 100;

    // 224 bytes each: the answer stays below the 4 MB that gRPC clients take by default.
    private const int MaxStatements = 16_384;

    /// <summary>Everything of a recording but its chunks, or null if the tenant has no such recording.</summary>
    public StoredRecording? Get(RecordingName name)
    {
        using Snapshot snapshot = engine.Snapshot();
        if (Find(name, snapshot) is not { } state)
        {
            return null;
        }

        ulong number = state.Number;
        StoredRecording recording = Summary(name.Id, state, snapshot);
        recording.Statements.Clear();
        recording.OpeningRecord = Evidence(Key.Opening(number), snapshot);
        recording.ClosingRecord = Evidence(Key.Closing(number), snapshot);
        recording.Statements.Add(Statements(number, snapshot));
        recording.Receipts.Add(Values(Key.Receipts(number), snapshot));
        return recording;
    }

    /// <summary>Recordings in the order of their core ids, header and newest statement only.</summary>
    /// <remarks>Some at a time, each from one state: a slow client must not keep a state, and with it deleted bytes, alive.</remarks>
    public IEnumerable<StoredRecording> List(Tenant tenant, CoreId? after, int limit)
    {
        byte[] first = after is { } id ? After(tenant, id) : Key.Recordings(tenant);
        while (limit > 0)
        {
            List<StoredRecording> some = ListSome(tenant, first, Math.Min(limit, ListedTogether), out bool isEnd);
            foreach (StoredRecording recording in some)
            {
                yield return recording;
            }

            if (isEnd)
            {
                yield break;
            }

            limit -= some.Count;
            first = After(tenant, new CoreId(some[^1].CoreId.Span));
        }
    }

    private List<StoredRecording> ListSome(Tenant tenant, byte[] first, int limit, out bool isEnd)
    {
        var some = new List<StoredRecording>(limit);
        using Snapshot snapshot = engine.Snapshot();
        using Scan scan = engine.Scan(engine.Recordings, first, Key.EndOf(Key.Recordings(tenant)), snapshot);
        isEnd = false;
        while (some.Count < limit && !isEnd)
        {
            isEnd = !scan.Next();
            if (!isEnd)
            {
                some.Add(Summary(new CoreId(Key.AfterTenant(scan.Key)), Row.Decode(scan.Value), snapshot));
            }
        }

        return some;
    }

    private static byte[] After(Tenant tenant, CoreId id) => [.. Key.Recording(new RecordingName(tenant, id)), 0];

    public bool Has(RecordingName name) => engine.Get(engine.Recordings, Key.Recording(name)) is not null;

    /// <summary>A recording's row, or null if the tenant has none.</summary>
    public StoredState? Find(RecordingName name, Snapshot? snapshot = null) =>
        engine.Get(engine.Recordings, Key.Recording(name), snapshot) is { } row ? Row.Decode(row) : null;

    /// <summary>What is left of a deleted recording, or null.</summary>
    public (ulong Number, byte[] Certificate)? FindTombstone(RecordingName name) =>
        engine.Get(engine.Recordings, Key.Tombstone(name)) is { } row ? Row.DecodeTombstone(row) : null;

    public static RpcException Fault(StatusCode code, string message) => new(new global::Grpc.Core.Status(code, message));

    private StoredRecording Summary(CoreId id, StoredState state, Snapshot snapshot) => new()
    {
        CoreId = ByteString.CopyFrom(id.ToArray()),
        Header = ByteString.CopyFrom(state.Header.ToArray()),
        Statements = { ByteString.CopyFrom(state.Newest.ToArray()) },
        Chunks = (uint)StoredTree.Count(engine, state.Number, snapshot),
    };

    private ByteString Evidence(byte[] key, Snapshot snapshot) => Values(key, snapshot).FirstOrDefault(ByteString.Empty);

    // The first checkpoint, and then the last ones.
    private Queue<ByteString> Statements(ulong number, Snapshot snapshot)
    {
        var statements = new Queue<ByteString>();
        ByteString? first = null;
        foreach (ByteString statement in Values(Key.Statements(number), snapshot))
        {
            first ??= statement;
            statements.Enqueue(statement);
            if (statements.Count > MaxStatements)
            {
                statements.Dequeue();
            }
        }

        if (first is not null && !ReferenceEquals(first, statements.Peek()))
        {
            statements.Enqueue(first);
        }

        return statements;
    }

    private IEnumerable<ByteString> Values(byte[] prefix, Snapshot snapshot)
    {
        byte[] end = [.. prefix];
        end[^1]++;
        using Scan scan = engine.Scan(engine.Evidence, prefix, end, snapshot);
        while (scan.Next())
        {
            yield return ByteString.CopyFrom(scan.Value);
        }
    }
}
