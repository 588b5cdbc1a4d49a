using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>An archive with a recording for each kind of damage, and what its check says of them: one run for all tests.</summary>
public sealed class DamagedArchive : IAsyncLifetime
{
    // Offsets in a row: type, number, flags, recoveries, writer, header, hash of the opening record, newest statement.
    private const int FlagsAt = 9;
    private const int HeaderAt = 43;
    private const int OpeningHashAt = HeaderAt + RecordingHeader.Size;
    private const int StatementAt = OpeningHashAt + 32;

    private static readonly (string Kind, Action<RawEngine, CoreId, ulong, CoreId> Make)[] Damages =
    [
        ("none", (_, _, _, _) => { }),
        ("chunk", (engine, _, number, _) => engine.Flip("chunks", RawEngine.Chunk(number, 3), 7)),
        ("leaf", (engine, _, number, _) => engine.Flip("leaves", RawEngine.Chunk(number, 3), 7)),
        ("chunk-gone", (engine, _, number, _) => engine.Remove("chunks", RawEngine.Chunk(number, 3))),
        ("leaf-gone", (engine, _, number, _) => engine.Remove("leaves", RawEngine.Chunk(number, 3))),
        ("last-chunk-gone", (engine, _, number, _) =>
        {
            engine.Remove("chunks", RawEngine.Chunk(number, 7));
            engine.Remove("leaves", RawEngine.Chunk(number, 7));
        }),
        ("chunks-swapped", (engine, _, number, _) => Swap(engine, number, number, 2, 3)),
        ("chunk-of-another", (engine, _, number, control) => Copy(engine, engine.NumberOf("alpha", control), number, 2)),
        ("opening", (engine, _, number, _) => engine.Flip("evidence", RawEngine.Evidence(number, 1), 100)),
        ("closing-gone", (engine, _, number, _) => engine.Remove("evidence", RawEngine.Evidence(number, 2))),
        ("statement", (engine, _, number, _) => engine.Flip("evidence", Newest(engine, number, 3), 60)),
        ("statement-signature", (engine, _, number, _) => engine.Flip("evidence", Newest(engine, number, 3), -1)),
        ("statement-gone", (engine, _, number, _) => engine.Remove("evidence", Newest(engine, number, 3))),
        ("first-statement-gone", (engine, _, number, _) => engine.Remove("evidence", engine.Keys("evidence", RawEngine.Evidence(number, 3))[0])),
        ("header", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Row("alpha", id), HeaderAt + 50)),
        ("opening-hash", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Row("alpha", id), OpeningHashAt)),
        ("count", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Row("alpha", id), CountAt(engine, id))),
        ("sealed", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Row("alpha", id), FlagsAt)),
        ("tree", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Row("alpha", id), -1)),
        ("row-of-another", (engine, id, _, control) =>
            engine.Put("recordings", RawEngine.Row("alpha", id), engine.Get("recordings", RawEngine.Row("alpha", control)))),
        ("row-gone", (engine, id, _, _) => engine.Remove("recordings", RawEngine.Row("alpha", id))),
        ("writer-gone", (engine, id, _, _) => engine.Remove("recordings", engine.KeyWith('w', id))),
        ("receipt", (engine, _, number, _) => engine.Flip("evidence", Newest(engine, number, 4), -1)),
        ("receipt-of-another", (engine, _, number, control) =>
            engine.Put("evidence", Newest(engine, number, 4), engine.Get("evidence", Newest(engine, engine.NumberOf("alpha", control), 4)))),
        ("receipt-gone", (engine, _, number, _) => engine.Remove("evidence", Newest(engine, number, 4))),
        ("reader", (engine, id, _, _) => engine.Flip("recordings", engine.KeyWith('n', id), 0)),
        ("reader-gone", (engine, id, _, _) => engine.Remove("recordings", engine.KeyWith('n', id))),
        ("grant-gone", (engine, id, _, _) => engine.Remove("recordings", engine.KeyWith('s', id))),
        ("certificate", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Tombstone("alpha", id), -1)),
        ("certificate-count", (engine, id, _, _) => engine.Flip("recordings", RawEngine.Tombstone("alpha", id), 9 + 48)),
        ("certificate-cut", (engine, id, _, _) =>
            engine.Put("recordings", RawEngine.Tombstone("alpha", id), engine.Get("recordings", RawEngine.Tombstone("alpha", id))[..^1])),
    ];

    private readonly TenantArchive _archive = new();
    private readonly Dictionary<string, CoreId> _recordings = [];

    public static IEnumerable<string> Kinds => Damages.Select(damage => damage.Kind);

    public string Output { get; private set; } = "";

    public int Code { get; private set; }

    /// <summary>What the check says of the recording with this damage.</summary>
    public List<string> FindingsOf(string kind) =>
        [.. Output.Split('\n').Where(line => line.StartsWith($"alpha {_recordings[kind]}: ", StringComparison.Ordinal)).Select(line => line[72..])];

    public async Task InitializeAsync()
    {
        await _archive.StartAsync();
        var owner = new ArchiveClient(_archive.Connect(_archive.Authority.Issue("CN=owner,O=alpha")));
        await _archive.UploadAsync("beta");
        using (var upload = new UploadSession(_archive.As("CN=gateway-1,O=alpha")))
        {
            foreach ((string kind, _) in Damages)
            {
                var recording = new TestRecording(_archive.Gateway, 8);
                _recordings.Add(kind, recording.Id);
                await upload.WriteAsync(recording.All());
            }

            Assert.All(await upload.FinishAsync(), progress => Assert.Equal(Status.Durable, progress.Status));
        }

        foreach ((string kind, CoreId id) in _recordings)
        {
            if (kind.StartsWith("certificate", StringComparison.Ordinal))
            {
                await owner.DeleteAsync(id, _archive.Trust);
            }
            else
            {
                await owner.NameReaderAsync(id, "CN=auditor", DateTimeOffset.UtcNow.AddDays(1));
            }
        }

        await _archive.StopAsync();
        (Code, string healthy, _) = await CheckAsync();
        Assert.True(Code == 0, healthy);
        using (var engine = new RawEngine(_archive.Data))
        {
            foreach ((string kind, Action<RawEngine, CoreId, ulong, CoreId> make) in Damages)
            {
                CoreId id = _recordings[kind];
                make(engine, id, kind.StartsWith("certificate", StringComparison.Ordinal) ? 0 : engine.NumberOf("alpha", id), _recordings["none"]);
            }

            engine.Flip("system", RawEngine.Use("beta"), 7);
        }

        (Code, Output, _) = await CheckAsync();
    }

    public Task DisposeAsync() => _archive.DisposeAsync();

    private Task<(int Code, string Output, string Error)> CheckAsync() => ChildArchive.RunAsync("fsck", "--data", _archive.Data, "--tenants", _archive.Tenants);

    // Type, label, core id and hash of the opening record stand before it.
    private static int CountAt(RawEngine engine, CoreId id)
    {
        byte[] row = engine.Get("recordings", RawEngine.Row("alpha", id));
        ReadOnlySpan<byte> statement = row.AsSpan(StatementAt, Statement.Size);
        int at = StatementAt + statement.IndexOf("\0\0\0\b"u8) + 3;
        Assert.InRange(at, StatementAt, StatementAt + Statement.Size);
        return at;
    }

    private static byte[] Newest(RawEngine engine, ulong number, byte kind) => engine.Keys("evidence", RawEngine.Evidence(number, kind))[^1];

    private static void Swap(RawEngine engine, ulong number, ulong other, int first, int second)
    {
        foreach (string family in new[] { "chunks", "leaves" })
        {
            byte[] one = engine.Get(family, RawEngine.Chunk(number, first));
            engine.Put(family, RawEngine.Chunk(number, first), engine.Get(family, RawEngine.Chunk(other, second)));
            engine.Put(family, RawEngine.Chunk(other, second), one);
        }
    }

    private static void Copy(RawEngine engine, ulong from, ulong to, int index)
    {
        foreach (string family in new[] { "chunks", "leaves" })
        {
            engine.Put(family, RawEngine.Chunk(to, index), engine.Get(family, RawEngine.Chunk(from, index)));
        }
    }
}
