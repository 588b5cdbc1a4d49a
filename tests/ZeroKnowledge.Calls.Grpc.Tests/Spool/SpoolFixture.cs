namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>A spool with two archives that exist in the test's head only, and recordings whose every chunk is remembered.</summary>
internal sealed class SpoolFixture : ISpoolEvents, IDisposable
{
    public const int Archives = 2;

    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Recipients _recipients;
    private readonly SecretSlabs _slabs = new(LockedMemory.Preferred);

    public SpoolFixture(long capacity = 1 << 20, Durability durability = Durability.Process)
    {
        using Identity active = Identity.Generate(), recovery = Identity.Generate();
        _recipients = Recipients.Of(active.Recipient, recovery.Recipient);
        Capacity = capacity;
        Durability = durability;
        Spool = Open(Folder);
        Spool.Start();
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("zkcalls").FullName;

    public long Capacity { get; }

    public Durability Durability { get; }

    public Spool Spool { get; private set; }

    public List<SpooledCall> Calls { get; } = [];

    public List<string> Cuts { get; } = [];

    public int Failures { get; private set; }

    public SpooledCall Begin(string callId, int bitRate = 8_000)
    {
        RecordingPolicy policy = new() { Recipients = _recipients, Gateway = _gateway, MaxBitRate = bitRate };
        CallMetadata metadata = new() { CallId = callId, Legs = [Leg.Pcma("a")] };
        RecordingWriter writer = RecordingWriter.Begin(
            policy, metadata, RecordingLifecycle.NewRecordingId(), TimeProvider.System.GetUtcNow(), default, _slabs, out RecordingStart start);
        SpooledCall call = new(this, writer, start, callId);
        Calls.Add(call);
        return call;
    }

    public Statement Recover(RecoverableRecording found) => found.Recover(TimeProvider.System.GetUtcNow(), _gateway);

    /// <summary>Ends the process, in effect, and begins the next one.</summary>
    public void Reopen()
    {
        Assert.Equal(0, Spool.Stop());
        Spool.Dispose();
        Spool = Open(Folder);
        Spool.Start();
    }

    public Spool Open(string folder) => new(folder, Capacity, Durability, Archives, this);

    public void Settle()
    {
        Assert.True(SpinWait.SpinUntil(() => !Spool.IsBusy, TimeSpan.FromSeconds(60)), "The spool does not settle.");
    }

    /// <summary>Copies the files, as they are.</summary>
    public string Copy(string name)
    {
        string copy = Path.Combine(Folder, "..", Path.GetFileName(Folder) + name);
        Directory.CreateDirectory(copy);
        foreach (string path in Directory.EnumerateFiles(Folder).Where(path => Path.GetFileName(path) != "lock"))
        {
            File.Copy(path, Path.Combine(copy, Path.GetFileName(path)));
        }

        return copy;
    }

    public void Dispose()
    {
        Spool.Dispose();
        _gateway.Dispose();
        _slabs.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    void ISpoolEvents.Ready(SpooledRecording recording)
    {
    }

    void ISpoolEvents.Signed(SpooledRecording recording, ReadOnlySpan<byte> statement)
    {
    }

    void ISpoolEvents.Failing(Exception exception) => Failures++;

    void ISpoolEvents.Cut(string path, int bytes) => Cuts.Add(Path.GetFileName(path));
}
